"""`make redrive`: sends what consumers gave up to them again, or says what waits."""

from typing import Any

from holdfast import door
from holdfast.report import Failure, say

ROUTE = "/api/v1/admin/dead-letters/redrive"
SCOPES = "operations:write"
# The API answers within 30.
TIMEOUT_SECONDS = 35.0


def redrive(stage: str, queue: str, dry_run: bool) -> None:
    """Redrives one queue of dead letters or all of them, as often as there is more than one request sends."""
    api, _ = door.open_for(stage, SCOPES, TIMEOUT_SECONDS)
    order = {"dryRun": dry_run, **({"queue": queue} if queue else {})}
    while True:
        answer = api.send("POST", ROUTE, order)
        if answer.status != 200:
            # What was sent again is out of its queue.
            advice = "Repeat the command." if answer.status >= 500 else ""
            raise Failure(f"redriving answered {answer.problem()}", advice)
        queues = answer.json()["queues"]
        _show(queues, dry_run)
        sent = [each for each in queues if each["redriven"]]
        # A queue that was emptied is done; what comes back meanwhile failed again, and is left for a person to look at.
        if dry_run or not any(each["waiting"] > each["redriven"] for each in sent):
            return


def _show(queues: list[dict[str, Any]], dry_run: bool) -> None:
    """Prints a line for each queue."""
    verb = "would be sent again" if dry_run else "sent again"
    for each in queues:
        done = f"{each['redriven']} {verb}" if each["redrivable"] else "never sent again"
        say(f"{each['name']:<28} {each['consumer']:<20} {each['waiting']:>6} waiting, {done}")
