"""Finds a stack's resources, those of its nested stacks included, and the tables that its functions use."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from holdfast.report import Failure

NESTED = "AWS::CloudFormation::Stack"
TABLE = "AWS::DynamoDB::Table"
GONE = "DELETE_COMPLETE"
# A stack in one of these can only be deleted.
HOPELESS = ("CREATE_FAILED", "ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "DELETE_FAILED")
# And one in one of these can be updated.
COMPLETE = ("CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "IMPORT_COMPLETE", "IMPORT_ROLLBACK_COMPLETE", "UPDATE_FAILED")
# The parameters that make the functions use restored tables (docs/restoring.md), and the stream that each of the last two names.
RESTORED_AT = "RestoredAt"
RESTORED_STREAMS = {"JournalTable": "RestoredJournalStream", "StockTable": "RestoredStockStream"}
RESTORED = (RESTORED_AT, *RESTORED_STREAMS.values())
# The longest name that DynamoDB gives a table.
LONGEST_TABLE_NAME = 255


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


def rule_name(physical_id: str) -> str:
    """Returns the name of a rule: CloudFormation calls it by its bus and its name, with a bar between."""
    return physical_id.rpartition("|")[2]


def of_type(formation: Any, stack: str, kind: str) -> dict[str, str]:
    """Returns the names on AWS of the resources of one type by those in the template, except those that were deleted."""
    return {each.logical_id: each.physical_id for each in walk(formation, stack) if each.type == kind and each.physical_id and each.status != GONE}


def tables(formation: Any, stack: str) -> list[str]:
    """Returns the names of the tables that the stack created, except those that were deleted. The functions may use others: see `live_tables`."""
    return list(of_type(formation, stack, TABLE).values())


def live_tables(formation: Any, stack: str) -> dict[str, str]:
    """Returns the names of the tables that the functions use by those in the template: the restored ones once `make restore` has switched to them."""
    own, at = of_type(formation, stack, TABLE), restored(formation, stack)[RESTORED_AT]
    return {name: restored_name(physical, at) for name, physical in own.items()} if at else own


def live_table(formation: Any, stack: str, logical_id: str) -> str:
    """Returns the name of the table that the functions use for the template's `logical_id`."""
    found = live_tables(formation, stack)
    if logical_id not in found:
        raise Failure(f"the stack {stack} has no table {logical_id}", "Deploy it first.")
    return found[logical_id]


def restored(formation: Any, stack: str) -> dict[str, str]:
    """Returns the present values of the parameters of restored tables; they are empty before a restore and where the template lacks them."""
    described = formation.describe_stacks(StackName=stack)["Stacks"][0]
    given = {each["ParameterKey"]: each.get("ParameterValue", "") for each in described.get("Parameters", [])}
    return {name: given.get(name, "") for name in RESTORED}


def restored_name(own: str, at: str) -> str:
    """Returns the name that the table `own` of the stack has once it is restored; `at` is the parameter's value, such as 20261129T103000Z."""
    name = f"{own}-{at}"
    if len(name) > LONGEST_TABLE_NAME:
        raise Failure(f"{name} has {len(name)} characters: a table's name has at most {LONGEST_TABLE_NAME}")
    return name
