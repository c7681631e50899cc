"""Finds a stack's resources, those of its nested stacks included."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from stack.report import Failure

NESTED = "AWS::CloudFormation::Stack"
TABLE = "AWS::DynamoDB::Table"
GONE = "DELETE_COMPLETE"
# A stack in one of these can only be deleted.
HOPELESS = ("CREATE_FAILED", "ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "DELETE_FAILED")
# And one in one of these can be updated.
COMPLETE = ("CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "IMPORT_COMPLETE", "IMPORT_ROLLBACK_COMPLETE", "UPDATE_FAILED")


@dataclass(frozen=True)
class Resource:
    """A resource of a stack: its name in the template, its name on AWS, and how it stands."""

    logical_id: str
    physical_id: str
    type: str
    status: str


def walk(formation: Any, stack: str) -> Iterator[Resource]:
    """Yields each resource of a stack, then those of its nested stacks, also of nested stacks that were deleted.

    `formation` is a CloudFormation client. Nested stacks are asked for by their ARN: a deleted stack has no name any more.
    """
    nested = []
    for page in formation.get_paginator("list_stack_resources").paginate(StackName=stack):
        for each in page["StackResourceSummaries"]:
            found = Resource(each["LogicalResourceId"], each.get("PhysicalResourceId") or "", each["ResourceType"], each["ResourceStatus"])
            yield found
            if found.type == NESTED and found.physical_id:
                nested.append(found.physical_id)
    for arn in nested:
        yield from walk(formation, arn)


def find(formation: Any, stack: str, logical_id: str) -> str:
    """Returns the name on AWS of the resource called `logical_id`, in the stack or in one nested in it."""
    try:
        # One call, for what is in the root stack itself.
        detail = formation.describe_stack_resource(StackName=stack, LogicalResourceId=logical_id)
        return detail["StackResourceDetail"]["PhysicalResourceId"]
    except ClientError as error:
        if error.response["Error"]["Code"] != "ValidationError":
            raise
    for each in walk(formation, stack):
        if each.logical_id == logical_id and each.status != GONE and each.physical_id:
            return each.physical_id
    raise Failure(f"the stack {stack} has no resource {logical_id}", "Deploy it first.")


def tables(formation: Any, stack: str) -> list[str]:
    """Returns the names of the stack's tables, except those that were deleted."""
    return [each.physical_id for each in walk(formation, stack) if each.type == TABLE and each.physical_id and each.status != GONE]
