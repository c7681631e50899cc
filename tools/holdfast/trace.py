"""`make trace`: what became of an order, as a timeline of its journal, its items and the log lines that belong to it."""

import json
import re
import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from typing import Any

from boto3.dynamodb.types import TypeDeserializer

from holdfast import resources
from holdfast import stage as stages
from holdfast.logs import groups
from holdfast.report import Failure, say
from holdfast.stage import Stage

# Every id that is made of a name is made under this one; see `shared/kernel/src/ids.rs`.
NAMESPACE = uuid.UUID("6c1f0a52-93d4-4e0b-8a77-1d5e42b9c3f0")
# The members of a log line that the timeline shows in another way, or that are of no interest there.
LEFT_OUT = {"timestamp", "level", "message", "spans", "correlation_id", "correlation_ids", "request_id", "trace_id"}
# The longest time between the beginning of the request that creates an order and the order's first event.
MARGIN = timedelta(minutes=1)
KIND_WIDTH = 13
WHO_WIDTH = 24


def trace(name: str, reference: str) -> None:
    """Prints the timeline of the order with this id or number."""
    stage = stages.choose(name)
    tables = Tables(stage)
    order_id = order_of(reference)
    order = tables.get("OrdersTable", f"ORDER#{order_id}", "ORDER")
    if order is None:
        raise Failure(f"there is no order {reference} on {stage.stack}", "Name one: make trace ORDER=<id or number>")
    events = list(tables.events(order_id))
    lines = [_journalled(event) for event in events] + list(tables.holdings(order_id, int(order["version"])))
    began = min(datetime.fromisoformat(event["occurredAt"].replace("Z", "+00:00")) for event in events)
    lines += _logged(stage, {event["correlationId"] for event in events}, order_id, began)
    say(f"Order {order['number']} ({order_id}): {order['status']}\n")
    for at, kind, who, text in sorted(lines):
        say(f"{at}  {kind:<{KIND_WIDTH}} {who:<{WHO_WIDTH}} {text}".rstrip())


def reservation_of(order_id: str, version: int) -> str:
    """The reservation that belongs to a version of an order."""
    return str(uuid.uuid5(NAMESPACE, f"reservation/{order_id}/{version}"))


def order_of(reference: str) -> str:
    """The order's id, of an id or of the number that people call it by."""
    if re.fullmatch(r"[0-9]{1,16}", reference):
        return str(uuid.uuid5(NAMESPACE, f"order/{int(reference)}"))
    try:
        return str(uuid.UUID(reference))
    except ValueError:
        raise Failure(f"no order is called {reference!r}", "Name one: make trace ORDER=<id or number>") from None


class Tables:
    """The tables of the stack, read as their owner."""

    def __init__(self, stage: Stage):
        self._dynamo, self._plain = stage.client("dynamodb"), TypeDeserializer()
        self._names = resources.live_tables(stage.client("cloudformation"), stage.stack)
        self._found: dict[str, list[dict[str, Any]]] = {}

    def get(self, table: str, pk: str, sk: str) -> dict[str, Any] | None:
        """One item."""
        key = {"PK": {"S": pk}, "SK": {"S": sk}}
        return self._read(self._dynamo.get_item(TableName=self._names[table], Key=key).get("Item"))

    def events(self, order_id: str) -> Iterator[dict[str, Any]]:
        """Returns the journal's events of the order, of its payment and of the messages about it."""
        told = list(self._journal(f"order/{order_id}"))
        payments = dict.fromkeys(event["data"]["paymentId"] for event in told if event["data"].get("paymentId"))
        yield from told
        for payment in payments:
            yield from self._journal(f"payment/{payment}")
        for message in self._messages(order_id):
            yield from self._journal(f"notification/{message['PK'].partition('#')[2]}")

    def holdings(self, order_id: str, version: int) -> Iterator[tuple[Any, ...]]:
        """The reservation and the messages, as they stand."""
        # An order that ran short has another with each version that reserved again.
        for attempt in range(1, version + 1):
            reservation = self.get("StockTable", f"RESERVATION#{reservation_of(order_id, attempt)}", "RESERVATION")
            if reservation:
                taken = [f"{take['quantity']} of {take['sku']} at {take['place']['warehouse']}" for take in reservation["takes"]]
                yield reservation["createdAt"], "reservation", "", f"{reservation['status']}: {', '.join(taken)}"
        for message in self._messages(order_id):
            text = f"{message['template']} by {message['channel']}: {message['status']}"
            yield message["updatedAt"], "message", "", text

    def _messages(self, order_id: str) -> list[dict[str, Any]]:
        """Scans for the order's messages, once: no index leads from an order to them, and no route needs one."""
        if order_id not in self._found:
            self._found[order_id] = list(self._scan(order_id))
        return self._found[order_id]

    def _scan(self, order_id: str) -> Iterator[dict[str, Any]]:
        pages = self._dynamo.get_paginator("scan").paginate(
            TableName=self._names["NotificationsTable"],
            FilterExpression="orderId = :order",
            ExpressionAttributeValues={":order": {"S": order_id}},
        )
        for page in pages:
            yield from (self._read(item) for item in page["Items"])

    def _journal(self, aggregate: str) -> Iterator[dict[str, Any]]:
        pages = self._dynamo.get_paginator("query").paginate(
            TableName=self._names["JournalTable"],
            KeyConditionExpression="PK = :aggregate",
            ExpressionAttributeValues={":aggregate": {"S": aggregate}},
            ConsistentRead=True,
        )
        for page in pages:
            for item in page["Items"]:
                yield self._read(item)["event"]

    def _read(self, item: dict[str, Any] | None) -> Any:
        return item and {name: self._plain.deserialize(value) for name, value in item.items()}


def _journalled(event: dict[str, Any]) -> tuple[Any, ...]:
    actor = event["actor"]
    who = actor.get("job") or actor["kind"]
    return event["occurredAt"], "journal", who, f"{event['type']} #{event['sequence']} {event['correlationId']}"


def _logged(stage: Stage, correlations: set[str], order_id: str, began: datetime) -> Iterator[tuple[Any, ...]]:
    """The lines of functions since `began` that name one of these correlations, or the order."""
    since = int((began - MARGIN).timestamp() * 1000)
    logs = stage.client("logs")
    wanted = re.compile("|".join(map(re.escape, [*correlations, order_id])))
    for group in groups(logs, stage.stack):
        pages = logs.get_paginator("filter_log_events").paginate(logGroupName=group, startTime=since)
        for event in (event for page in pages for event in page["events"]):
            line = _line(event["message"]) if wanted.search(event["message"]) else None
            if line:
                yield line if line[0] else (_moment(event["timestamp"]), *line[1:])


def _line(message: str) -> tuple[Any, ...] | None:
    """A log line for the timeline: when, the function, and what it says in short."""
    try:
        fields = json.loads(message)
        said, spans = fields["message"], fields["spans"]
    except (ValueError, KeyError, TypeError):
        return None
    function = next((span["function"] for span in spans if "function" in span), "")
    shown = " ".join(f"{name}={value}" for name, value in fields.items() if name not in LEFT_OUT and value not in ("", 0, 0.0, False))
    return _milliseconds(fields.get("timestamp", "")), "log", function.rpartition("-")[2], f"{said}: {shown}"


def _milliseconds(stamp: str) -> str:
    """The logs' microseconds as the journal's milliseconds, so that all sorts alike."""
    return re.sub(r"(\.\d{3})\d*Z$", r"\1Z", stamp)


def _moment(milliseconds: int) -> str:
    moment = datetime.fromtimestamp(milliseconds / 1000, timezone.utc)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
