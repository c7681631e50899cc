"""The history of a round: every operation of a client with its outcome, as in Jepsen's histories (https://jepsen.io)."""

import itertools
import threading
import time
from dataclasses import dataclass, field
from enum import Enum
from typing import Any


class Outcome(Enum):
    """The outcome of an operation as its client knows it."""

    OK = "ok"
    REFUSED = "refused"
    # No response, or a server error: it may have been executed.
    UNKNOWN = "unknown"


@dataclass
class Operation:
    """One request with its repeats. Times are of the monotonic clock, in seconds: the first request, and the last response."""

    number: int
    who: str
    kind: str
    request: dict[str, Any]
    began: float
    ended: float = 0.0
    outcome: Outcome = Outcome.UNKNOWN
    # Status and problem code of the last response; 0 and empty without one.
    status: int = 0
    code: str = ""
    response: dict[str, Any] = field(default_factory=dict)
    # All successful responses: repeats with one key must name one resource.
    answers: list[dict[str, Any]] = field(default_factory=list)


class History:
    """All operations of a round, in the order in which they began."""

    def __init__(self) -> None:
        self.operations: list[Operation] = []
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()

    def begin(self, who: str, kind: str, **request: Any) -> Operation:
        """Adds an operation that begins now."""
        with self._lock:
            operation = Operation(next(self._numbers), who, kind, request, time.monotonic())
            self.operations.append(operation)
        return operation

    def of(self, kind: str, outcome: Outcome | None = None) -> list[Operation]:
        """Returns the operations of a kind, optionally with one outcome."""
        return [operation for operation in self.operations if operation.kind == kind and outcome in (None, operation.outcome)]

    def counts(self) -> dict[str, dict[str, int]]:
        """Counts operations by kind and outcome."""
        found: dict[str, dict[str, int]] = {}
        for operation in self.operations:
            of_kind = found.setdefault(operation.kind, {})
            of_kind[operation.outcome.value] = of_kind.get(operation.outcome.value, 0) + 1
        return found
