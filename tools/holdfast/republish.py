"""`make republish`: hands rows of the journal to the publisher once more, as the stream would.

For rows that the stream has given up: they stay in the journal, so no event is lost. The publisher treats them like
those that the stream brings; consumers recognise repeats by the event's id.
"""

import collections
import json
import time
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from typing import Any

from holdfast import accounts, resources
from holdfast.replay import moment, span
from holdfast.report import Failure, say, step

# Rows in one call, as in functions/service/template.yaml, and their size: Lambda takes 6 MB.
BATCH_ROWS = 100
BATCH_BYTES = 4_000_000
# An event's time is that of the request's beginning; its row is written before its function's time is over.
LONGEST_REQUEST = timedelta(minutes=15)
# The beginning of time, for an aggregate of which all is wanted.
EVER = datetime(1970, 1, 1, tzinfo=timezone.utc)


def republish(stage: str, start: str, end: str, aggregate: str, dry_run: bool) -> None:
    """Publishes the events written from `start` to `end` again, or those of `aggregate`."""
    since, until = (EVER, moment(end) if end else datetime.now(timezone.utc)) if aggregate and not start else span(start, end)
    session, stack = accounts.session(stage), accounts.deployed_name(stage)
    with step("reading the journal") as current:
        table = resources.live_table(session.client("cloudformation"), stack, "JournalTable")
        rows = ordered(_rows(session.client("dynamodb"), table, since - LONGEST_REQUEST, until, aggregate))
        current.end(f"{len(rows)} events")
    for name, count in sorted(collections.Counter(_type(row) for row in rows).items()):
        say(f"  {count:>6}  {name}")
    if dry_run:
        say("\nNothing was published. Leave DRY_RUN out to do it.")
        return
    with step("publishing") as current:
        stuck = _publish(session.client("lambda"), f"{stack}-PublishEvents", rows)
        current.end(f"{len(rows) - len(stuck)} of {len(rows)}")
    if stuck:
        named = ", ".join(f"{row['PK']['S']} {row['SK']['S']}" for row in stuck)
        raise Failure(f"the bus does not have: {named}", "The log of PublishEvents says why.")


def ordered(rows: Iterator[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows so that each aggregate's come in its order, and those of many aggregates side by side: a call of the bus takes one of each."""
    return sorted(rows, key=lambda row: (row["SK"]["S"], row["PK"]["S"]))


def batches(rows: list[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    """The rows in batches that one call takes."""
    batch: list[dict[str, Any]] = []
    size = 0
    for row in rows:
        length = len(json.dumps(row))
        if batch and (len(batch) == BATCH_ROWS or size + length > BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(row)
        size += length
    if batch:
        yield batch


def _rows(dynamodb: Any, table: str, since: datetime, until: datetime, aggregate: str) -> Iterator[dict[str, Any]]:
    """The rows of a span of time: an aggregate's, or all that the table has."""
    values = {":since": {"S": written(since)}, ":until": {"S": written(until)}}
    asked = {
        "TableName": table,
        "ConsistentRead": True,
        "FilterExpression": "event.occurredAt BETWEEN :since AND :until",
        "ExpressionAttributeValues": values,
    }
    operation = "scan"
    if aggregate:
        operation, asked["KeyConditionExpression"] = "query", "PK = :aggregate"
        values[":aggregate"] = {"S": aggregate}
    for page in dynamodb.get_paginator(operation).paginate(**asked):
        yield from page["Items"]


def _publish(functions: Any, publisher: str, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Hands the rows over, batch by batch; those that the publisher could not publish in two attempts."""
    stuck = []
    for batch in batches(rows):
        failed_before = None
        while batch:
            failed = _hand_over(functions, publisher, batch)
            if failed is None:
                break
            batch = batch[failed:]
            if batch[0] is failed_before:
                stuck.append(batch.pop(0))
            else:
                failed_before = batch[0]
    return stuck


def _hand_over(functions: Any, publisher: str, rows: list[dict[str, Any]]) -> int | None:
    """Calls the publisher once; where it wants to go on, if it is not done."""
    region = functions.meta.region_name
    records = [_record(at, row, region) for at, row in enumerate(rows)]
    answer = functions.invoke(FunctionName=publisher, Payload=json.dumps({"Records": records}))
    body = answer["Payload"].read().decode()
    if "FunctionError" in answer:
        raise Failure(f"{publisher} failed: {body[:500]}")
    failures = json.loads(body)["batchItemFailures"]
    return int(failures[0]["itemIdentifier"]) if failures else None


def _record(position: int, row: dict[str, Any], region: str) -> dict[str, Any]:
    """Returns a row in the form of a stream record."""
    change = {
        "ApproximateCreationDateTime": int(time.time()),
        "Keys": {name: row[name] for name in ("PK", "SK")},
        "NewImage": row,
        "SequenceNumber": str(position),
        "SizeBytes": len(json.dumps(row)),
        "StreamViewType": "NEW_IMAGE",
    }
    about = {"eventID": str(position), "eventName": "INSERT", "eventVersion": "1.1", "eventSource": "aws:dynamodb"}
    return {**about, "awsRegion": region, "dynamodb": change}


def _type(row: dict[str, Any]) -> str:
    """The type of a row's event."""
    return row["event"]["M"]["type"]["S"]


def written(at: datetime) -> str:
    """A time as events have it."""
    return f"{at.astimezone(timezone.utc):%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03}Z"
