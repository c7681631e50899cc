"""Finds why an operation on a stack failed, also when the cause is in a nested stack."""

from collections.abc import Iterator
from typing import Any

from holdfast.resources import NESTED

# The statuses of the stack itself with which an operation begins; a rollback belongs to the operation that failed.
BEGINNINGS = {"CREATE_IN_PROGRESS", "UPDATE_IN_PROGRESS", "DELETE_IN_PROGRESS", "REVIEW_IN_PROGRESS", "IMPORT_IN_PROGRESS"}
# What CloudFormation says of resources that it gave up because of another one's failure.
FOLLOWS = ("cancelled", "Cancelled", "The following resource(s) failed")


def explain(formation: Any, stack: str) -> str:
    """Returns the first failed resource of the stack's last operation with its reason; empty when none failed."""
    failed = first_failure(formation, stack)
    if failed is None:
        return ""
    reason = failed.get("ResourceStatusReason", "no reason is given")
    return f"{failed['LogicalResourceId']} ({failed['ResourceType']}): {reason}"


def first_failure(formation: Any, stack: str) -> dict[str, Any] | None:
    """Returns the event of the first failure of the stack's last operation, from the nested stack where it happened."""
    first = None
    for event in _last_operation(formation, stack):
        if event["ResourceStatus"].endswith("_FAILED") and not _follows(event):
            first = event
    if first and first["ResourceType"] == NESTED and first.get("PhysicalResourceId") not in (None, "", first["StackId"]):
        return first_failure(formation, first["PhysicalResourceId"]) or first
    return first


def _last_operation(formation: Any, stack: str) -> Iterator[dict[str, Any]]:
    """Yields the stack's events, newest first, back to the beginning of its last operation."""
    for page in formation.get_paginator("describe_stack_events").paginate(StackName=stack):
        for event in page["StackEvents"]:
            yield event
            if event.get("PhysicalResourceId") == event["StackId"] and event["ResourceStatus"] in BEGINNINGS:
                return


def _follows(event: dict[str, Any]) -> bool:
    """Whether an event is the consequence of another failure: of a resource that was given up, or of the stack as a whole."""
    if event.get("PhysicalResourceId") == event["StackId"]:
        return True
    return event["ResourceType"] != NESTED and any(part in event.get("ResourceStatusReason", "") for part in FOLLOWS)
