"""Changes parameters of a deployed stack and nothing else: its template, its code and its other parameters stay as they are."""

from typing import Any

from botocore.exceptions import ClientError, WaiterError

from holdfast import events, published
from holdfast.project import RELEASE
from holdfast.report import Failure

# The nested templates have SAM's transform, and roles with generated names.
CAPABILITIES = ("CAPABILITY_AUTO_EXPAND", "CAPABILITY_IAM")
NOTHING_TO_DO = "No updates are to be performed"
POLL_SECONDS = 5


def change(formation: Any, stack: str, changed: dict[str, str], poll_seconds: int = POLL_SECONDS) -> bool:
    """Updates these parameters of a stack and waits for the end. Returns False when it has these values already.

    `formation` is a CloudFormation client.
    """
    described = formation.describe_stacks(StackName=stack)["Stacks"][0]
    names = [each["ParameterKey"] for each in described.get("Parameters", [])]
    present = {each["ParameterKey"]: each.get("ParameterValue", "") for each in described.get("Parameters", [])}
    changed = {name: value for name, value in changed.items() if present.get(name) != value}
    if not changed:
        return False
    if release := published.changed(described, changed):
        changed[RELEASE] = release
    unknown = sorted(set(changed) - set(names))
    if unknown:
        raise Failure(f"the deployed template of {stack} has no parameter {', '.join(unknown)}", "Deploy this version of the template first.")
    try:
        formation.update_stack(
            StackName=stack,
            UsePreviousTemplate=True,
            Parameters=[_parameter(name, changed) for name in names],
            Capabilities=sorted({*CAPABILITIES, *described.get("Capabilities", [])}),
        )
    except ClientError as error:
        if NOTHING_TO_DO in str(error):
            return False
        raise
    try:
        formation.get_waiter("stack_update_complete").wait(StackName=stack, WaiterConfig={"Delay": poll_seconds, "MaxAttempts": 3600 // poll_seconds})
    except WaiterError as error:
        raise Failure(f"the update of {stack} failed and was rolled back", events.explain(formation, stack)) from error
    return True


def _parameter(name: str, changed: dict[str, str]) -> dict[str, Any]:
    if name in changed:
        return {"ParameterKey": name, "ParameterValue": changed[name]}
    return {"ParameterKey": name, "UsePreviousValue": True}
