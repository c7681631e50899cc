"""`make logs`: follows what the functions log, each line led by the function that wrote it."""

import json
import re
import time
from typing import Any

from holdfast import stage as stages
from holdfast.report import say

POLL_SECONDS = 1.0
# How far back the first look goes.
LOOK_BACK_SECONDS = 300
# Lines of one moment may arrive in two looks, so each look begins that long before the newest line shown.
OVERLAP_MILLISECONDS = 5000
REMOTE_POLL_SECONDS = 5.0
REMOTE_OVERLAP_MILLISECONDS = 30_000
# What Lambda itself writes around each invocation.
PLATFORM_LINE = re.compile(r"^(START|END|REPORT|INIT_START) ")
NAME_WIDTH = 24


def follow(name: str) -> None:
    """Prints log lines as they come, until interrupted."""
    stage = stages.choose(name)
    logs = stage.client("logs")
    # CloudWatch Logs takes a few requests a second from an account, and shows a line some seconds after it was written.
    poll, overlap = (POLL_SECONDS, OVERLAP_MILLISECONDS) if stage.is_local else (REMOTE_POLL_SECONDS, REMOTE_OVERLAP_MILLISECONDS)
    say(f"Following the functions of {stage.stack}; Ctrl-C ends it.\n")
    since = int((time.time() - LOOK_BACK_SECONDS) * 1000)
    seen: dict[tuple[Any, ...], int] = {}
    while True:
        events = sorted(_events(logs, stage.stack, since), key=lambda event: event["timestamp"])
        for event in events:
            # The emulator's events may have no id of their own.
            identity = (event.get("eventId"), event["logStreamName"], event["timestamp"], event["message"])
            if identity not in seen:
                seen[identity] = event["timestamp"]
                say(_line(event, stage.stack))
        since = max([since, *(stamp - overlap for stamp in seen.values())])
        seen = {event: stamp for event, stamp in seen.items() if stamp >= since}
        time.sleep(poll)


def groups(logs: Any, stack: str) -> list[str]:
    """Returns the log groups of a stack: its own, and those that Lambda makes for functions without one."""
    found = []
    for prefix in (f"/holdfast/{stack}/", f"/aws/lambda/{stack}-"):
        for page in logs.get_paginator("describe_log_groups").paginate(logGroupNamePrefix=prefix):
            found += [group["logGroupName"] for group in page["logGroups"]]
    return found


def _events(logs: Any, name: str, since: int) -> list[dict[str, Any]]:
    """The functions' log events since a moment (milliseconds since 1970), of all the stack's log groups."""
    found = []
    for group in groups(logs, name):
        pages = logs.get_paginator("filter_log_events").paginate(logGroupName=group, startTime=since)
        found += [{**event, "group": group} for each in pages for event in each["events"]]
    return [event for event in found if not PLATFORM_LINE.match(event["message"])]


def _line(event: dict[str, Any], name: str) -> str:
    """One line: the function, or the group when the line does not tell, and what it wrote."""
    message = event["message"].rstrip()
    writer = event["group"].rsplit("/", 1)[-1]
    try:
        fields = json.loads(message)
        writer = next((span["function"] for span in fields.get("spans", []) if "function" in span), writer)
    except (ValueError, AttributeError):
        pass
    return f"{writer.removeprefix(name + '-'):<{NAME_WIDTH}} {message}"
