"""Restores tables to one second with DynamoDB's point-in-time recovery, and gives each copy the settings that a restore leaves out.

DynamoDB restores items, indexes, billing mode and encryption into a new table. Stream, expiry, recovery, deletion protection and tags are the caller's
to set (https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_RestoreTableToPointInTime.html).
"""

import functools
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from botocore.exceptions import ClientError

from holdfast.report import Failure, Step

# A restore takes at least 20 minutes on AWS, and may take hours (docs/restoring.md).
POLL_SECONDS = 10.0
# In place of "Choose another second" where no second can be restored.
NO_RECOVERY = (
    "No second can be restored, because no table has point-in-time recovery. `aws dynamodb update-continuous-backups` switches it on for a table; "
    "the local stack does so when it starts (make down, make up). Only seconds after that can be restored."
)
# Recovery can be switched on some moments after a table is active.
ATTEMPTS = 30
ON = ("ENABLED", "ENABLING")


@dataclass(frozen=True)
class Copy:
    """A table to restore: its name in the template, the tables that it may be restored from, the preferred first, and the new table."""

    logical_id: str
    sources: tuple[str, ...]
    target: str


@dataclass(frozen=True)
class Plan:
    """A table that is restored: from which source into which new table, and whether that exists already."""

    logical_id: str
    source: str
    target: str
    exists: bool


def plan(dynamodb: Any, copies: list[Copy], at: datetime) -> list[Plan]:
    """Chooses a source for each table. Fails naming every table that cannot be restored to this moment."""
    plans, faults, recovers = [], [], False
    for copy in copies:
        periods = {source: period(dynamodb, source) for source in copy.sources}
        recovers = recovers or any(periods.values())
        fitting = [source for source, found in periods.items() if found and found[0] <= at <= found[1]]
        if fitting:
            plans.append(Plan(copy.logical_id, fitting[0], copy.target, describe(dynamodb, copy.target) is not None))
        else:
            faults.append(f"{copy.logical_id}: " + "; ".join(f"{source} {_shown(found)}" for source, found in periods.items()))
    if faults:
        listed = "".join(f"\n  - {fault}" for fault in faults)
        advice = "Choose a second within all periods. The last one is some five minutes ago." if recovers else NO_RECOVERY
        raise Failure(f"these tables cannot be restored to {at:%Y-%m-%dT%H:%M:%SZ}:{listed}", advice)
    return plans


def period(dynamodb: Any, name: str) -> tuple[datetime, datetime] | None:
    """Returns the first and the last moment that a table can be restored to; nothing when it is gone or has no recovery."""
    try:
        described = dynamodb.describe_continuous_backups(TableName=name)["ContinuousBackupsDescription"]
    except ClientError as error:
        if error.response["Error"]["Code"] in ("TableNotFoundException", "ResourceNotFoundException"):
            return None
        raise
    recovery = described.get("PointInTimeRecoveryDescription", {})
    if recovery.get("PointInTimeRecoveryStatus") != "ENABLED":
        return None
    return tuple(recovery[f"{end}RestorableDateTime"].astimezone(timezone.utc) for end in ("Earliest", "Latest"))


def _shown(found: tuple[datetime, datetime] | None) -> str:
    if found is None:
        return "does not exist or has no point-in-time recovery"
    return f"can be restored from {found[0]:%Y-%m-%dT%H:%M:%SZ} to {found[1]:%Y-%m-%dT%H:%M:%SZ}"


def begin(dynamodb: Any, plans: list[Plan], at: datetime) -> None:
    """Starts the restore of each table that does not exist yet. DynamoDB runs them side by side, 50 in an account."""
    for each in plans:
        if not each.exists:
            dynamodb.restore_table_to_point_in_time(SourceTableName=each.source, TargetTableName=each.target, RestoreDateTime=at)


def wait(dynamodb: Any, names: list[str], current: Step, poll_seconds: float = POLL_SECONDS) -> None:
    """Waits until these tables and their indexes are active. There is no limit: an interrupted run is continued by repeating the command."""
    while True:
        open_ = [name for name in names if not _is_active(dynamodb, name)]
        if not open_:
            return
        current.note(f"{len(names) - len(open_)} of {len(names)} tables are active after {current.seconds:.0f} s")
        time.sleep(poll_seconds)


def _is_active(dynamodb: Any, name: str) -> bool:
    table = _described(dynamodb, name)
    indexes = (index.get("IndexStatus", "ACTIVE") for index in table.get("GlobalSecondaryIndexes", []))
    return table["TableStatus"] == "ACTIVE" and all(status == "ACTIVE" for status in indexes)


def _described(dynamodb: Any, name: str) -> dict[str, Any]:
    table = describe(dynamodb, name)
    if table is None:
        raise Failure(f"the table {name} is gone while it was restored", "Repeat the command.")
    return table


def equip(dynamodb: Any, each: Plan, poll_seconds: float = POLL_SECONDS) -> None:
    """Gives a restored table the settings of its source. Those that it has already are left alone, so that repeating this is harmless."""
    source, target = _described(dynamodb, each.source), _described(dynamodb, each.target)
    for changes in _changes(source, target):
        # DynamoDB takes one change of a table at a time.
        _once_active(dynamodb, each.target, poll_seconds, functools.partial(dynamodb.update_table, TableName=each.target, **changes))
    _expire(dynamodb, each)
    _recover(dynamodb, each, poll_seconds)
    _tag(dynamodb, source["TableArn"], target["TableArn"])
    # Last: until then a restore that went wrong can simply be deleted.
    if source.get("DeletionProtectionEnabled") and not target.get("DeletionProtectionEnabled"):
        _once_active(dynamodb, each.target, poll_seconds, lambda: dynamodb.update_table(TableName=each.target, DeletionProtectionEnabled=True))


def _changes(source: dict[str, Any], target: dict[str, Any]) -> list[dict[str, Any]]:
    """The updates that give the target the source's stream and encryption."""
    found = []
    stream = source.get("StreamSpecification") or {}
    if stream.get("StreamEnabled") and not (target.get("StreamSpecification") or {}).get("StreamEnabled"):
        found.append({"StreamSpecification": {"StreamEnabled": True, "StreamViewType": stream["StreamViewType"]}})
    encryption = source.get("SSEDescription") or {}
    if encryption.get("Status") in ON and (target.get("SSEDescription") or {}).get("Status") not in (*ON, "UPDATING"):
        found.append({"SSESpecification": {"Enabled": True, "SSEType": encryption.get("SSEType", "KMS")}})
    return found


def _once_active(dynamodb: Any, name: str, poll_seconds: float, change: Callable[[], Any]) -> None:
    """Makes a change of a table that is in no other change, and waits for its end."""
    waiting = {"Delay": max(1, int(poll_seconds)), "MaxAttempts": 360}
    dynamodb.get_waiter("table_exists").wait(TableName=name, WaiterConfig=waiting)
    change()
    dynamodb.get_waiter("table_exists").wait(TableName=name, WaiterConfig=waiting)


def _expire(dynamodb: Any, each: Plan) -> None:
    """Switches expiry on by the source's attribute."""
    wanted, present = (dynamodb.describe_time_to_live(TableName=name)["TimeToLiveDescription"] for name in (each.source, each.target))
    if wanted["TimeToLiveStatus"] in ON and present["TimeToLiveStatus"] not in ON:
        dynamodb.update_time_to_live(TableName=each.target, TimeToLiveSpecification={"Enabled": True, "AttributeName": wanted["AttributeName"]})


def _recover(dynamodb: Any, each: Plan, poll_seconds: float) -> None:
    """Switches point-in-time recovery on, for as many days as the source has it."""
    wanted, present = (
        dynamodb.describe_continuous_backups(TableName=name)["ContinuousBackupsDescription"].get("PointInTimeRecoveryDescription", {}) for name in (each.source, each.target)
    )
    if wanted.get("PointInTimeRecoveryStatus") != "ENABLED" or present.get("PointInTimeRecoveryStatus") == "ENABLED":
        return
    days = {"RecoveryPeriodInDays": wanted["RecoveryPeriodInDays"]} if wanted.get("RecoveryPeriodInDays") else {}
    for attempt in range(1, ATTEMPTS + 1):
        try:
            dynamodb.update_continuous_backups(TableName=each.target, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True, **days})
            return
        except dynamodb.exceptions.ContinuousBackupsUnavailableException:
            if attempt == ATTEMPTS:
                raise
            time.sleep(poll_seconds)


def _tag(dynamodb: Any, source: str, target: str) -> None:
    """Copies the tags. Those that begin with aws: are CloudFormation's own, and no caller can set them."""
    pages = dynamodb.get_paginator("list_tags_of_resource").paginate(ResourceArn=source)
    tags = [tag for page in pages for tag in page.get("Tags", []) if not tag["Key"].startswith("aws:")]
    if tags:
        dynamodb.tag_resource(ResourceArn=target, Tags=tags)


def describe(dynamodb: Any, name: str) -> dict[str, Any] | None:
    """Returns a table's description; nothing when there is no such table."""
    try:
        return dynamodb.describe_table(TableName=name)["Table"]
    except ClientError as error:
        if error.response["Error"]["Code"] == "ResourceNotFoundException":
            return None
        raise


def stream_of(dynamodb: Any, name: str) -> str:
    """Returns the ARN of a table's stream."""
    arn = (describe(dynamodb, name) or {}).get("LatestStreamArn")
    if not arn:
        raise Failure(f"the table {name} has no stream", "Repeat the command.")
    return arn
