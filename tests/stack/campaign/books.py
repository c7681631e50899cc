"""Everything that all parties wrote down, read past the system's own code when all is quiet."""

import collections
import json
import re
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from boto3.dynamodb.types import TypeDeserializer

from stack import audit, carry, resources
from stack.campaign.history import History
from stack.project import LocalStack

PLAIN = TypeDeserializer()
# What the functions log when money needs a person: docs/operations.md, PaymentsNeedOperatorAlarm.
CALLED = re.compile(r'"payment_id":\s*"([0-9a-f-]{36})"')
DEAD_LETTERS = "DeadLetters"


@dataclass
class Books:
    """What is written down, by who wrote it."""

    orders: dict[str, dict[str, Any]] = field(default_factory=dict)
    payments: dict[str, dict[str, Any]] = field(default_factory=dict)
    reservations: dict[str, dict[str, Any]] = field(default_factory=dict)
    # Rows of stock by SKU, and in it by warehouse and lane.
    rows: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)
    # Each aggregate's events, the oldest first.
    journal: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    notifications: list[dict[str, Any]] = field(default_factory=list)
    keys: list[dict[str, Any]] = field(default_factory=list)
    # The ids of all events that a consumer of the bus got.
    heard: set[str] = field(default_factory=set)
    # The provider's payments and refunds, as its control tells them.
    provider: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    # Payments for which an operator was called.
    called: set[str] = field(default_factory=set)
    # How many dead letters lie in each queue.
    dead: dict[str, int] = field(default_factory=dict)
    # What does not fit between tables, in sentences.
    misfits: list[str] = field(default_factory=list)
    # The time by which all of this was read, as the system's own clock has it.
    now: str = ""


@dataclass
class Sources:
    """Where everything is read: clients of AWS, the stack, the provider, the queue of the campaign's own consumer."""

    session: Any
    stack: LocalStack
    provider_url: str
    consumer: str
    heard: set[str] = field(default_factory=set)
    since: str = ""

    def read(self, history: History, skus: dict[str, int], now: str) -> Books:
        """Reads it all, as far as it is about the campaign's own goods and what was ordered of them."""
        dynamodb, names = self.session.client("dynamodb"), resources.live_tables(self.session.client("cloudformation"), self.stack.name)
        books = Books(now=now, provider=self._provider(), called=called(self.stack.emulator_log.read_text(errors="replace")))
        for item in _items(dynamodb, names["StockTable"]):
            _file_stock(books, item, skus)
        for item in _items(dynamodb, names["OrdersTable"]):
            if item["SK"] == "ORDER" and any(line["sku"] in skus for line in item["lines"]):
                books.orders[item["id"]] = item
        for item in _items(dynamodb, names["PaymentsTable"]):
            if item["SK"] == "PAYMENT" and item["orderId"] in books.orders:
                books.payments[item["id"]] = item
        for item in _items(dynamodb, names["JournalTable"]):
            books.journal.setdefault(item["PK"], []).append(item["event"])
        for events in books.journal.values():
            events.sort(key=lambda event: event["sequence"])
        books.notifications = [item for item in _items(dynamodb, names["NotificationsTable"]) if item.get("orderId") in books.orders]
        books.keys = list(_items(dynamodb, names["IdempotencyTable"]))
        books.heard, books.dead = self._listen(), self._dead()
        books.misfits = audit.faults(dynamodb, names, self.since)
        return books

    def _provider(self) -> dict[str, list[dict[str, Any]]]:
        with urllib.request.urlopen(f"{self.provider_url}/control/books", timeout=20) as answer:
            return json.load(answer)

    def _listen(self) -> set[str]:
        """All ids that were heard since the campaign began."""
        queues = self.session.client("sqs")
        while messages := queues.receive_message(QueueUrl=self.consumer, MaxNumberOfMessages=10).get("Messages"):
            self.heard.update(json.loads(message["Body"])["detail"]["id"] for message in messages)
            queues.delete_message_batch(QueueUrl=self.consumer, Entries=[{"Id": str(place), "ReceiptHandle": message["ReceiptHandle"]} for place, message in enumerate(messages)])
        return self.heard

    def _dead(self) -> dict[str, int]:
        queues, found = self.session.client("sqs"), {}
        for name, url in resources.of_type(self.session.client("cloudformation"), self.stack.name, "AWS::SQS::Queue").items():
            if name.endswith(DEAD_LETTERS) or "Failures" in name:
                found[name] = int(queues.get_queue_attributes(QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"])["Attributes"]["ApproximateNumberOfMessages"])
        return found


def called(log: str) -> set[str]:
    """Returns the payments that a person was called for, out of the functions' log."""
    return {match for line in log.splitlines() if '"level":"ERROR"' in line for match in CALLED.findall(line)}


def _file_stock(books: Books, item: dict[str, Any], skus: dict[str, int]) -> None:
    if item["SK"] == "RESERVATION":
        if any(take["sku"] in skus for take in item["takes"]):
            books.reservations[item["PK"].removeprefix("RESERVATION#")] = item
    elif item["SK"].startswith("LOC#") and (sku := item["PK"].removeprefix("SKU#")) in skus:
        books.rows.setdefault(sku, {})[item["SK"].removeprefix("LOC#")] = item


def _items(dynamodb: Any, table: str) -> Iterator[dict[str, Any]]:
    for item in carry.scan(dynamodb, table):
        yield {name: _plain(PLAIN.deserialize(value)) for name, value in item.items()}


def _plain(value: Any) -> Any:
    """A value with whole numbers as such."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return value


def events_of(books: Books, kind: str) -> Iterator[dict[str, Any]]:
    """Yields the journal's events of a kind."""
    for events in books.journal.values():
        yield from (event for event in events if event["type"] == kind)


def by_order(books: Books) -> dict[str, list[dict[str, Any]]]:
    """Returns the provider's payments of each order, by the number that they carry."""
    found: dict[str, list[dict[str, Any]]] = collections.defaultdict(list)
    for payment in books.provider.get("payments", []):
        found[str((payment.get("metadata") or {}).get("order_number"))].append(payment)
    return found
