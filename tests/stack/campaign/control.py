"""Clients for the control APIs of the emulator's nemesis (`nemesis.py`) and of the YooKassa stub."""

import json
import os
import signal
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from typing import Any

from holdfast.local_stack import DIRECT

TIMEOUT_SECONDS = 30.0
# The stub answers once it is idle.
SETTLING_SECONDS = 120.0


def ask(method: str, url: str, body: Any = None, timeout: float = TIMEOUT_SECONDS) -> Any:
    """Sends a command and returns the response. Raises RuntimeError when it is refused."""
    request = urllib.request.Request(url, None if body is None else json.dumps(body).encode(), {"Content-Type": "application/json"}, method=method)
    try:
        with DIRECT.open(request, timeout=timeout) as answer:
            text = answer.read()
    except urllib.error.HTTPError as error:
        raise RuntimeError(f"{method} {url} answered {error.code} {error.read()[:300]!r}") from error
    return json.loads(text) if text else None


@dataclass
class Nemesis:
    """The emulator's nemesis, with counts of its actions."""

    url: str
    offset: int = 0
    done: dict[str, int] = field(default_factory=dict)

    def rules(self, seed: int, chances: dict[str, int], delay_ms: tuple[int, int] = (50, 2_000)) -> None:
        """Sets the rates per mille of delivery faults."""
        ask("PUT", f"{self.url}/rules", {"seed": seed, "chances": chances, "delay_ms": list(delay_ms)})

    def pass_time(self, seconds: int, spread: int = 0) -> None:
        """Advances all clocks. Function clocks differ by up to `spread` seconds from the emulator's."""
        self.offset += seconds
        ask("PUT", f"{self.url}/clock", {"offset_seconds": self.offset, "spread_seconds": spread})
        self._count("jumps of time", bool(seconds))

    def now(self) -> float:
        """Returns the system's time in seconds since 1970."""
        return time.time() + self.offset

    def pause_schedules(self, paused: bool) -> None:
        """Pauses or resumes schedules."""
        ask("PUT", f"{self.url}/schedules", {"paused": paused})
        self._count("pauses of schedules", paused)

    def run_schedule(self, function: str, times: int = 1) -> None:
        """Runs the schedule of a function, several times at once."""
        ask("POST", f"{self.url}/schedules/run", {"function": function, "times": times})
        self._count("schedules run", times)

    def processes(self) -> list[dict[str, Any]]:
        """Returns the live function processes."""
        return ask("GET", f"{self.url}/processes")

    def signal(self, process: dict[str, Any], number: signal.Signals) -> bool:
        """Signals a process. Returns whether it existed."""
        try:
            os.kill(process["pid"], number)
        except ProcessLookupError:
            return False
        names = {signal.SIGKILL: "kills", signal.SIGSTOP: "stops"}
        self._count(names.get(number, "signals"), number in names)
        self._count("kills of busy processes", number is signal.SIGKILL and process["busy"])
        return True

    def counts(self) -> dict[str, Any]:
        """Returns counts of deliveries and their faults."""
        return ask("GET", f"{self.url}/counts")

    def quiet(self) -> list[str]:
        """Returns what is in progress; empty when the stack is idle."""
        return ask("GET", f"{self.url}/quiet")["why"]

    def _count(self, what: str, times: int) -> None:
        self.done[what] = self.done.get(what, 0) + int(times)


@dataclass(frozen=True)
class Provider:
    """The YooKassa stub."""

    url: str

    def temper(self, order: dict[str, Any]) -> None:
        """Sets the rates of its faults."""
        ask("POST", f"{self.url}/control/temper", order)

    def settle(self) -> None:
        """Ends its faults, decides pending payments and delivers held notifications."""
        ask("POST", f"{self.url}/control/settle", {}, SETTLING_SECONDS)

    def counts(self) -> dict[str, Any]:
        """Returns counts of its faults."""
        return ask("GET", f"{self.url}/control/temper")
