"""`make logs`: follows what the functions log, each line led by the function that wrote it."""

import json
import re
import time
from typing import Any

from stack import local
from stack.report import say

POLL_SECONDS = 1.0
# How far back the first look goes.
LOOK_BACK_SECONDS = 300
# Lines of one moment may arrive in two looks, so each look begins that long before the newest line shown.
OVERLAP_MILLISECONDS = 5000
# What Lambda itself writes around each invocation.
PLATFORM_LINE = re.compile(r"^(START|END|REPORT|INIT_START) ")
NAME_WIDTH = 24


def follow() -> None:
    """Prints log lines as they come, until interrupted."""
    stack = local.running_stack()
    stack.use_in_this_process()
    logs = local.session().client("logs")
    say(f"Following the functions of {stack.name}; Ctrl-C ends it.\n")
    since = int((time.time() - LOOK_BACK_SECONDS) * 1000)
    seen: dict[tuple, int] = {}
    while True:
        events = sorted(_events(logs, stack.name, since), key=lambda event: event["timestamp"])
        for event in events:
            # The emulator's events have no id of their own.
            identity = (event["logStreamName"], event["timestamp"], event["message"])
            if identity not in seen:
                seen[identity] = event["timestamp"]
                say(_line(event, stack.name))
        since = max([since, *(stamp - OVERLAP_MILLISECONDS for stamp in seen.values())])
        seen = {event: stamp for event, stamp in seen.items() if stamp >= since}
        time.sleep(POLL_SECONDS)


def _events(logs: Any, name: str, since: int) -> list[dict]:
    """The functions' log events since a moment (milliseconds since 1970), of all the stack's log groups."""
    found = []
    for page in logs.get_paginator("describe_log_groups").paginate():
        for group in page["logGroups"]:
            if name not in group["logGroupName"]:
                continue
            pages = logs.get_paginator("filter_log_events").paginate(
                logGroupName=group["logGroupName"], startTime=since
            )
            found += [{**event, "group": group["logGroupName"]} for each in pages for event in each["events"]]
    return [event for event in found if not PLATFORM_LINE.match(event["message"])]


def _line(event: dict, name: str) -> str:
    """One line: the function, or the group when the line does not tell, and what it wrote."""
    message = event["message"].rstrip()
    writer = event["group"].rsplit("/", 1)[-1]
    try:
        fields = json.loads(message)
        writer = next((span["function"] for span in fields.get("spans", []) if "function" in span), writer)
    except (ValueError, AttributeError):
        pass
    return f"{writer.removeprefix(name + '-'):<{NAME_WIDTH}} {message}"
