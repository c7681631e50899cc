"""`make replay`: sends the events of a span of time to chosen rules again, from the bus's archive.

Only an operator may do this, by a right of IAM: no function may begin a replay. Consumers recognise repeats by the event's id.
"""

import time
from collections.abc import Iterator
from datetime import datetime, timezone
from typing import Any

from holdfast import accounts, resources
from holdfast.report import Failure, say, step

# Names every rule of the bus.
ALL = "all"
# Time between two polls of the replay's state, in seconds.
POLL_SECONDS = 1.0
RULE = "AWS::Events::Rule"
ENDED = {"COMPLETED", "CANCELLED", "FAILED"}


def replay(stage: str, start: str, end: str, rules: str) -> None:
    """Replays the events from `start` to `end` to `rules`, and waits until the replay has ended."""
    since, until = span(start, end)
    session, stack = accounts.session(stage), accounts.deployed_name(stage)
    events = session.client("events")
    bus = events.describe_event_bus(Name=resources.find(session.client("cloudformation"), stack, "EventBus"))
    archive = events.describe_archive(ArchiveName=resources.find(session.client("cloudformation"), stack, "EventArchive"))["ArchiveArn"]
    chosen = _chosen(_known(session.client("cloudformation"), stack, _rules(events, bus["Name"])), rules)
    name = f"{stack}-{datetime.now(timezone.utc):%Y%m%dT%H%M%S%f}"
    with step(f"telling {', '.join(sorted(chosen))} again") as current:
        events.start_replay(
            ReplayName=name,
            EventSourceArn=archive,
            EventStartTime=since,
            EventEndTime=until,
            Destination={"Arn": bus["Arn"], "FilterArns": sorted(chosen.values())},
        )
        told = _wait(events, name)
        current.end(told["State"].lower())
    if told["State"] != "COMPLETED":
        raise Failure(f"the replay {name} is {told['State'].lower()}: {told.get('StateReason', 'no reason is given')}")
    say(f"\nWhat was told is in the queues of these rules. The replay is called {name}.")


def span(start: str, end: str) -> tuple[datetime, datetime]:
    """From when to when; without an end, until now."""
    if not start:
        raise Failure("no time is named", "Name a span: FROM=2026-03-03T14:00Z TO=2026-03-03T15:00Z")
    since, until = moment(start), moment(end) if end else datetime.now(timezone.utc)
    if since >= until:
        raise Failure(f"{start} is not before {end or 'now'}")
    return since, until


def moment(text: str) -> datetime:
    """A time as a person writes it; without a zone, in UTC."""
    try:
        found = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError as error:
        raise Failure(f"{text!r} is no time", "Write it as 2026-03-03T14:00Z") from error
    return found.astimezone(timezone.utc) if found.tzinfo else found.replace(tzinfo=timezone.utc)


def _rules(events: Any, bus: str) -> Iterator[dict[str, Any]]:
    """The bus's rules, without those that AWS keeps there for itself, such as the archive's own."""
    asked = {"EventBusName": bus}
    while True:
        page = events.list_rules(**asked)
        yield from (rule for rule in page["Rules"] if not rule.get("ManagedBy"))
        if not page.get("NextToken"):
            return
        asked["NextToken"] = page["NextToken"]


def _known(formation: Any, stack: str, rules: Iterator[dict[str, Any]]) -> dict[str, str]:
    """The rules' ARNs, by what the templates call each; a rule that is not theirs by its own name."""
    named = {resources.rule_name(physical): logical for logical, physical in resources.of_type(formation, stack, RULE).items()}
    return {named.get(rule["Name"], rule["Name"]): rule["Arn"] for rule in rules}


def _chosen(known: dict[str, str], wanted: str) -> dict[str, str]:
    """The ARNs of the rules that `wanted` names."""
    names = wanted.replace(",", " ").split()
    if names == [ALL]:
        return known
    unknown = [name for name in names if name not in known]
    if unknown or not names:
        cause = f"no rule is called {', '.join(unknown)}" if unknown else "no rule is named"
        raise Failure(cause, f'Name some of these: RULE="{" ".join(sorted(known))}", or RULE={ALL}.')
    return {name: known[name] for name in names}


def _wait(events: Any, name: str) -> dict[str, Any]:
    """The replay, once it has ended."""
    while True:
        found = events.describe_replay(ReplayName=name)
        if found["State"] in ENDED:
            return found
        time.sleep(POLL_SECONDS)
