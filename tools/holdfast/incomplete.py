"""Recognises a stack that never became complete, and removes it with its empty tables, so that it can be deployed again.

CloudFormation takes no update for such a stack. A table with an item in it is never deleted, and then nothing else is either.
"""

import sys
from typing import Any

from botocore.exceptions import WaiterError

from holdfast import deploy, events, resources, tables
from holdfast.report import Failure, say, step
from holdfast.stage import Stage

# A change set was made for it and never executed.
EMPTY = "REVIEW_IN_PROGRESS"
BUSY = "_IN_PROGRESS"
DELETE_POLL_SECONDS = 5


def make_way(stage: Stage, yes: bool, poll_seconds: int = DELETE_POLL_SECONDS) -> bool:
    """Makes sure that the stage can be deployed to. Returns whether its stack exists and is complete."""
    formation = stage.client("cloudformation")
    status = deploy.stack_status(stage.session, stage.stack)
    if not status:
        return False
    if status in resources.COMPLETE:
        return True
    if not is_hopeless(formation, stage.stack, status):
        raise Failure(f"the stack {stage.stack} is {status}", _advice(stage.stack, status))
    say(f"The stack {stage.stack} never became complete: it is {status}, and CloudFormation can only delete it.")
    reason = events.explain(formation, stage.stack)
    if reason:
        say(f"The first failure: {reason}")
    _remove(stage, formation, yes, poll_seconds)
    return False


def is_hopeless(formation: Any, stack: str, status: str) -> bool:
    """Returns whether a stack in this status can only be deleted."""
    return status in resources.HOPELESS or (status == EMPTY and next(resources.walk(formation, stack), None) is None)


def _advice(stack: str, status: str) -> str:
    if status.endswith(BUSY):
        return "Wait until that has ended, then repeat the command."
    if status == "UPDATE_ROLLBACK_FAILED":
        return f"Remove the cause, then run: aws cloudformation continue-update-rollback --stack-name {stack}"
    return "See its events in the CloudFormation console."


def _remove(stage: Stage, formation: Any, yes: bool, poll_seconds: int) -> None:
    """Deletes the stack and its tables, once the caller has agreed."""
    dynamodb = stage.client("dynamodb")
    names = [name for name in resources.tables(formation, stage.stack) if tables.describe(dynamodb, name)]
    _refuse_items(dynamodb, names)
    for name in names:
        say(f"  It left the empty table {name}.")
    _ask(f"Delete the stack {stage.stack} and its {len(names)} empty tables?", yes)
    with step(f"deleting the stack {stage.stack}"):
        _unprotect(dynamodb, names)
        stack_id = formation.describe_stacks(StackName=stage.stack)["Stacks"][0]["StackId"]
        formation.delete_stack(StackName=stage.stack)
        try:
            waiting = {"Delay": poll_seconds, "MaxAttempts": 3600 // poll_seconds}
            formation.get_waiter("stack_delete_complete").wait(StackName=stack_id, WaiterConfig=waiting)
        except WaiterError as error:
            raise Failure(f"the stack {stage.stack} could not be deleted", events.explain(formation, stack_id)) from error
    left = [name for name in names if tables.describe(dynamodb, name)]
    if left:
        with step(f"deleting {len(left)} empty tables"):
            _delete_tables(dynamodb, left, poll_seconds)


def _delete_tables(dynamodb: Any, names: list[str], poll_seconds: int) -> None:
    """Deletes the tables that the stack's deletion has kept."""
    # Read once more: the deletion of the stack may have taken minutes.
    _refuse_items(dynamodb, names)
    for name in names:
        dynamodb.delete_table(TableName=name)
    for name in names:
        dynamodb.get_waiter("table_not_exists").wait(TableName=name, WaiterConfig={"Delay": poll_seconds, "MaxAttempts": 600 // poll_seconds})


def _ask(question: str, yes: bool) -> None:
    """Asks on a terminal, unless the answer was given; fails when it is no."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise Failure("the stack has to be deleted before it can be deployed", "Run it again with YES=1 to delete it and go on, or on a terminal to be asked.")
    if input(f"{question} [y/N] ").strip().lower() not in ("y", "yes"):
        raise Failure("nothing was deleted, and nothing was deployed")


def _refuse_items(dynamodb: Any, names: list[str]) -> None:
    """Fails when one of the tables has an item."""
    full = [name for name in names if dynamodb.scan(TableName=name, Limit=1, ConsistentRead=True)["Items"]]
    if full:
        raise Failure(
            f"these tables have items, and are never deleted here: {', '.join(full)}",
            "Save what they hold, delete them by hand (deletion protection first), then repeat the command.",
        )


def _unprotect(dynamodb: Any, names: list[str]) -> None:
    """Switches deletion protection off. The tables are known to be empty."""
    for name in names:
        if (tables.describe(dynamodb, name) or {}).get("DeletionProtectionEnabled"):
            dynamodb.update_table(TableName=name, DeletionProtectionEnabled=False)
            dynamodb.get_waiter("table_exists").wait(TableName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 120})
