"""What is left to be handled on the emulator, and its schedules. See `nemesis.py`."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any


def _name(arn: str) -> str:
    return arn.rpartition(":")[2]


def _queues() -> Iterator[dict]:
    from ministack.services import sqs

    yield from list(sqs._queues._data.values())


def _sources() -> list[tuple[str, str, dict]]:
    """The event sources in use, each with account and region."""
    from ministack.services import lambda_svc

    return [each for each in lambda_svc._iter_all_esms() if each[2].get("Enabled", True)]


def waiting_messages() -> Iterator[str]:
    """Says which queues with an event source have messages: visible, in flight or delayed."""
    read = {esm.get("EventSourceArn") for _, _, esm in _sources()}
    for queue in _queues():
        arn = queue["attributes"].get("QueueArn", "")
        if arn in read and queue["messages"]:
            yield f"queue {_name(arn)}: {_counted(queue)}"


def _counted(queue: dict) -> str:
    now, messages = time.time(), list(queue["messages"])
    visible = sum(1 for message in messages if message["visible_at"] <= now)
    delayed = sum(1 for message in messages if message["visible_at"] > now and not message["receive_count"])
    return f"{visible} visible, {len(messages) - visible - delayed} in flight, {delayed} delayed"


def unread_records() -> Iterator[str]:
    """Says which streams have records that a reader has not passed."""
    from ministack.services import dynamodb, lambda_svc

    positions = lambda_svc._dynamodb_stream_positions._data
    for account, region, esm in _sources():
        _, found, table = esm.get("EventSourceArn", "").partition(":table/")
        table = table.partition("/")[0]
        known = dynamodb._tables.get_scoped(account, region, table) if found else None
        if not known or known.get("LatestStreamArn") != esm.get("EventSourceArn"):
            continue
        end = dynamodb.stream_end_position(table, account_id=account, region=region)
        begin = dynamodb.stream_start_position(table, account_id=account, region=region)
        # A reader without a position begins when it is polled next.
        unknown = begin if esm.get("StartingPosition") == "TRIM_HORIZON" else end
        left = end - max(begin, positions.get((account, region, esm["UUID"]), unknown))
        if left > 0:
            yield f"stream of {table}: {left} records not read by {_name(esm.get('FunctionArn', ''))}"


def dead_letters() -> dict[str, int]:
    """How many messages lie in each dead-letter queue, of queues, functions and event sources."""
    from ministack.services import lambda_svc

    arns = set()
    for queue in _queues():
        policy = queue["attributes"].get("RedrivePolicy")
        arns.add((json.loads(policy) if isinstance(policy, str) else policy or {}).get("deadLetterTargetArn"))
    for function in list(lambda_svc._functions._data.values()):
        arns.add((function["config"].get("DeadLetterConfig") or {}).get("TargetArn"))
        arns.add(_on_failure(function.get("event_invoke_config") or {}))
    arns.update(_on_failure(esm) for _, _, esm in _sources())
    return {_name(arn): len(queue["messages"]) for queue in _queues() if (arn := queue["attributes"].get("QueueArn", "")) in arns}


def _on_failure(config: dict) -> str | None:
    return ((config.get("DestinationConfig") or {}).get("OnFailure") or {}).get("Destination")


@dataclass(frozen=True)
class Schedule:
    """A schedule, or a scheduled rule, with one target."""

    account: str
    region: str
    name: str
    # What the emulator keeps of it.
    kept: dict
    target: dict


def schedules_of(fragment: str) -> Iterator[Schedule]:
    """Yields the schedules that call a function whose name contains `fragment`."""
    from ministack.services import eventbridge, scheduler

    every = [(key, kept, [kept.get("Target") or {}]) for key, kept in list(scheduler._schedules._data.items())]
    every += [(key, kept, eventbridge._targets._data.get(key, [])) for key, kept in list(eventbridge._rules._data.items()) if kept.get("ScheduleExpression")]
    for (account, region, _), kept, targets in every:
        for target in targets:
            _, found, function = target.get("Arn", "").partition(":function:")
            if found and fragment in function:
                yield Schedule(account, region, kept.get("Name", ""), kept, target)


def run_at_once(schedules: list[Schedule], times: int, marked: Callable[[], AbstractContextManager[None]]) -> None:
    """Invokes the targets of schedules, each so many times at the same moment."""
    start = threading.Barrier(times * len(schedules))

    def run(schedule: Schedule) -> None:
        from ministack.core.responses import set_request_account_id, set_request_region
        from ministack.services import eventbridge

        # Threads have contexts of their own.
        set_request_account_id(schedule.account)
        set_request_region(schedule.region)
        start.wait()
        with marked():
            eventbridge._invoke_target(schedule.target, _event(schedule), schedule.kept)

    threads = [threading.Thread(target=run, args=(schedule,)) for schedule in schedules for _ in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _event(schedule: Schedule) -> dict[str, Any]:
    """What the emulator's scheduler hands to the target's input."""
    from ministack.core.responses import new_uuid

    return {
        "EventId": new_uuid(),
        "Source": "aws.scheduler" if "Target" in schedule.kept else "aws.events",
        "DetailType": "Scheduled Event",
        "Detail": "{}",
        "Time": time.time(),
        "Resources": [schedule.kept.get("Arn", "")],
        "Account": schedule.account,
        "Region": schedule.region,
    }
