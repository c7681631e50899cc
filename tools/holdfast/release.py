"""`make deploy`: the same template on AWS, with the caller's own credentials."""

import os
import sys
from typing import Any

from holdfast import build, deploy, events, incomplete, keys, parameters, process, protection, published, resources, settings, unreal
from holdfast import stage as stages
from holdfast.prerequisites import check
from holdfast.project import COMMIT, RELEASE, ROOT, commit, tool_environment
from holdfast.report import Failure, say, step
from holdfast.stage import Stage

# The template's output with the API's address.
API_OUTPUT = "ApiUrl"


def deploy_to(name: str, yes: bool, approved: bool = False) -> None:
    """Deploys a stage to AWS. Everything that can be refused is refused before the functions are built."""
    if name not in stages.REMOTE:
        raise Failure(f"the stage {name} is not deployed to AWS", "Use STAGE=dev or STAGE=prod. The local stack: make up")
    stage = stages.choose(name)
    configured = settings.of(name)
    values = planned(name, configured)
    _refuse_silent_question(name, configured, approved)
    check()
    exists = incomplete.make_way(stage, yes)
    say(f"Deploying {stage.stack}:")
    values |= {protection.PARAMETER: "true" if exists else "false", COMMIT: commit()}
    if exists:
        values |= _restored(stage)
    values = _deploy(stage, values, approved)
    protection.protect(stage, created=not exists)
    say(f"\nHoldfast answers at {values['PublicBaseUrl'] or deploy.output(stage.session, stage.stack, API_OUTPUT)}")
    _show_unreal(stage, values)


def _restored(stage: Stage) -> dict[str, str]:
    """Returns the parameters that a restore has set, so that the release keeps the tables in use."""
    found = resources.restored(stage.client("cloudformation"), stage.stack)
    if found[resources.RESTORED_AT]:
        say(f"It uses tables that were restored to {found[resources.RESTORED_AT]}: a change of a table in this release does not reach them (docs/restoring.md).")
    return found


def planned(name: str, configured: dict[str, Any]) -> dict[str, str]:
    """Returns a value for every parameter but those that are found or made later; fails naming each fault."""
    template, given = parameters.load(), settings.parameters(configured)
    faults = template.faults(name, given)
    if faults:
        listed = "".join(f"\n  - {fault}" for fault in faults)
        raise Failure(f"the parameters of [{name}.deploy.parameters] in {settings.SAMCONFIG} cannot be deployed:{listed}", "README.md lists them.")
    return template.complete({"Stage": name, **given})


def _refuse_silent_question(name: str, configured: dict[str, Any], approved: bool) -> None:
    """Fails when `sam deploy` would ask without a terminal to answer on: it would build for minutes and then abort."""
    if configured.get("confirm_changeset") and not approved and not sys.stdin.isatty():
        raise Failure(
            f"the stage {name} asks before it executes a change set, and there is no terminal to ask on",
            "Run it on a terminal, or with APPROVED=1 where somebody has approved it already.",
        )


def _deploy(stage: Stage, values: dict[str, str], approved: bool) -> dict[str, str]:
    """Builds and deploys; returns every parameter that was passed."""
    with step("building the functions for AWS", quiet=False):
        build.release(values["Architecture"])
        build.binaries()
    with step("finding or making the token signing key"):
        values = values | deploy.key_parameters(keys.ensure(stage.client("secretsmanager"), stage.name))
    values |= {RELEASE: published.release(values, stage.client("secretsmanager"), deploy.describe(stage.session, stage.stack))}
    options = ["--config-env", stage.name, "--stack-name", stage.stack, "--region", stage.session.region_name]
    command = deploy.sam_deploy([*options, *(["--no-confirm-changeset"] if approved else [])], values)
    try:
        # Its output is shown, since it may ask.
        process.run(command, tool_environment(), ROOT, "sam deploy")
    except Failure as failure:
        raise _explained(stage, failure) from failure
    status = deploy.stack_status(stage.session, stage.stack)
    if status not in resources.COMPLETE:
        # `sam deploy` ends well when its change set was declined.
        raise Failure(f"the stack {stage.stack} is {status or 'not there'}: the change set was not executed")
    return values


def _explained(stage: Stage, failure: Failure) -> Failure:
    """Returns the failure of `sam deploy` with its first cause and what to do next."""
    status = deploy.stack_status(stage.session, stage.stack)
    reason = events.explain(stage.client("cloudformation"), stage.stack) if status else ""
    advice = "The first failure: " + reason if reason else ""
    if status in resources.HOPELESS:
        advice += f"{os.linesep if advice else ''}The stack never became complete. Run `make deploy STAGE={stage.name}` again: it offers to delete it and starts over."
    return Failure(failure.cause, advice)


def _show_unreal(stage: Stage, values: dict[str, str]) -> None:
    found = unreal.listed(values, unreal.sandboxes(stage))
    if found:
        say("\nNot real yet:")
    for each in found:
        say(f"  - {each}")
