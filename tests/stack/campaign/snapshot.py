"""Reads all stores of a stack directly, past the system's own code."""

import collections
import json
import re
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from boto3.dynamodb.types import TypeDeserializer

from holdfast import audit, carry, resources
from holdfast.project import LocalStack
from stack.campaign.history import History

PLAIN = TypeDeserializer()
# The payment in a function's error log: docs/runbook.md, PaymentsNeedOperatorAlarm.
OPERATOR_ALERT = re.compile(r'"payment_id":\s*"([0-9a-f-]{36})"')
DEAD_LETTERS = "DeadLetters"
# Failed runs of schedules: the next run does their work, and an operator deletes them (docs/runbook.md).
FAILED_RUNS = "JobFailures"


@dataclass
class Snapshot:
    """The contents of all stores."""

    orders: dict[str, dict[str, Any]] = field(default_factory=dict)
    # Numbers of all orders, those of earlier rounds included.
    numbers: set[str] = field(default_factory=set)
    payments: dict[str, dict[str, Any]] = field(default_factory=dict)
    reservations: dict[str, dict[str, Any]] = field(default_factory=dict)
    # Stock rows by SKU, then by warehouse and lane.
    rows: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)
    # Events by aggregate, in order.
    journal: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    notifications: list[dict[str, Any]] = field(default_factory=list)
    keys: list[dict[str, Any]] = field(default_factory=list)
    # Ids of all events that a consumer of the bus received.
    received: set[str] = field(default_factory=set)
    # The provider's payments and refunds.
    provider: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    # Payments for which an operator was alerted.
    alerted: set[str] = field(default_factory=set)
    # Dead letters by queue.
    dead: dict[str, int] = field(default_factory=dict)
    # Inconsistencies between tables.
    audit_faults: list[str] = field(default_factory=list)
    # The time of the snapshot by the system's clock.
    now: str = ""


@dataclass
class SnapshotReader:
    """Reads snapshots. `consumer` is the address of the queue that receives all events."""

    session: Any
    stack: LocalStack
    provider_url: str
    consumer: str
    received: set[str] = field(default_factory=set)
    since: str = ""

    def read(self, history: History, skus: dict[str, int], now: str) -> Snapshot:
        """Reads everything about the given SKUs and their orders."""
        dynamodb, names = self.session.client("dynamodb"), resources.live_tables(self.session.client("cloudformation"), self.stack.name)
        snapshot = Snapshot(now=now, provider=self._provider(), alerted=alerted(self.stack.emulator_log.read_text(errors="replace")))
        for item in _items(dynamodb, names["StockTable"]):
            _file_stock(snapshot, item, skus)
        for item in _items(dynamodb, names["OrdersTable"]):
            if item["SK"] == "ORDER":
                snapshot.numbers.add(str(item["number"]))
                if any(line["sku"] in skus for line in item["lines"]):
                    snapshot.orders[item["id"]] = item
        for item in _items(dynamodb, names["PaymentsTable"]):
            if item["SK"] == "PAYMENT" and item["orderId"] in snapshot.orders:
                snapshot.payments[item["id"]] = item
        for item in _items(dynamodb, names["JournalTable"]):
            snapshot.journal.setdefault(item["PK"], []).append(item["event"])
        for events in snapshot.journal.values():
            events.sort(key=lambda event: event["sequence"])
        snapshot.notifications = [item for item in _items(dynamodb, names["NotificationsTable"]) if item.get("orderId") in snapshot.orders]
        snapshot.keys = list(_items(dynamodb, names["IdempotencyTable"]))
        snapshot.received, snapshot.dead = self._receive(), self._dead()
        snapshot.audit_faults = audit.faults(dynamodb, names, self.since)
        return snapshot

    def _provider(self) -> dict[str, list[dict[str, Any]]]:
        with urllib.request.urlopen(f"{self.provider_url}/control/books", timeout=20) as answer:
            return json.load(answer)

    def _receive(self) -> set[str]:
        """Returns the ids of all events that were received since the campaign began."""
        queues = self.session.client("sqs")
        while messages := queues.receive_message(QueueUrl=self.consumer, MaxNumberOfMessages=10).get("Messages"):
            self.received.update(json.loads(message["Body"])["detail"]["id"] for message in messages)
            queues.delete_message_batch(QueueUrl=self.consumer, Entries=[{"Id": str(place), "ReceiptHandle": message["ReceiptHandle"]} for place, message in enumerate(messages)])
        return self.received

    def _dead(self) -> dict[str, int]:
        queues, found = self.session.client("sqs"), {}
        for name, url in resources.of_type(self.session.client("cloudformation"), self.stack.name, "AWS::SQS::Queue").items():
            if name.endswith((DEAD_LETTERS, "Failures")) and name != FAILED_RUNS:
                found[name] = int(queues.get_queue_attributes(QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"])["Attributes"]["ApproximateNumberOfMessages"])
        return found


def alerted(log: str) -> set[str]:
    """Returns the payments in error logs."""
    return {match for line in log.splitlines() if '"level":"ERROR"' in line for match in OPERATOR_ALERT.findall(line)}


def _file_stock(snapshot: Snapshot, item: dict[str, Any], skus: dict[str, int]) -> None:
    if item["SK"] == "RESERVATION":
        if any(take["sku"] in skus for take in item["takes"]):
            snapshot.reservations[item["PK"].removeprefix("RESERVATION#")] = item
    elif item["SK"].startswith("LOC#") and (sku := item["PK"].removeprefix("SKU#")) in skus:
        snapshot.rows.setdefault(sku, {})[item["SK"].removeprefix("LOC#")] = item


def _items(dynamodb: Any, table: str) -> Iterator[dict[str, Any]]:
    for item in carry.scan(dynamodb, table):
        yield {name: _plain(PLAIN.deserialize(value)) for name, value in item.items()}


def _plain(value: Any) -> Any:
    """Converts decimals to numbers."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return value


def by_order(snapshot: Snapshot) -> dict[str, list[dict[str, Any]]]:
    """Returns the provider's payments by the order number in their metadata."""
    found: dict[str, list[dict[str, Any]]] = collections.defaultdict(list)
    for payment in snapshot.provider.get("payments", []):
        found[str((payment.get("metadata") or {}).get("order_number"))].append(payment)
    return found
