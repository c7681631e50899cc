"""What customers and operators asked for, and what they were told: the campaign's own memory, against which everything else is held."""

import itertools
import threading
import time
from dataclasses import dataclass, field
from enum import Enum
from typing import Any


class Outcome(Enum):
    """What a request came to, as far as its sender knows."""

    OK = "ok"
    REFUSED = "refused"
    # No answer, or one that says that the server could not: it may have been done.
    UNKNOWN = "unknown"


@dataclass
class Deed:
    """One request, with its repeats: from when it was first sent until its last answer, by the monotonic clock in seconds."""

    number: int
    who: str
    kind: str
    asked: dict[str, Any]
    began: float
    ended: float = 0.0
    outcome: Outcome = Outcome.UNKNOWN
    # The status and the problem's code of the last answer; 0 and nothing without one.
    status: int = 0
    code: str = ""
    told: dict[str, Any] = field(default_factory=dict)
    # Each body that was answered with success: repeats with one key have to name one thing.
    answers: list[dict[str, Any]] = field(default_factory=list)


class History:
    """All deeds of a campaign, in the order in which they began."""

    def __init__(self) -> None:
        self.deeds: list[Deed] = []
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()

    def begin(self, who: str, kind: str, **asked: Any) -> Deed:
        """Notes that somebody asks for something."""
        with self._lock:
            deed = Deed(next(self._numbers), who, kind, asked, time.monotonic())
            self.deeds.append(deed)
        return deed

    def of(self, kind: str, outcome: Outcome | None = None) -> list[Deed]:
        """Returns the deeds of a kind, or those that came to `outcome`."""
        return [deed for deed in self.deeds if deed.kind == kind and outcome in (None, deed.outcome)]

    def counts(self) -> dict[str, dict[str, int]]:
        """Returns how many deeds of each kind came to what."""
        found: dict[str, dict[str, int]] = {}
        for deed in self.deeds:
            of_kind = found.setdefault(deed.kind, {})
            of_kind[deed.outcome.value] = of_kind.get(deed.outcome.value, 0) + 1
        return found
