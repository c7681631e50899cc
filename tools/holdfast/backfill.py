"""`make backfill`: writes stored items of older forms in the newest one, while the stage sells. See docs/changing-data.md.

A function of the table's own context reads and writes; this command calls it page by page, slowly, and remembers after each page where it is.
"""

import json
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from holdfast import stage as stages
from holdfast.project import ROOT
from holdfast.report import Failure, say, step

# Each table with the function that rewrites its items.
FUNCTIONS = {"orders": "RewriteOrders"}
# Parts of a table that are read one after the other, each with a place of its own.
SEGMENTS = 4
# The most items in one call.
PAGE = 100
DIRECTORY = ROOT / "target" / "backfill"
# Of a segment that was read to its end.
DONE = "done"
# Unreadable items that are named.
MOST_NAMED = 20


@dataclass
class Progress:
    """How far a backfill is: its counts, and where each segment goes on."""

    read: int = 0
    old: int = 0
    rewritten: int = 0
    lostRaces: int = 0
    unreadable: list[str] = field(default_factory=list)
    places: list[Any] = field(default_factory=lambda: [None] * SEGMENTS)

    def add(self, page: dict[str, Any]) -> None:
        """Counts what a page came to."""
        for name in ("read", "old", "rewritten", "lostRaces", "unreadable"):
            setattr(self, name, getattr(self, name) + page[name])

    def __str__(self) -> str:
        return f"{self.read} read, {self.old} old, {self.rewritten} rewritten, {self.lostRaces} lost races, {len(self.unreadable)} unreadable"


def run(name: str, table: str, rate: float, limit: int, dry_run: bool) -> None:
    """Counts items of older forms, or rewrites them and counts again."""
    if table not in FUNCTIONS:
        raise Failure(f"no function rewrites the table {table!r}", f"Choose one: {', '.join(f'TABLE={each}' for each in FUNCTIONS)}")
    if rate <= 0 or limit < 0:
        raise Failure("RATE must be above 0 and LIMIT must not be negative")
    if dry_run and limit:
        raise Failure("LIMIT stops after so many rewritten items, and DRY_RUN=1 rewrites none", "Leave one of them out.")
    stage = stages.choose(name)
    backfill = Backfill(stage.client("lambda"), f"{stage.stack}-{FUNCTIONS[table]}", rate)
    if not dry_run:
        path = DIRECTORY / f"{stage.stack}-{table}.json"
        if not backfill.rewrite(path, limit):
            say(f"\nStopped at {limit} items. The same command goes on from there.")
            return
    left = backfill.count()
    if not dry_run and left.old:
        raise Failure(f"{left.old} items are of an older form", "Run it again: another release may still write that form.")


class Backfill:
    """Calls a function that rewrites a table, at most so many items a second."""

    def __init__(self, functions: Any, function: str, rate: float, sleep: Any = time.sleep):
        self.functions = functions
        self.function = function
        self.rate = rate
        # A larger page would be read at once, and the pause after it would keep to the rate on average alone.
        self.page = min(PAGE, max(1, int(rate)))
        self.sleep = sleep

    def count(self) -> Progress:
        """Reads everything and changes nothing."""
        progress = Progress()
        with step("counting items of older forms") as current:
            example = self._pages(progress, current, dry_run=True)
            current.end(f"{progress.old} of {progress.read}")
        if example:
            say(f"  for example {example['key']}: removes {_listed(example['removed'])}; adds {_listed(example['added'])}")
        _name_unreadable(progress)
        return progress

    def rewrite(self, path: Path, limit: int) -> bool:
        """Rewrites from where the last run stopped. Returns whether it came to the end."""
        progress = _remembered(path)
        if progress.read:
            say(f"  goes on after {progress}")
        with step("rewriting items of older forms") as current:
            self._pages(progress, current, dry_run=False, path=path, limit=limit)
            current.end(str(progress))
        _name_unreadable(progress)
        finished = all(place == DONE for place in progress.places)
        if finished:
            path.unlink(missing_ok=True)
        return finished

    def _pages(self, progress: Progress, current: Any, dry_run: bool, path: Path | None = None, limit: int = 0) -> dict[str, Any] | None:
        """Calls the function for each page of each segment. Returns an example of what is changed."""
        example, before = None, progress.rewritten
        for segment in range(SEGMENTS):
            while progress.places[segment] != DONE:
                left = limit - (progress.rewritten - before)
                if limit and left <= 0:
                    return example
                started = time.monotonic()
                page = self._call(segment, progress.places[segment], min(self.page, left) if limit else self.page, dry_run)
                progress.add(page)
                progress.places[segment] = page["next"] or DONE
                if path:
                    _remember(path, progress)
                example = max(filter(None, (example, page.get("example"))), key=_size, default=None)
                current.note(f"{progress}, segment {segment + 1} of {SEGMENTS}")
                self.sleep(max(0.0, page["read"] / self.rate - (time.monotonic() - started)))
        return example

    def _call(self, segment: int, place: Any, limit: int, dry_run: bool) -> dict[str, Any]:
        command = {"segment": segment, "segments": SEGMENTS, "limit": limit, "startAfter": place, "dryRun": dry_run}
        answer = self.functions.invoke(FunctionName=self.function, Payload=json.dumps(command))
        body = answer["Payload"].read().decode()
        if "FunctionError" in answer:
            raise Failure(f"{self.function} failed: {body[:500]}", "Its log says why. The same command goes on where this one stopped.")
        return json.loads(body)


def _remembered(path: Path) -> Progress:
    """The progress of a run that did not come to its end."""
    if not path.exists():
        return Progress()
    progress = Progress(**json.loads(path.read_text()))
    if len(progress.places) != SEGMENTS:
        raise Failure(f"{path} is of another version of this command", "Remove it; the backfill then begins anew, which is harmless.")
    return progress


def _remember(path: Path, progress: Progress) -> None:
    """Saves the progress so that a crash leaves the former or the new file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    written = path.with_suffix(".new")
    written.write_text(json.dumps(asdict(progress)))
    written.replace(path)


def _size(example: dict[str, Any]) -> int:
    return len(example["removed"]) + len(example["added"])


def _listed(names: list[str]) -> str:
    return ", ".join(names) or "nothing"


def _name_unreadable(progress: Progress) -> None:
    for key in progress.unreadable[:MOST_NAMED]:
        say(f"  cannot be read, and was left as it is: {key}")
    if len(progress.unreadable) > MOST_NAMED:
        say(f"  and {len(progress.unreadable) - MOST_NAMED} more")
