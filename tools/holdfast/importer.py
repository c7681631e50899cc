"""`make import`: sends a file of products to the API, of any size, holding a few requests' worth of it at a time.

Requests run side by side, except that those about the same product keep their order. What the API could not get to is sent again,
and so is everything when it was busy or did not answer: a line that is imported twice is imported once.
"""

import json
import random
import resource
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from holdfast import door, import_text
from holdfast.api import Answer, Api, NoAnswer
from holdfast.import_files import BrokenFile, Line, Source, read
from holdfast.report import Failure, Step, say, step

ROUTE = "/api/v1/products/import"
SCOPES = "catalog:write, and stock:write for opening stock"
# What one request carries: no more lines than the API takes, and well below its largest body.
BATCH_LINES = 1_000
BATCH_BYTES = 3 * 1024 * 1024
# Requests under way at once.
IN_FLIGHT = 4
# How often a request is sent in which nothing gets done, and the pauses in between.
ATTEMPTS = 8
FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 20.0
# The API answers within 30.
TIMEOUT_SECONDS = 35.0
# Of lines, codes that say that the line itself is not to blame.
PASSING = ("not_reached", "unavailable")
COUNTS = ("created", "updated", "unchanged", "stocked")


@dataclass
class Outcome:
    """What became of lines."""

    counts: Counter[str] = field(default_factory=Counter)
    bad: list[dict[str, Any]] = field(default_factory=list)

    def add(self, other: "Outcome") -> None:
        """Takes in what became of others."""
        self.counts += other.counts
        self.bad += other.bad

    @property
    def products(self) -> int:
        """Lines that were imported."""
        return sum(self.counts[name] for name in ("created", "updated", "unchanged"))


def import_file(stage: str, file: str, encoding: str = "") -> None:
    """Imports a file, or with `-` what is piped in; fails when any line was not imported.

    A file is UTF-8, or is converted from `encoding`; what is wrong with that is found before anything is sent. Of a pipe only the API sees it.
    """
    if not file:
        raise Failure("no file is named", "Name one: make import FILE=products.ndjson (or .json, .csv, or - for a pipe)")
    errors = None if file == "-" else Path(f"{file}.errors.ndjson")
    if errors:
        errors.unlink(missing_ok=True)
    delivery = Delivery(*door.open_for(stage, SCOPES, TIMEOUT_SECONDS))
    with step(f"importing {file}") as current:
        try:
            with _opened(file, encoding) as opened:
                total = _run(read(opened, file), delivery, current, _Bad(errors))
        except OSError as error:
            raise Failure(f"{file} can't be read: {error.strerror}") from error
        except BrokenFile as broken:
            raise Failure(f"{file} is no table: {broken.reason}") from broken
        current.end(f"{total.products:,} products")
    _conclude(total, current.seconds, errors)


def _opened(file: str, encoding: str) -> BinaryIO:
    """The file as UTF-8."""
    opened: BinaryIO = sys.stdin.buffer if file == "-" else open(file, "rb")  # noqa: SIM115 (the caller closes it)
    if encoding:
        with opened:
            return import_text.converted(opened, file, encoding)
    if file != "-":
        try:
            import_text.check(opened, file)
        except Failure:
            opened.close()
            raise
    return opened


def _run(source: Source, delivery: "Delivery", current: Step, bad: "_Bad") -> Outcome:
    """Sends all lines; what became of them."""
    total, failed = Outcome(), 0
    under_way: dict[Future[Outcome], frozenset[str]] = {}

    def settle() -> None:
        nonlocal failed
        done, _ = wait(under_way, return_when=FIRST_COMPLETED)
        for future in done:
            del under_way[future]
            outcome = future.result()
            failed += len(outcome.bad)
            bad.write(outcome.bad)
            total.counts += outcome.counts
        rate = total.products / current.seconds
        current.note(f"{total.products:,} products, {rate:,.0f} a second, {failed:,} lines failed")

    with ThreadPoolExecutor(IN_FLIGHT) as pool:
        try:
            for batch in _batches(source.lines):
                skus = frozenset(line.sku for line in batch if line.sku)
                while len(under_way) == IN_FLIGHT or any(not skus.isdisjoint(others) for others in under_way.values()):
                    settle()
                under_way[pool.submit(delivery.deliver, source, batch)] = skus
        except BrokenFile as broken:
            failed += 1
            detail = f"{broken.reason}; nothing was read from there on"
            bad.write([{"line": broken.line, "code": "broken_file", "errors": [{"pointer": "", "detail": detail}]}])
        while under_way:
            settle()
    total.counts["failed"] = failed
    return total


def _batches(lines: Iterable[Line]) -> Iterator[list[Line]]:
    """Groups lines into requests. Lines before a break in the file are sent before the break is reported."""
    batch: list[Line] = []
    size = 0
    broken = None
    lines = iter(lines)
    while True:
        try:
            line = next(lines, None)
        except BrokenFile as error:
            line, broken = None, error
        if batch and (line is None or len(batch) == BATCH_LINES or size + len(line.text) > BATCH_BYTES):
            yield batch
            batch, size = [], 0
        if line is None:
            break
        batch.append(line)
        size += len(line.text)
    if broken:
        raise broken


class Delivery:
    """Requests to the API, each repeated until everything in it is settled."""

    def __init__(self, api: Api, renew: Callable[[], str] | None):
        self.api = api
        # How to get another token when one has expired.
        self.renew = renew
        self.renewing = threading.Lock()

    def deliver(self, source: Source, lines: list[Line]) -> Outcome:
        """Sends lines until each is imported or refused."""
        outcome, attempt = Outcome(), 1
        while lines:
            token = self.api.token
            answer = self._send(source, lines)
            left = lines
            if answer and answer.status == 200:
                left = _settle(source, lines, answer.json(), outcome)
            elif answer and answer.status == 413 and len(lines) > 1:
                # Some bodies grow on their way: two smaller ones go through.
                middle = len(lines) // 2
                outcome.add(self.deliver(source, lines[:middle]))
                left = lines[middle:]
            elif answer and answer.status == 401 and self.renew:
                self._renew(self.renew, token)
            elif answer and answer.status != 429 and answer.status < 500:
                advice = "Import the file again with a fresh token: what is there already stays." if answer.status == 401 else ""
                raise Failure(f"POST {ROUTE} answered {answer.problem()}", advice)
            attempt = attempt + 1 if len(left) == len(lines) else 1
            lines = left
            if lines and attempt > ATTEMPTS:
                said = answer.problem() if answer else "no answer"
                raise Failure(f"lines from {lines[0].number} on could not be imported: {said}", "Import the file again later.")
            if lines and attempt > 1:
                time.sleep(_pause(attempt, answer))
        return outcome

    def _send(self, source: Source, lines: list[Line]) -> Answer | None:
        body = source.header + b"".join(line.text for line in lines)
        try:
            return self.api.send("POST", ROUTE, body, {"content-type": source.content_type})
        except NoAnswer:
            return None

    def _renew(self, renew: Callable[[], str], expired: str) -> None:
        """Gets another token, once for all requests that found the old one expired."""
        with self.renewing:
            if self.api.token == expired:
                self.api.token = renew()


def _settle(source: Source, lines: list[Line], report: dict[str, Any], outcome: Outcome) -> list[Line]:
    """Writes down what became of lines; those that are to be sent again."""
    outcome.counts += Counter({name: report[name] for name in COUNTS})
    # The lines that were sent, by where they stood in the body.
    begin, positions = source.header.count(b"\n") + 1, {}
    for index, line in enumerate(lines):
        positions[begin] = index
        begin += line.text.count(b"\n")
    refused, again, skus = set(), set(), set()
    for error in report["errors"]:
        index = positions[error["line"]]
        if error["code"] in PASSING:
            again.add(index)
            skus.add(lines[index].sku)
        else:
            refused.add(index)
            outcome.bad.append({**error, "line": lines[index].number})
    # A later line about a product whose earlier line comes again has to come after it again.
    first = min(again, default=len(lines))
    return [
        line
        for index, line in enumerate(lines)
        if index in again or (index > first and line.sku and line.sku in skus and index not in refused)
    ]


def _pause(attempt: int, answer: Answer | None) -> float:
    """Seconds to wait: anything up to a limit that doubles, and not less than the API asks for."""
    limit = min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2**attempt)
    asked = (answer.headers if answer else {}).get("retry-after", "0")
    return max(random.uniform(0, limit), float(asked) if asked.isdigit() else 0.0)


class _Bad:
    """Where bad lines are written down: next to the file, or for a pipe on standard error."""

    def __init__(self, path: Path | None):
        self.path = path

    def write(self, bad: list[dict[str, Any]]) -> None:
        """Adds lines, if there are any."""
        text = "".join(f"{json.dumps(line, ensure_ascii=False)}\n" for line in sorted(bad, key=lambda line: line["line"]))
        if not self.path:
            sys.stderr.write(text)
        elif text:
            with self.path.open("a") as file:
                file.write(text)


def _conclude(total: Outcome, seconds: float, errors: Path | None) -> None:
    """Reports the outcome, and fails when not every line was imported."""
    counts = total.counts
    # Linux counts kilobytes, macOS bytes.
    unit = 1 << 20 if sys.platform == "darwin" else 1 << 10
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit
    say(
        f"  {counts['created']:,} new, {counts['updated']:,} changed, {counts['unchanged']:,} as they were; "
        f"{counts['stocked']:,} opening stocks; {counts['failed']:,} lines failed"
    )
    say(f"  {total.products / seconds:,.0f} products a second, {memory:.0f} MB of memory at most")
    if counts["failed"]:
        where = f"Their numbers and the reasons are in {errors}" if errors else "Their numbers and the reasons are above."
        raise Failure(f"{counts['failed']:,} lines were not imported", where)
