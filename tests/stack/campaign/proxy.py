"""The fault proxy between the functions and AWS."""

import asyncio
import collections
import contextlib
import json
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from aiohttp import web

from stack.campaign import contention, protocol
from stack.campaign.contention import Locks
from stack.campaign.faults import HANG_SECONDS, LATE_SECONDS, SLOW_SECONDS, Fault, FaultPlan
from stack.campaign.lag import Index
from stack.campaign.protocol import AwsRequest, AwsResponse

# Headers of a connection (RFC 9110 section 7.6.1), which are not forwarded.
HOP_BY_HOP = frozenset({"connection", "keep-alive", "transfer-encoding", "content-length", "proxy-connection"})
# The largest request body in bytes: function packages take some 10 MB.
LARGEST_BODY = 16 << 20
BEFORE = frozenset({Fault.THROTTLED, Fault.CONFLICT, Fault.IN_PROGRESS, Fault.BROKEN_BEFORE})


class Reset(Exception):
    """The connection ends without a response."""


@dataclass
class Proxy:
    """A proxy for `upstream`. A change of `plan` applies to the next request."""

    upstream: str
    plan: FaultPlan
    requests: collections.Counter[str] = field(default_factory=collections.Counter)
    _locks: Locks = field(default_factory=Locks)
    _index: Index = field(default_factory=Index)
    _late: set[asyncio.Task] = field(default_factory=set)
    _client: aiohttp.ClientSession | None = None

    async def start(self, port: int) -> web.AppRunner:
        """Listens on a port of 127.0.0.1."""
        self._client = aiohttp.ClientSession(auto_decompress=False, connector=aiohttp.TCPConnector(limit=0), skip_auto_headers=("User-Agent", "Accept", "Accept-Encoding"))
        application = web.Application(client_max_size=LARGEST_BODY)
        application.router.add_route("*", "/{path:.*}", self._serve)
        runner = web.AppRunner(application, access_log=None, auto_decompress=False)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port).start()
        return runner

    async def stop(self, runner: web.AppRunner) -> None:
        """Stops once all late requests have arrived."""
        await asyncio.gather(*self._late, return_exceptions=True)
        await runner.cleanup()
        if self._client:
            await self._client.close()

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        aws_request = protocol.parse(request.method, request.path_qs, request.headers, body)
        try:
            response = await (self._troubled(request, aws_request, body) if aws_request else self._forward(request, body))
        except Reset:
            if request.transport:
                request.transport.abort()
            return web.Response()
        return web.Response(status=response.status, headers=response.headers, body=response.body)

    async def _troubled(self, request: web.Request, aws_request: AwsRequest, body: bytes) -> AwsResponse:
        """Forwards a request, with a fault when the plan says so."""
        self.requests[aws_request.name] += 1
        plan = self.plan
        fault = plan.fault(aws_request)
        if fault in BEFORE:
            return _refusal(fault, aws_request)
        if fault is Fault.RESET_BEFORE:
            raise Reset
        if fault is Fault.HANG_BEFORE:
            await asyncio.sleep(plan.rng.between("hang", *HANG_SECONDS))
            raise Reset
        if fault is Fault.LATE:
            self._send_late(request, aws_request, body, plan.rng.between("late", *LATE_SECONDS))
            raise Reset
        if fault is Fault.SLOW:
            await asyncio.sleep(plan.rng.between("slow", *SLOW_SECONDS))
        if fault is Fault.PARTIAL:
            return await self._partial(request, aws_request, plan)
        response = await self._done(request, aws_request, body, plan)
        if fault is Fault.HANG_AFTER:
            await asyncio.sleep(plan.rng.between("hang", *HANG_SECONDS))
        if fault in (Fault.RESET_AFTER, Fault.HANG_AFTER):
            raise Reset
        return protocol.broken(aws_request.service) if fault is Fault.BROKEN_AFTER else response

    async def _done(self, request: web.Request, aws_request: AwsRequest, body: bytes, plan: FaultPlan) -> AwsResponse:
        """Forwards a request, with DynamoDB's conflicts and index lag."""
        if aws_request.service != "dynamodb":
            return await self._forward(request, body)
        if plan.contention and (refused := self._locks.meets(aws_request)):
            plan.rng.counts["met a transaction"] += 1
            return refused
        keys = self._locks.take(aws_request) if plan.contention else []
        try:
            self._index.wrote(aws_request)
            response = await self._forward(request, body)
            if keys:
                await asyncio.sleep(plan.rng.between("hold", *contention.HOLD_SECONDS))
        finally:
            self._locks.release(keys)
        if self._index.is_index(aws_request) and response.status == 200:
            if plan.rng.chance("index behind", plan.lag):
                return self._index.behind(aws_request, response)
            self._index.saw(aws_request, response)
        return response

    def _send_late(self, request: web.Request, aws_request: AwsRequest, body: bytes, seconds: float) -> None:
        """Forwards a request after its sender gave up."""

        async def later() -> None:
            await asyncio.sleep(seconds)
            with contextlib.suppress(aiohttp.ClientError):
                await self._done(request, aws_request, body, self.plan)

        task = asyncio.create_task(later())
        self._late.add(task)
        task.add_done_callback(self._late.discard)

    async def _partial(self, request: web.Request, aws_request: AwsRequest, plan: FaultPlan) -> AwsResponse:
        """Forwards some entries of a batch, and reports the others as failed."""
        kept, rest = _split(aws_request, lambda: plan.rng.chance("part of a batch", 500))
        if not kept:
            return protocol.throttled(aws_request.service)
        self._index.wrote(aws_request)
        response = await self._forward(request, json.dumps(kept).encode())
        return response if response.status != 200 else protocol.answer(aws_request.service, _with_rest(aws_request, json.loads(response.body or b"{}"), rest))

    async def _forward(self, request: web.Request, body: bytes) -> AwsResponse:
        """Forwards a request unchanged."""
        headers = [(name, value) for name, value in request.headers.items() if name.lower() not in HOP_BY_HOP]
        if self._client is None:
            raise Reset
        try:
            async with self._client.request(request.method, self.upstream + request.raw_path, headers=headers, data=body or None, allow_redirects=False) as answer:
                kept = {name: value for name, value in answer.headers.items() if name.lower() not in HOP_BY_HOP}
                return AwsResponse(answer.status, kept, await answer.read())
        except (aiohttp.ClientError, asyncio.TimeoutError) as error:
            raise Reset from error


def _refusal(fault: Fault, aws_request: AwsRequest) -> AwsResponse:
    """The response to a request that is not executed."""
    if fault is Fault.THROTTLED:
        return protocol.throttled(aws_request.service)
    if fault is Fault.BROKEN_BEFORE:
        return protocol.broken(aws_request.service)
    if fault is Fault.IN_PROGRESS:
        return protocol.error("dynamodb", 400, "TransactionInProgressException", "The transaction with the given request token is already in progress.")
    keys = contention.items(aws_request)
    if aws_request.operation in contention.TRANSACTIONS:
        return contention.cancelled([place == 0 for place in range(len(keys))])
    return contention.conflict()


def _split(aws_request: AwsRequest, keep: Any) -> tuple[dict[str, Any] | None, Any]:
    """Splits a batch into the entries to forward, None when there are none, and the rest."""
    member = {"PutEvents": "Entries", "SendMessageBatch": "Entries"}.get(aws_request.operation, "RequestItems")
    entries = aws_request.body.get(member)
    if isinstance(entries, list):
        marks = [keep() for _ in entries]
        kept = [entry for entry, mark in zip(entries, marks, strict=True) if mark]
        return ({**aws_request.body, member: kept} if kept else None), marks
    forwarded: dict[str, Any] = {}
    rest: dict[str, Any] = {}
    for table, wanted in (entries or {}).items():
        marked = [(each, keep()) for each in (wanted["Keys"] if isinstance(wanted, dict) else wanted)]
        for target, mark in ((forwarded, True), (rest, False)):
            chosen = [each for each, kept_ in marked if kept_ is mark]
            if chosen:
                target[table] = {**wanted, "Keys": chosen} if isinstance(wanted, dict) else chosen
    return ({**aws_request.body, member: forwarded} if forwarded else None), rest


def _with_rest(aws_request: AwsRequest, body: dict[str, Any], rest: Any) -> dict[str, Any]:
    """Adds the entries that failed to the response of a batch."""
    if aws_request.operation == "PutEvents":
        done = iter(body.get("Entries", []))
        entries = [next(done) if mark else {"ErrorCode": "ThrottlingException", "ErrorMessage": "Rate exceeded"} for mark in rest]
        return {"FailedEntryCount": sum("ErrorCode" in entry for entry in entries), "Entries": entries}
    if aws_request.operation == "SendMessageBatch":
        undone = [entry["Id"] for entry, mark in zip(aws_request.body["Entries"], rest, strict=True) if not mark]
        failed = [{"Id": each, "SenderFault": False, "Code": "ServiceUnavailable"} for each in undone]
        return {**body, "Failed": [*body.get("Failed", []), *failed]}
    member = "UnprocessedKeys" if aws_request.operation == "BatchGetItem" else "UnprocessedItems"
    return {**body, member: {**body.get(member, {}), **rest}}


