"""Lists what happened after the restored second and is in the restored journal no more: for people, who decide what to do about each."""

import collections
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from holdfast import carry
from holdfast.report import say

# Of one read.
BATCH = 100
# Carried over: see carry.py.
NOT_LISTED = "notification/"
# What a person has to look at first: money that moved, and people whose data were to go.
URGENT = {
    "payments.payment_succeeded": "payments took money",
    "payments.refund_succeeded": "refunds were sent",
    "identity.user_deleted": "accounts were deleted, and are back",
}


def write(dynamodb: Any, tables: carry.Tables, since: str, path: Path) -> list[dict[str, Any]]:
    """Writes the lost events into a file, one JSON object a line, the oldest first; returns them. Events name no person."""
    channels = collections.defaultdict(list)
    for message in carry.sent(dynamodb, tables.before["NotificationsTable"], since):
        if "eventId" in message and message["status"]["S"] != "failed":
            channels[message["eventId"]["S"]].append(message["channel"]["S"])
    events = sorted(_lost(dynamodb, tables, since), key=lambda event: (event["occurredAt"], event["aggregateId"], event["sequence"]))
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        for event in events:
            file.write(json.dumps({**event, "customerWasSent": sorted(channels[event["id"]])}, ensure_ascii=False) + "\n")
    return events


def show(events: list[dict[str, Any]], path: Path) -> None:
    """Prints how many events of which type were lost, and what is urgent about them."""
    if not events:
        say("  Nothing happened after that second.")
        return
    say(f"  {len(events)} events happened after that second and are lost; they are listed in {path}:")
    counted = collections.Counter(event["type"] for event in events)
    for name, count in sorted(counted.items()):
        say(f"  {count:>6}  {name}")
    for name, meaning in URGENT.items():
        if counted[name]:
            say(f"  Look at these first: {counted[name]} {meaning} ({name}).")


def _lost(dynamodb: Any, tables: carry.Tables, since: str) -> Iterator[dict[str, Any]]:
    """The events since a time whose rows are not in the restored journal."""
    rows = carry.scan(
        dynamodb,
        tables.before["JournalTable"],
        FilterExpression="event.occurredAt >= :since AND NOT begins_with(PK, :not_listed)",
        ExpressionAttributeValues={":since": {"S": since}, ":not_listed": {"S": NOT_LISTED}},
    )
    for batch in _batches(rows):
        kept = _present(dynamodb, tables.after["JournalTable"], [{name: row[name] for name in ("PK", "SK")} for row in batch])
        yield from (_plain(row["event"]) for row in batch if (row["PK"]["S"], row["SK"]["S"]) not in kept)


def _batches(rows: Iterator[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    batch = []
    for row in rows:
        batch.append(row)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _present(dynamodb: Any, table: str, keys: list[dict[str, Any]]) -> set[tuple[str, str]]:
    """Which of these keys a table has."""
    found, asked = set(), {table: {"Keys": keys, "ProjectionExpression": "PK, SK", "ConsistentRead": True}}
    while asked:
        answer = dynamodb.batch_get_item(RequestItems=asked)
        found |= {(item["PK"]["S"], item["SK"]["S"]) for item in answer["Responses"].get(table, [])}
        asked = answer.get("UnprocessedKeys")
    return found


def _plain(value: dict[str, Any]) -> Any:
    """A value without DynamoDB's types. Numbers of events are whole."""
    (kind, held), = value.items()
    if kind == "M":
        return {name: _plain(each) for name, each in held.items()}
    if kind == "L":
        return [_plain(each) for each in held]
    if kind == "N":
        return int(held) if held.lstrip("-").isdigit() else float(held)
    return None if kind == "NULL" else held
