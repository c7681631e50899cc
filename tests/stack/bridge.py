"""Lets containers reach an emulator that listens on 127.0.0.1 alone."""

import asyncio
import contextlib
import ipaddress
import json
import platform
import subprocess
import threading
import urllib.parse
from collections.abc import Iterator

from stack.report import Failure

BLOCK = 1 << 16


@contextlib.contextmanager
def to(endpoint: str) -> Iterator[int]:
    """The port at which containers find `endpoint` on the machine that runs them, for as long as the block lasts.

    Docker's own machine on a Mac hands connections on to this one's 127.0.0.1 by itself. On Linux containers see no more than the address of Docker's
    bridge, so what comes in there is handed on from there; only this machine and its containers have a way to it.
    """
    address = urllib.parse.urlsplit(endpoint)
    host, port = address.hostname or "127.0.0.1", address.port or 80
    if platform.system() != "Linux":
        yield port
        return
    loop = asyncio.new_event_loop()
    server = loop.run_until_complete(_listen(_gateway(), host, port))
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        loop.call_soon_threadsafe(server.close)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()


async def _listen(gateway: str, host: str, port: int) -> asyncio.Server:
    """A server at the bridge's address, on a free port, that hands each connection on."""

    async def hand_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            there, back = await asyncio.open_connection(host, port)
            await asyncio.gather(_copy(reader, back), _copy(there, writer))

    return await asyncio.start_server(hand_on, gateway, 0)


async def _copy(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    """Copies one direction to its end."""
    try:
        while block := await source.read(BLOCK):
            sink.write(block)
            await sink.drain()
    finally:
        sink.close()


def _gateway() -> str:
    """The address that this machine has on Docker's bridge: what `host-gateway` means."""
    done = subprocess.run(["docker", "network", "inspect", "bridge"], capture_output=True, text=True)
    try:
        network = json.loads(done.stdout)[0]["IPAM"]["Config"][0]
        # Some engines leave it out when nobody set it: it is the first address then.
        return network.get("Gateway") or str(next(ipaddress.ip_network(network["Subnet"]).hosts()))
    except (ValueError, LookupError) as error:
        raise Failure(f"Docker has no bridge network: {done.stderr.strip()}") from error
