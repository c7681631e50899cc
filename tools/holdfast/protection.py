"""Switches deletion protection on for the tables of a stack that is complete.

The template creates tables without it: a protected table survives the rollback of a failed creation and blocks the next one. The parameter
ProtectTables switches it on afterwards, and every later deployment passes it, so CloudFormation and the tables never disagree.
"""

from typing import Any

from holdfast import resources, update
from holdfast.report import step
from holdfast.stage import Stage

PARAMETER = "ProtectTables"


def protect(stage: Stage, created: bool) -> None:
    """Protects every table: by the parameter after a first creation, then by itself where somebody had switched it off."""
    formation, dynamodb = stage.client("cloudformation"), stage.client("dynamodb")
    with step("protecting the tables against deletion") as current:
        if created:
            update.change(formation, stage.stack, {PARAMETER: "true"})
        # After a restore those in use as well as the stack's own, which are kept as evidence.
        names = list(dict.fromkeys([*resources.tables(formation, stage.stack), *resources.live_tables(formation, stage.stack).values()]))
        switched = [name for name in names if _switch_on(dynamodb, name)]
        current.end(f"{len(names)} tables" + (f", switched on again for {', '.join(switched)}" if switched else ""))


def _switch_on(dynamodb: Any, name: str) -> bool:
    """Protects a table unless it is protected. CloudFormation does not see what was changed beside it, so the parameter alone would not."""
    if dynamodb.describe_table(TableName=name)["Table"].get("DeletionProtectionEnabled"):
        return False
    dynamodb.update_table(TableName=name, DeletionProtectionEnabled=True)
    return True
