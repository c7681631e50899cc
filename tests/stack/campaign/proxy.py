"""The server between the functions and AWS: it hands requests on, and lets happen to them what the weather says."""

import asyncio
import collections
import contextlib
import json
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from aiohttp import web

from stack.campaign import contention, wire
from stack.campaign.contention import Locks
from stack.campaign.faults import HANG_SECONDS, LATE_SECONDS, SLOW_SECONDS, Fault, Weather
from stack.campaign.lag import Index
from stack.campaign.wire import Asked, Told

# Names of a connection, not of what is said by it.
HOP_BY_HOP = frozenset({"connection", "keep-alive", "transfer-encoding", "content-length", "proxy-connection"})
# The emulator reads and writes whole bodies of up to 10 MB.
LARGEST_BODY = 16 << 20
BEFORE = frozenset({Fault.THROTTLED, Fault.CONFLICT, Fault.IN_PROGRESS, Fault.BROKEN_BEFORE})


class Reset(Exception):
    """The connection ends without an answer."""


@dataclass
class Proxy:
    """A proxy before `upstream`. Changing `weather` changes what happens from the next request on."""

    upstream: str
    weather: Weather
    requests: collections.Counter[str] = field(default_factory=collections.Counter)
    _locks: Locks = field(default_factory=Locks)
    _index: Index = field(default_factory=Index)
    _late: set[asyncio.Task] = field(default_factory=set)
    _client: aiohttp.ClientSession | None = None

    async def start(self, port: int) -> web.AppRunner:
        """Listens on 127.0.0.1; the returned runner's `cleanup` ends it."""
        self._client = aiohttp.ClientSession(auto_decompress=False, connector=aiohttp.TCPConnector(limit=0), skip_auto_headers=("User-Agent", "Accept", "Accept-Encoding"))
        application = web.Application(client_max_size=LARGEST_BODY)
        application.router.add_route("*", "/{path:.*}", self._serve)
        runner = web.AppRunner(application, access_log=None, auto_decompress=False)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port).start()
        return runner

    async def stop(self, runner: web.AppRunner) -> None:
        """Ends it, once what is late has arrived."""
        await asyncio.gather(*self._late, return_exceptions=True)
        await runner.cleanup()
        if self._client:
            await self._client.close()

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        asked = wire.asked(request.method, request.path_qs, request.headers, body)
        try:
            told = await (self._troubled(request, asked, body) if asked else self._forward(request, body))
        except Reset:
            if request.transport:
                request.transport.abort()
            return web.Response()
        return web.Response(status=told.status, headers=told.headers, body=told.body)

    async def _troubled(self, request: web.Request, asked: Asked, body: bytes) -> Told:
        """A request, with what the weather does to it."""
        self.requests[asked.name] += 1
        weather = self.weather
        fault = weather.fault(asked)
        if fault in BEFORE:
            return _refusal(fault, asked)
        if fault is Fault.RESET_BEFORE:
            raise Reset
        if fault is Fault.HANG_BEFORE:
            await asyncio.sleep(weather.dice.between("hang", *HANG_SECONDS))
            raise Reset
        if fault is Fault.LATE:
            self._send_late(request, asked, body, weather.dice.between("late", *LATE_SECONDS))
            raise Reset
        if fault is Fault.SLOW:
            await asyncio.sleep(weather.dice.between("slow", *SLOW_SECONDS))
        if fault is Fault.PARTIAL:
            return await self._partial(request, asked, weather)
        told = await self._done(request, asked, body, weather)
        if fault is Fault.HANG_AFTER:
            await asyncio.sleep(weather.dice.between("hang", *HANG_SECONDS))
        if fault in (Fault.RESET_AFTER, Fault.HANG_AFTER):
            raise Reset
        return wire.broken(asked.service) if fault is Fault.BROKEN_AFTER else told

    async def _done(self, request: web.Request, asked: Asked, body: bytes, weather: Weather) -> Told:
        """Hands a request on, with DynamoDB's conflicts and lagging indexes."""
        if asked.service != "dynamodb":
            return await self._forward(request, body)
        if weather.contention and (refused := self._locks.meets(asked)):
            weather.dice.counts["met a transaction"] += 1
            return refused
        keys = self._locks.take(asked) if weather.contention else []
        try:
            self._index.wrote(asked)
            told = await self._forward(request, body)
            if keys:
                await asyncio.sleep(weather.dice.between("hold", *contention.HOLD_SECONDS))
        finally:
            self._locks.release(keys)
        if self._index.is_index(asked) and told.status == 200:
            if weather.dice.chance("index behind", weather.lag):
                return self._index.behind(asked, told)
            self._index.saw(asked, told)
        return told

    def _send_late(self, request: web.Request, asked: Asked, body: bytes, seconds: float) -> None:
        """Hands a request on after its sender has given it up."""

        async def later() -> None:
            await asyncio.sleep(seconds)
            with contextlib.suppress(aiohttp.ClientError):
                await self._done(request, asked, body, self.weather)

        task = asyncio.create_task(later())
        self._late.add(task)
        task.add_done_callback(self._late.discard)

    async def _partial(self, request: web.Request, asked: Asked, weather: Weather) -> Told:
        """Hands on a part of a batch, and says of the rest that it was not done."""
        kept, rest = _split(asked, lambda: weather.dice.chance("part of a batch", 500))
        if not kept:
            return wire.throttled(asked.service)
        self._index.wrote(asked)
        told = await self._forward(request, json.dumps(kept).encode())
        return told if told.status != 200 else wire.answer(asked.service, _with_rest(asked, json.loads(told.body or b"{}"), rest))

    async def _forward(self, request: web.Request, body: bytes) -> Told:
        """Sends a request to AWS as it came."""
        headers = [(name, value) for name, value in request.headers.items() if name.lower() not in HOP_BY_HOP]
        try:
            async with self._client.request(request.method, self.upstream + request.raw_path, headers=headers, data=body or None, allow_redirects=False) as answer:
                kept = {name: value for name, value in answer.headers.items() if name.lower() not in HOP_BY_HOP}
                return Told(answer.status, kept, await answer.read())
        except (aiohttp.ClientError, asyncio.TimeoutError) as error:
            raise Reset from error


def _refusal(fault: Fault, asked: Asked) -> Told:
    """The answer to a request that is not done."""
    if fault is Fault.THROTTLED:
        return wire.throttled(asked.service)
    if fault is Fault.BROKEN_BEFORE:
        return wire.broken(asked.service)
    if fault is Fault.IN_PROGRESS:
        return wire.error("dynamodb", 400, "TransactionInProgressException", "The transaction with the given request token is already in progress.")
    keys = contention.items(asked)
    if asked.operation in contention.TRANSACTIONS:
        return contention.cancelled([place == 0 for place in range(len(keys))])
    return contention.conflict()


def _split(asked: Asked, keep: Any) -> tuple[dict[str, Any] | None, Any]:
    """A batch without the entries that are not done, and those; no batch when none is left."""
    member = {"PutEvents": "Entries", "SendMessageBatch": "Entries"}.get(asked.operation, "RequestItems")
    entries = asked.body.get(member)
    if isinstance(entries, list):
        marks = [keep() for _ in entries]
        kept = [entry for entry, mark in zip(entries, marks, strict=True) if mark]
        return ({**asked.body, member: kept} if kept else None), marks
    kept, rest = {}, {}
    for table, wanted in (entries or {}).items():
        marked = [(each, keep()) for each in (wanted["Keys"] if isinstance(wanted, dict) else wanted)]
        for target, mark in ((kept, True), (rest, False)):
            chosen = [each for each, kept_ in marked if kept_ is mark]
            if chosen:
                target[table] = {**wanted, "Keys": chosen} if isinstance(wanted, dict) else chosen
    return ({**asked.body, member: kept} if kept else None), rest


def _with_rest(asked: Asked, body: dict[str, Any], rest: Any) -> dict[str, Any]:
    """The answer to a batch of which a part was not done."""
    if asked.operation == "PutEvents":
        done = iter(body.get("Entries", []))
        entries = [next(done) if mark else {"ErrorCode": "ThrottlingException", "ErrorMessage": "Rate exceeded"} for mark in rest]
        return {"FailedEntryCount": sum("ErrorCode" in entry for entry in entries), "Entries": entries}
    if asked.operation == "SendMessageBatch":
        undone = [entry["Id"] for entry, mark in zip(asked.body["Entries"], rest, strict=True) if not mark]
        failed = [{"Id": each, "SenderFault": False, "Code": "ServiceUnavailable"} for each in undone]
        return {**body, "Failed": [*body.get("Failed", []), *failed]}
    member = "UnprocessedKeys" if asked.operation == "BatchGetItem" else "UnprocessedItems"
    return {**body, member: {**body.get(member, {}), **rest}}


