"""`make restore`: restores all tables of a stage to one second and makes the functions use them. See docs/restoring.md.

The restored tables are new ones. The stack's own stay as they are, protected, for comparison and for the way back. Every step can be repeated: a run
that was interrupted is continued by the same command.
"""

import contextlib
import json
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from holdfast import audit, carry, deploy, local_stack, lost, pause, resources, tables, update
from holdfast import stage as stages
from holdfast.project import ROOT
from holdfast.replay import moment
from holdfast.report import Failure, Step, say, step
from holdfast.republish import LONGEST_REQUEST, written
from holdfast.stage import Stage

# In place of a time: back to the tables that the stack created.
OWN = "none"
FORM = "%Y%m%dT%H%M%SZ"
QUEUE = "AWS::SQS::Queue"
# Of the record of a pause: the second that an unfinished run restores to.
RESTORING = "restoring"
# A canary would have old and new functions at work for five minutes, and be taken back by the alarms of a stage that is paused.
AT_ONCE = {"Canary": "false"}
# SQS deletes what it purges within a minute.
PURGE_SECONDS = 60.0
# What asks the provider about open payments, before anything else runs.
RECONCILERS = ("SweepOpenPayments", "ReconcilePayment")
RECONCILE_SECONDS = 600.0
# How far back events are published again, unless a queue held older ones.
REPUBLISHED = timedelta(hours=1)
DIRECTORY = ROOT / "target" / "restore"


def restore(name: str, at: str, yes: bool, dry_run: bool) -> None:
    """Restores a stage to a second, and leaves it paused for a person to look at."""
    stage = stages.choose(name)
    second = None if at == OWN else whole_second(at)
    _refuse_unfit(stage)
    wanted = second.strftime(FORM) if second else ""
    formation = stage.client("cloudformation")
    if resources.restored(formation, stage.stack)[resources.RESTORED_AT] != wanted:
        parameters = _prepare(stage, second, yes, dry_run) if second else dict.fromkeys(resources.RESTORED, "")
        if dry_run:
            say("\nNothing was changed. Leave DRY_RUN out to do it.")
            return
        _switch(stage, parameters)
    elif not pause.recorded(stage):
        say(f"{stage.stack} uses {f'the tables of {at}' if second else 'its own tables'} already, and is not paused.")
        return
    _reconcile(stage)
    _show_next(name, second)


def whole_second(text: str) -> datetime:
    """Reads the time to restore to. DynamoDB restores to seconds."""
    found = moment(text)
    if found.microsecond:
        raise Failure(f"{text} is no whole second", "Write it as 2026-11-29T10:30:00Z")
    return found


def _refuse_unfit(stage: Stage) -> None:
    """Fails when the stack could not be switched over in the end, before hours are spent on a restore."""
    described = deploy.describe(stage.session, stage.stack)
    if described is None or described["StackStatus"] not in resources.COMPLETE:
        raise Failure(f"the stack {stage.stack} is {described['StackStatus'] if described else 'not there'}", "Wait for its end, or deploy it first.")
    known = {each["ParameterKey"] for each in described.get("Parameters", [])}
    if not known.issuperset(resources.RESTORED):
        raise Failure(f"the deployed template of {stage.stack} knows no restored tables", "Deploy this version of the template first.")


def _prepare(stage: Stage, second: datetime, yes: bool, dry_run: bool) -> dict[str, str]:
    """Restores the tables next to those in use, and returns the parameters that switch to them."""
    formation, dynamodb = stage.client("cloudformation"), stage.client("dynamodb")
    own, live = resources.of_type(formation, stage.stack, resources.TABLE), resources.live_tables(formation, stage.stack)
    targets = {name: resources.restored_name(table, second.strftime(FORM)) for name, table in own.items()}
    copies = [tables.Copy(name, tuple(dict.fromkeys((live[name], own[name]))), targets[name]) for name in own]
    plans = tables.plan(dynamodb, copies, second)
    for each in plans:
        say(f"  {each.logical_id:<20} {each.source} -> {each.target}{' (exists: it is continued with)' if each.exists else ''}")
    _refuse_used(stage, plans, second)
    if dry_run:
        return {}
    pause.pause(stage)
    pause.note(stage, RESTORING, second.strftime(FORM))
    poll = 1.0 if stage.is_local else tables.POLL_SECONDS
    with step("restoring the tables") as current:
        tables.begin(dynamodb, plans, second)
        tables.wait(dynamodb, list(targets.values()), current, poll)
        current.end(f"{len(targets)} tables")
    since = written(second - LONGEST_REQUEST)
    _audit(dynamodb, targets, since, yes)
    _carry(dynamodb, carry.Tables(live, targets), since, second, DIRECTORY / f"{stage.stack}-{second.strftime(FORM)}.ndjson")
    with step("switching on streams, expiry, recovery, protection and tags") as current:
        for each in plans:
            current.note(each.target)
            tables.equip(dynamodb, each, poll)
    streams = {parameter: tables.stream_of(dynamodb, targets[name]) for name, parameter in resources.RESTORED_STREAMS.items()}
    return {resources.RESTORED_AT: second.strftime(FORM), **streams}


def _refuse_used(stage: Stage, plans: list[tables.Plan], second: datetime) -> None:
    """Fails for copies that no interrupted run left: they may have been used since, and are then not what the tables were in that second."""
    found = [each.target for each in plans if each.exists]
    if found and pause.recorded(stage).get(RESTORING) != second.strftime(FORM):
        raise Failure(f"{', '.join(found)} exist already and may have been used since", "Choose the second before or after.")


def _audit(dynamodb: Any, targets: dict[str, str], since: str, yes: bool) -> None:
    """Stops for tables that do not fit together, unless that was accepted."""
    with step("holding the restored tables against each other") as current:
        found = audit.faults(dynamodb, targets, since)
        current.end(f"{len(found)} faults")
    for fault in found:
        say(f"  {fault}")
    if found and not yes:
        raise Failure(
            "the restored tables do not fit together",
            "Choose another second, in which nothing was written, or accept the faults with YES=1. Nothing uses these tables yet; `make resume` goes back to work without them.",
        )


def _carry(dynamodb: Any, worlds: carry.Tables, since: str, second: datetime, path: Path) -> None:
    """Carries over what happened outside, and lists what is lost. Neither can be done without the tables in use."""
    missing = [name for name, table in worlds.before.items() if tables.describe(dynamodb, table) is None]
    if missing:
        say(f"  {', '.join(missing)} cannot be read: customers may be sent again what they got after that second, and nothing lists what is lost.")
    else:
        with step("carrying over what happened outside") as current:
            sent, delivered = carry.messages(dynamodb, worlds, since), carry.deliveries(dynamodb, worlds, since)
            carry.sandbox(dynamodb, worlds)
            current.end(f"{sent} messages that customers got, {delivered} webhook deliveries")
        with step("listing what is lost"):
            events = lost.write(dynamodb, worlds, since, path)
        lost.show(events, path.relative_to(ROOT) if path.is_relative_to(ROOT) else path)
    count = carry.open_payments(dynamodb, worlds.after["PaymentsTable"], written(second))
    say(f"  {count} payments are open; the provider is asked about each.")


def _switch(stage: Stage, parameters: dict[str, str]) -> None:
    """Empties the queues, whose messages are about what is no more, and makes the functions use the other tables."""
    if not pause.recorded(stage):
        pause.pause(stage)
    formation, sqs, started = stage.client("cloudformation"), stage.client("sqs"), time.monotonic()
    with step("emptying the queues") as current:
        queues = {name: url for name, url in resources.of_type(formation, stage.stack, QUEUE).items() if name != local_stack.CAPTURED_EMAIL}
        counts = {name: _waiting(sqs, url) for name, url in queues.items()}
        for url in queues.values():
            _purge(sqs, url)
        current.end(", ".join(f"{name} {count}" for name, count in counts.items() if count) or "they were empty")
    with step("making the functions use the tables") as current:
        try:
            update.change(formation, stage.stack, {**parameters, **AT_ONCE}, 1 if stage.is_local else update.POLL_SECONDS)
        finally:
            # Replaced event source mappings are enabled, and CloudFormation may have given a function its concurrency back.
            pause.pause(stage)
        current.end(parameters[resources.RESTORED_AT] or "the stack's own")
    if not stage.is_local:
        time.sleep(max(0.0, PURGE_SECONDS - (time.monotonic() - started)))


def _waiting(sqs: Any, url: str) -> int:
    """About how many messages a queue holds, those in flight and those delayed included."""
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    return sum(int(value) for name, value in attributes.items() if name.startswith("ApproximateNumberOfMessages"))


def _purge(sqs: Any, url: str) -> None:
    # A run that was interrupted less than a minute ago may have purged it. Nothing has been sent since.
    with contextlib.suppress(sqs.exceptions.PurgeQueueInProgress):
        sqs.purge_queue(QueueUrl=url)


def _reconcile(stage: Stage) -> None:
    """Has the provider asked about every open payment while nothing else runs: an order that was paid meanwhile must not expire first."""
    functions = stage.client("lambda")
    # A run that was interrupted while it switched may have left functions running.
    pause.pause(stage)
    with step("asking the provider about open payments") as current:
        try:
            pause.release(stage, RECONCILERS)
            _ask(stage, functions, current)
        finally:
            pause.pause(stage)


def _ask(stage: Stage, functions: Any, current: Step) -> None:
    """Sweeps open payments until none is due."""
    deadline = time.monotonic() + RECONCILE_SECONDS
    while queued := _sweep(functions, f"{stage.stack}-{RECONCILERS[0]}"):
        if time.monotonic() > deadline:
            current.end(f"{queued} are still open; they are asked about again by and by")
            return
        current.note(f"{queued} are open")
        time.sleep(1 if stage.is_local else tables.POLL_SECONDS)


def _sweep(functions: Any, name: str) -> int:
    """Queues the payments that are due. Returns how many those are."""
    answer = functions.invoke(FunctionName=name, Payload="{}")
    body = answer["Payload"].read().decode()
    if "FunctionError" in answer:
        raise Failure(f"{name} failed: {body[:500]}", "Its log says why. Repeat the command.")
    return json.loads(body)["queued"]


def _show_next(name: str, second: datetime | None) -> None:
    """Ends with what a person does next."""
    at = second or datetime.now(timezone.utc)
    span = f"FROM={at - REPUBLISHED:%Y-%m-%dT%H:%M:%SZ} TO={at:%Y-%m-%dT%H:%M:%SZ}"
    say("\nThe stage is still paused. Look at some orders, then go on as docs/restoring.md says:")
    for command in (f"make trace STAGE={name} ORDER=<number>", f"make resume STAGE={name}", f"make reconcile STAGE={name}", f"make republish STAGE={name} {span}"):
        say(f"  {command}")
