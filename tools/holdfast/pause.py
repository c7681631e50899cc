"""`make pause` and `make resume`: stop every function of a stage, and start them again.

A paused function has a reserved concurrency of 0, so it serves no caller. Its event source mappings and schedules are disabled besides:
SQS would count each refused delivery as a failure, and a refused scheduled call would become a dead letter. What was set before is recorded in Systems
Manager first, so that `resume` restores exactly that, from any machine.
"""

import json
import time
from collections.abc import Collection, Iterator
from typing import Any

from botocore.exceptions import ClientError

from holdfast import resources
from holdfast import stage as stages
from holdfast.report import Failure, say, step
from holdfast.stage import Stage

FUNCTION, MAPPING, SCHEDULE = "AWS::Lambda::Function", "AWS::Lambda::EventSourceMapping", "AWS::Scheduler::Schedule"
# A mapping stops within a minute.
SETTLE_SECONDS = 180.0
POLL_SECONDS = 2.0
# What a schedule is described with and cannot be updated with.
READ_ONLY = ("Arn", "CreationDate", "LastModificationDate", "ResponseMetadata")
ENABLED, DISABLED = "ENABLED", "DISABLED"


def run(command: str, name: str) -> None:
    """Pauses or resumes a stage."""
    stage = stages.choose(name)
    if command == "pause":
        pause(stage)
        say(f"\nNo function of {stage.stack} runs, and customers are answered with 503. Start them with: make resume STAGE={name}")
        return
    if not recorded(stage):
        raise Failure(f"{stage.stack} is not paused", "Nothing was changed.")
    resume(stage)


def pause(stage: Stage) -> None:
    """Stops every function. Repeating it stops what was started since and keeps the first record."""
    functions, mappings, schedules = _parts(stage)
    with step("pausing the functions") as current:
        if not recorded(stage):
            _record(stage, _present(stage, functions, mappings, schedules))
        for name in schedules:
            _set_schedule(stage.client("scheduler"), name, DISABLED)
        for mapping in mappings:
            _set_mapping(stage.client("lambda"), mapping, False)
        for name in functions:
            stage.client("lambda").put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
        _settle(stage.client("lambda"), mappings, "Disabled")
        current.end(f"{len(functions)} functions, {len(mappings)} event source mappings, {len(schedules)} schedules")


def resume(stage: Stage) -> None:
    """Starts every function as it was before the pause, and forgets the record."""
    before, (functions, mappings, schedules) = recorded(stage), _parts(stage)
    with step("resuming the functions") as current:
        for name in functions:
            _restore_concurrency(stage.client("lambda"), name, before)
        for mapping in set(mappings) - set(before["mappings"]):
            _set_mapping(stage.client("lambda"), mapping, True)
        for name in set(schedules) - set(before["schedules"]):
            _set_schedule(stage.client("scheduler"), name, ENABLED)
        stage.client("ssm").delete_parameter(Name=_parameter(stage))
        current.end(f"{len(functions)} functions")


def release(stage: Stage, names: Collection[str]) -> None:
    """Starts these functions alone, by their names in the template, with their event source mappings. The stage stays paused."""
    before, client = recorded(stage), stage.client("lambda")
    _, mappings, _ = _parts(stage)
    chosen = {f"{stage.stack}-{name}" for name in names}
    for name in sorted(chosen):
        _restore_concurrency(client, name, before)
    own = [mapping for mapping in mappings if _function_of(client.get_event_source_mapping(UUID=mapping)) in chosen]
    for mapping in set(own) - set(before["mappings"]):
        _set_mapping(client, mapping, True)
    _settle(client, own, "Enabled")


def recorded(stage: Stage) -> dict[str, Any]:
    """Returns what was set before the pause: reserved concurrencies, and the mappings and schedules that were disabled. Empty when nothing is paused."""
    try:
        return json.loads(stage.client("ssm").get_parameter(Name=_parameter(stage))["Parameter"]["Value"])
    except ClientError as error:
        if error.response["Error"]["Code"] == "ParameterNotFound":
            return {}
        raise


def note(stage: Stage, name: str, value: str) -> None:
    """Adds something to the record of a pause, which goes when the stage is resumed."""
    text = json.dumps({**recorded(stage), name: value})
    stage.client("ssm").put_parameter(Name=_parameter(stage), Value=text, Type="String", Overwrite=True)


def _parameter(stage: Stage) -> str:
    return f"/holdfast/{stage.stack}/paused"


def _parts(stage: Stage) -> tuple[list[str], list[str], list[str]]:
    """The stage's functions, event source mappings and schedules, by their names on AWS."""
    walked = [each for each in resources.walk(stage.client("cloudformation"), stage.stack) if each.physical_id and each.status != resources.GONE]
    functions, mappings, schedules = ([each.physical_id for each in walked if each.type == kind] for kind in (FUNCTION, MAPPING, SCHEDULE))
    return functions, mappings, schedules


def _present(stage: Stage, functions: list[str], mappings: list[str], schedules: list[str]) -> dict[str, Any]:
    """What deviates now from a running stage."""
    client, scheduler = stage.client("lambda"), stage.client("scheduler")
    reserved = {name: client.get_function_concurrency(FunctionName=name).get("ReservedConcurrentExecutions") for name in functions}
    return {
        "concurrency": {name: value for name, value in reserved.items() if value is not None},
        "mappings": [mapping for mapping in mappings if client.get_event_source_mapping(UUID=mapping)["State"] in ("Disabled", "Disabling")],
        "schedules": [name for name in schedules if scheduler.get_schedule(Name=name)["State"] == DISABLED],
    }


def _record(stage: Stage, before: dict[str, Any]) -> None:
    stage.client("ssm").put_parameter(Name=_parameter(stage), Value=json.dumps(before), Type="String", Overwrite=False)


def _restore_concurrency(client: Any, name: str, before: dict[str, Any]) -> None:
    """Gives a function the reserved concurrency that it had, or none."""
    value = before["concurrency"].get(name)
    if value is None:
        client.delete_function_concurrency(FunctionName=name)
    else:
        client.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=value)


def _set_mapping(client: Any, mapping: str, enabled: bool) -> None:
    """Enables or disables a mapping, once it is not in the middle of another change."""
    wanted = "Enabled" if enabled else "Disabled"
    for state in _states(client, mapping):
        if state == wanted:
            return
        if not state.endswith("ing"):
            client.update_event_source_mapping(UUID=mapping, Enabled=enabled)
            return


def _settle(client: Any, mappings: list[str], wanted: str) -> None:
    """Waits until each mapping is in the wanted state."""
    for mapping in mappings:
        next(state for state in _states(client, mapping) if state == wanted)


def _states(client: Any, mapping: str) -> Iterator[str]:
    """Yields the state of a mapping again and again; fails when that takes too long."""
    deadline = time.monotonic() + SETTLE_SECONDS
    while time.monotonic() < deadline:
        state = client.get_event_source_mapping(UUID=mapping)["State"]
        yield state
        time.sleep(POLL_SECONDS)
    raise Failure(f"the event source mapping {mapping} stays {state}", "Repeat the command.")


def _function_of(mapping: dict[str, Any]) -> str:
    """The name of the function that a mapping calls."""
    return mapping["FunctionArn"].split(":function:")[1].split(":")[0]


def _set_schedule(scheduler: Any, name: str, state: str) -> None:
    """Enables or disables a schedule: an update replaces all of it, so that the rest is passed as it is."""
    described = scheduler.get_schedule(Name=name)
    if described["State"] != state:
        scheduler.update_schedule(**{**{key: value for key, value in described.items() if key not in READ_ONLY}, "State": state})
