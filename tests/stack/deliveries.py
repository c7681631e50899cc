"""Faults of event deliveries on the emulator: what at-least-once delivery allows, made frequent. See `nemesis.py`.

An event delivery is an invocation by an SQS queue, a DynamoDB stream, a rule, a schedule or an asynchronous call. Requests of API Gateway and other
synchronous invocations are counted and passed on.
"""

import contextvars
import json
import random
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

Result = dict[str, Any]

# Who invokes a function in this context; none for a synchronous invocation.
SOURCE: contextvars.ContextVar[str | None] = contextvars.ContextVar("source", default=None)
QUEUE, STREAM, RULE, SCHEDULE, ASYNCHRONOUS = "sqs", "stream", "eventbridge", "schedule", "asynchronous"
SYNCHRONOUS = "synchronous"
# The source of what is invoked inside a delivery that was counted: the emulator enters an invocation twice when it changes the account.
INSIDE = "inside"

DUPLICATE, DELAY, FAIL_AFTER, REPLAY, SPLIT, REORDER = FAULTS = ("duplicate", "delay", "fail_after", "replay", "split", "reorder")
# Chances are given in thousandths.
CERTAIN = 1000
# How many former events of each function can be replayed.
KEPT_EVENTS = 50
# A delay above this would outlast what a checker waits for.
LONGEST_DELAY_MS = 60_000


@contextmanager
def invoked_by(source: str) -> Iterator[None]:
    """Marks invocations inside this context as made by `source`, unless a source is known already: a schedule invokes by way of a rule's target."""
    token = SOURCE.set(SOURCE.get() or source)
    try:
        yield
    finally:
        SOURCE.reset(token)


@dataclass(frozen=True)
class Rules:
    """The chances of each fault. The same seed gives the n-th delivery to a function the same faults, however the deliveries interleave."""

    seed: int = 0
    chances: Mapping[str, int] = field(default_factory=dict)
    delay_ms: tuple[int, int] = (0, 0)
    # Fragments of function names; all functions when there are none.
    only: tuple[str, ...] = ()

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> "Rules":
        """Returns the rules of a request. Raises ValueError for unknown faults and values outside their bounds."""
        chances = {name: int(value) for name, value in (document.get("chances") or {}).items()}
        unknown = sorted(set(chances) - set(FAULTS))
        if unknown:
            raise ValueError(f"unknown faults {unknown}; known: {list(FAULTS)}")
        if not all(0 <= chance <= CERTAIN for chance in chances.values()):
            raise ValueError(f"chances are per mille, from 0 to {CERTAIN}: {chances}")
        least, most = (int(value) for value in document.get("delay_ms") or (0, 0))
        if not 0 <= least <= most <= LONGEST_DELAY_MS:
            raise ValueError(f"delay_ms is [least, most], from 0 to {LONGEST_DELAY_MS}: {[least, most]}")
        return cls(int(document.get("seed", 0)), chances, (least, most), tuple(document.get("only") or ()))

    def draw(self, function: str, ordinal: int) -> tuple[set[str], random.Random]:
        """Returns the faults of a function's delivery number `ordinal`, and the dice for their details."""
        dice = random.Random(f"{self.seed}:{function}:{ordinal}")
        # Each fault is drawn independently of the others: removing one from the rules leaves the rest as they were.
        drawn = {name for name in FAULTS if dice.randrange(CERTAIN) < self.chances.get(name, 0)}
        concerned = not self.only or any(fragment in function for fragment in self.only)
        return (drawn if concerned else set()), dice


class Deliveries:
    """Stands in for the emulator's invocation of a function: applies the rules to event deliveries and counts."""

    def __init__(self, execute: Callable[..., Result], sleep: Callable[[float], None] = time.sleep) -> None:
        self._execute, self._sleep, self._lock = execute, sleep, threading.Lock()
        self._rules, self._drawn = Rules(), Counter[str]()
        self._former: dict[str, deque[str]] = {}
        self._faults, self._failures, self._dead = Counter[str](), Counter[str](), Counter[str]()
        self._invocations: dict[str, Counter[str]] = {}
        self._under_way: dict[str, Counter[str]] = {}
        self._begun = 0

    def set(self, rules: Rules) -> None:
        """Replaces the rules. Deliveries are counted from the beginning again, so that the same seed does the same."""
        with self._lock:
            self._rules = rules
            self._drawn.clear()

    def __call__(self, function: dict, event: Any, *args: Any, **kwargs: Any) -> Result:
        """Invokes a function for the source of this context."""
        source = SOURCE.get()
        if source == INSIDE:
            return self._execute(function, event, *args, **kwargs)
        name = name_of(function)
        token = SOURCE.set(INSIDE)
        try:
            with self.under_way(source or SYNCHRONOUS, name):
                return self._deliver(name, source, function, event) if source else self._invoke(name, SYNCHRONOUS, function, event)
        finally:
            SOURCE.reset(token)

    @contextmanager
    def under_way(self, source: str, name: str) -> Iterator[None]:
        """Counts work of a source for a function as under way."""
        with self._lock:
            self._begun += 1
            self._under_way.setdefault(source, Counter())[name] += 1
        try:
            yield
        finally:
            with self._lock:
                self._under_way[source][name] -= 1

    def busy(self) -> tuple[int, dict[str, dict[str, int]]]:
        """Returns how much was begun so far, and what is under way, by source and function."""
        with self._lock:
            running = {source: {name: count for name, count in counts.items() if count} for source, counts in self._under_way.items()}
            return self._begun, {source: counts for source, counts in running.items() if counts}

    def dead_letter(self, name: str, count: int = 1) -> None:
        """Counts messages that a queue or a function gave up."""
        with self._lock:
            self._dead[name] += count

    def counts(self) -> dict[str, Any]:
        """Returns everything counted so far."""
        with self._lock:
            return {
                "faults": {name: self._faults[name] for name in FAULTS},
                "invocations": {name: dict(counts) for name, counts in self._invocations.items()},
                "failures": dict(self._failures),
                "dead_letters": dict(self._dead),
            }

    def _deliver(self, name: str, source: str, function: dict, event: Any) -> Result:
        with self._lock:
            faults, dice = self._rules.draw(name, self._drawn[name])
            longest = self._rules.delay_ms
            self._drawn[name] += 1
        if DELAY in faults:
            self._happened(DELAY)
            self._sleep(dice.uniform(*longest) / 1000)
        if REORDER in faults and _may_be_reordered(source, event):
            event = {**event, "Records": _shuffled(event["Records"], dice)}
            self._happened(REORDER)
        result = self._hand_over(name, source, function, event, dice if SPLIT in faults else None)
        former = self._remember(name, event, result)
        if DUPLICATE in faults and succeeded(result):
            self._happened(DUPLICATE)
            self._invoke(name, source, function, _copy(event))
        if REPLAY in faults and former:
            self._happened(REPLAY)
            self._invoke(name, source, function, json.loads(dice.choice(former)))
        if FAIL_AFTER in faults and succeeded(result):
            self._happened(FAIL_AFTER)
            result = {"body": {"errorType": "Sandbox.Timedout", "errorMessage": "the outcome was lost"}, "error": True, "log": result.get("log", "")}
        if not succeeded(result):
            with self._lock:
                self._failures[name] += 1
        return result

    def _hand_over(self, name: str, source: str, function: dict, event: Any, dice: random.Random | None) -> Result:
        """Invokes once, or with dice for a split, once for each half."""
        records = event.get("Records") if isinstance(event, dict) else None
        if dice is None or not isinstance(records, list) or len(records) < 2:
            return self._invoke(name, source, function, event)
        self._happened(SPLIT)
        at = dice.randrange(1, len(records))
        first = self._invoke(name, source, function, {**event, "Records": records[:at]})
        if source == STREAM and not succeeded(first):
            # A stream goes no further before its first records succeeded.
            return first
        return combined(first, self._invoke(name, source, function, {**event, "Records": records[at:]}))

    def _invoke(self, name: str, source: str, function: dict, event: Any) -> Result:
        with self._lock:
            self._invocations.setdefault(name, Counter())[source] += 1
        return self._execute(function, event)

    def _remember(self, name: str, event: Any, result: Result) -> list[str]:
        """Keeps an event that succeeded. Returns the former ones."""
        with self._lock:
            kept = self._former.setdefault(name, deque(maxlen=KEPT_EVENTS))
            former = list(kept)
            if succeeded(result):
                # As text: events of streams share their records with the table.
                kept.append(json.dumps(event, default=str))
            return former

    def _happened(self, fault: str) -> None:
        with self._lock:
            self._faults[fault] += 1


def name_of(function: dict) -> str:
    """The name of a function's record or configuration."""
    return (function.get("config") or function).get("FunctionName", "unknown")


def failed_items(result: Result) -> list[dict]:
    """Returns the partial failures that a function reported."""
    body = result.get("body")
    if isinstance(body, str):
        try:
            body = json.loads(body)
        except ValueError:
            return []
    return (body.get("batchItemFailures") or []) if isinstance(body, dict) else []


def succeeded(result: Result) -> bool:
    """Whether an invocation succeeded with all of its records."""
    return not (result.get("error") or result.get("throttle") or failed_items(result))


def combined(first: Result, second: Result) -> Result:
    """Returns the outcome of a batch that was handed over in two invocations."""
    log = "\n".join(filter(None, (first.get("log"), second.get("log"))))
    broken = next((each for each in (first, second) if each.get("error") or each.get("throttle")), None)
    if broken is not None:
        return {**broken, "log": log}
    failures = failed_items(first) + failed_items(second)
    return {**second, **({"body": {"batchItemFailures": failures}} if failures else {}), "log": log}


def _may_be_reordered(source: str, event: Any) -> bool:
    """Whether a delivery is a batch of a standard queue: FIFO queues and streams keep their order."""
    records = event.get("Records") if isinstance(event, dict) else None
    return source == QUEUE and isinstance(records, list) and len(records) > 1 and not records[0].get("eventSourceARN", "").endswith(".fifo")


def _shuffled(records: list, dice: random.Random) -> list:
    """Returns records in an order that is never theirs."""
    order = list(records)
    while order == records:
        dice.shuffle(order)
    return order


def _copy(event: Any) -> Any:
    return json.loads(json.dumps(event, default=str))
