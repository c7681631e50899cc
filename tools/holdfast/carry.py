"""Carries over what happened outside of the tables after the restored second, and so cannot be undone by restoring them.

- Messages that a carrier took or may have taken. Their ids are derived from events, so a carried message is not sent again.
- Webhook deliveries that a receiver took, of events that the restored journal has.
- The sandbox provider's books, which stand in for a provider's own and only lie in the payments table.

It also makes every open payment due, so that the provider is asked about all of them before any order expires. All of this is written before the
functions use the restored tables, and never replaces something newer: it can be repeated.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

MESSAGE_ENDS = (":sent", ":unconfirmed", ":delivered", ":failed")
SANDBOX = "SANDBOX"


@dataclass(frozen=True)
class Tables:
    """The tables in use and the restored ones, each by its name in the template."""

    before: dict[str, str]
    after: dict[str, str]


def messages(dynamodb: Any, tables: Tables, since: str) -> int:
    """Carries over each message that was sent or given up since a time, with its rows in the journal. Returns how many those were."""
    carried = 0
    for item in sent(dynamodb, tables.before["NotificationsTable"], since):
        newer = {
            "ConditionExpression": "attribute_not_exists(PK) OR attribute_not_exists(version) OR version < :version",
            "ExpressionAttributeValues": {":version": item.get("version", {"N": "0"})},
        }
        if _put(dynamodb, tables.after["NotificationsTable"], item, newer):
            carried += 1
        for row in history(dynamodb, tables.before["JournalTable"], f"notification/{item['PK']['S'].partition('#')[2]}"):
            _put(dynamodb, tables.after["JournalTable"], row, {"ConditionExpression": "attribute_not_exists(PK)"})
    return carried


def sent(dynamodb: Any, table: str, since: str) -> Iterator[dict[str, Any]]:
    """Yields the messages that were sent, delivered or given up since a time."""
    return scan(
        dynamodb,
        table,
        FilterExpression=f"updatedAt >= :since AND #status IN ({', '.join(MESSAGE_ENDS)})",
        ExpressionAttributeNames={"#status": "status"},
        ExpressionAttributeValues={":since": {"S": since}, **{end: {"S": end[1:]} for end in MESSAGE_ENDS}},
    )


def deliveries(dynamodb: Any, tables: Tables, since: str) -> int:
    """Carries over each webhook delivery that a receiver took since a time, if the restored journal has its event. Returns how many those were.

    Of other events the receiver knows what no longer happened: what happens in their place has the same id, and is not held back here.
    """
    found = scan(
        dynamodb,
        tables.before["WebhooksTable"],
        FilterExpression="begins_with(PK, :delivery) AND #status = :delivered AND endedAt >= :since",
        ExpressionAttributeNames={"#status": "status"},
        ExpressionAttributeValues={":delivery": {"S": "DELIVERY#"}, ":delivered": {"S": "delivered"}, ":since": {"S": since}},
    )
    pending = {
        "ConditionExpression": "attribute_not_exists(PK) OR #status = :pending",
        "ExpressionAttributeNames": {"#status": "status"},
        "ExpressionAttributeValues": {":pending": {"S": "pending"}},
    }
    carried = 0
    for item in found:
        event = json.loads(item["body"]["S"])
        # A body of the form before CloudEvents has no subject.
        aggregate = event.get("subject") or event["aggregateId"]
        row = {"PK": {"S": aggregate}, "SK": {"S": f"{event['sequence']:012}"}}
        if dynamodb.get_item(TableName=tables.after["JournalTable"], Key=row, ProjectionExpression="PK").get("Item"):
            carried += _put(dynamodb, tables.after["WebhooksTable"], item, pending)
    return carried


def sandbox(dynamodb: Any, tables: Tables) -> int:
    """Carries over the sandbox provider's books. Returns how many entries those are; none with another provider."""
    found = scan(dynamodb, tables.before["PaymentsTable"], FilterExpression="begins_with(PK, :sandbox)", ExpressionAttributeValues={":sandbox": {"S": SANDBOX}})
    return sum(_put(dynamodb, tables.after["PaymentsTable"], item, {}) for item in found)


def open_payments(dynamodb: Any, payments: str, at: str) -> int:
    """Makes every open payment due at `at`. Returns how many are open."""
    count = 0
    for entry in scan(dynamodb, payments, IndexName="ByLook"):
        count += 1
        dynamodb.update_item(
            TableName=payments,
            Key={name: entry[name] for name in ("PK", "SK")},
            UpdateExpression="SET lookKey = :at, watch.#next = :at",
            ExpressionAttributeNames={"#next": "next"},
            ExpressionAttributeValues={":at": {"S": at}},
        )
    return count


def scan(dynamodb: Any, table: str, **asked: Any) -> Iterator[dict[str, Any]]:
    """Yields the items of a whole table that fit."""
    # An index cannot be read consistently.
    consistent = {} if "IndexName" in asked else {"ConsistentRead": True}
    for page in dynamodb.get_paginator("scan").paginate(TableName=table, **consistent, **asked):
        yield from page["Items"]


def history(dynamodb: Any, journal: str, aggregate: str) -> Iterator[dict[str, Any]]:
    """Yields the rows of an aggregate, the oldest first."""
    pages = dynamodb.get_paginator("query").paginate(
        TableName=journal, KeyConditionExpression="PK = :aggregate", ExpressionAttributeValues={":aggregate": {"S": aggregate}}
    )
    for page in pages:
        yield from page["Items"]


def _put(dynamodb: Any, table: str, item: dict[str, Any], condition: dict[str, Any]) -> bool:
    """Writes an item under a condition. Returns whether the condition held."""
    try:
        dynamodb.put_item(TableName=table, Item=item, **condition)
        return True
    except ClientError as error:
        if error.response["Error"]["Code"] == "ConditionalCheckFailedException":
            return False
        raise
