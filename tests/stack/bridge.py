"""Other ways to an emulator that listens on 127.0.0.1 alone, over HTTP: for containers, and for those who speak TLS."""

import asyncio
import contextlib
import ipaddress
import json
import platform
import ssl
import subprocess
import threading
import urllib.parse
from collections.abc import Iterator

from holdfast.report import Failure

BLOCK = 1 << 16


@contextlib.contextmanager
def to(endpoint: str) -> Iterator[int]:
    """The port at which containers find `endpoint` on the machine that runs them, for as long as the block lasts.

    Docker's own machine on a Mac hands connections on to this one's 127.0.0.1 by itself. On Linux containers see no more than the address of Docker's
    bridge, so what comes in there is handed on from there; only this machine and its containers have a way to it.
    """
    if platform.system() != "Linux":
        yield urllib.parse.urlsplit(endpoint).port or 80
        return
    with _open(endpoint, _gateway()) as port:
        yield port


@contextlib.contextmanager
def tls(endpoint: str, certificate: ssl.SSLContext) -> Iterator[int]:
    """The port on 127.0.0.1 at which `endpoint` is reached by TLS, for as long as the block lasts."""
    with _open(endpoint, "127.0.0.1", certificate) as port:
        yield port


@contextlib.contextmanager
def _open(endpoint: str, on: str, certificate: ssl.SSLContext | None = None) -> Iterator[int]:
    """A free port of the address `on` from which connections are handed on to `endpoint`."""
    address = urllib.parse.urlsplit(endpoint)
    loop = asyncio.new_event_loop()
    server = loop.run_until_complete(_listen(on, address.hostname or "127.0.0.1", address.port or 80, certificate))
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        loop.call_soon_threadsafe(server.close)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()


async def _listen(on: str, host: str, port: int, certificate: ssl.SSLContext | None) -> asyncio.Server:
    """A server on a free port that hands each connection on."""

    async def hand_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            there, back = await asyncio.open_connection(host, port)
            await asyncio.gather(_copy(reader, back), _copy(there, writer))

    return await asyncio.start_server(hand_on, on, 0, ssl=certificate)


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
        # Some engines leave it out when it was not set: it is the first address then.
        return network.get("Gateway") or str(next(ipaddress.ip_network(network["Subnet"]).hosts()))
    except (ValueError, LookupError) as error:
        raise Failure(f"Docker has no bridge network: {done.stderr.strip()}") from error
