"""Shows that a release touches nothing that holds data: no table, no queue, no secret."""

import contextlib
from collections.abc import Iterator
from typing import Any

from holdfast import resources
from holdfast.project import LocalStack
from holdfast.report import Failure, step
from stack import local

# The stack of tables, queues and secrets, as the root template calls it.
DATA = "Data"


@contextlib.contextmanager
def data(stack: LocalStack) -> Iterator[None]:
    """Fails when what the block does with the stack, such as an update by a change set, replaces or changes anything of the data stack."""
    before = _state(stack)
    yield
    with step("comparing the data stack with what it was") as current:
        after = _state(stack)
        changed = sorted(name for name in before if before[name] != after.get(name))
        if changed:
            raise Failure(f"the update changed {', '.join(changed)}")
        current.end(f"{len(before)} facts unchanged")


def _state(stack: LocalStack) -> dict[str, Any]:
    """What each resource of the data stack is called, when CloudFormation touched it last, and which table each is, by its id, which no other ever has."""
    session = local.session()
    formation, dynamodb = session.client("cloudformation"), session.client("dynamodb")
    nested = resources.find(formation, stack.name, DATA)
    state: dict[str, Any] = {}
    for page in formation.get_paginator("list_stack_resources").paginate(StackName=nested):
        for each in page["StackResourceSummaries"]:
            name = each["LogicalResourceId"]
            state[name] = (each["PhysicalResourceId"], each["ResourceStatus"], str(each.get("LastUpdatedTimestamp")))
            if each["ResourceType"] == resources.TABLE:
                table = dynamodb.describe_table(TableName=each["PhysicalResourceId"])["Table"]
                state[f"{name} on DynamoDB"] = (table["TableId"], str(table["CreationDateTime"]), table.get("LatestStreamArn"))
                if dynamodb.scan(TableName=each["PhysicalResourceId"], Limit=1)["Items"]:
                    state[f"that {name} has items"] = True
    return state
