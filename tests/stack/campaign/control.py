"""What the campaign tells the emulator's nemesis and the provider, over their controls."""

import json
import os
import signal
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from typing import Any

from stack.emulator import DIRECT

TIMEOUT_SECONDS = 30.0
# The provider answers once nothing more happens by itself.
SETTLING_SECONDS = 120.0


def ask(method: str, url: str, body: Any = None, timeout: float = TIMEOUT_SECONDS) -> Any:
    """Sends a command and returns what was answered. Raises RuntimeError with the answer when it was refused."""
    request = urllib.request.Request(url, None if body is None else json.dumps(body).encode(), {"Content-Type": "application/json"}, method=method)
    try:
        with DIRECT.open(request, timeout=timeout) as answer:
            text = answer.read()
    except urllib.error.HTTPError as error:
        raise RuntimeError(f"{method} {url} answered {error.code} {error.read()[:300]!r}") from error
    return json.loads(text) if text else None


@dataclass
class Nemesis:
    """The emulator's nemesis, and what was done by it."""

    url: str
    offset: int = 0
    done: dict[str, int] = field(default_factory=dict)

    def rules(self, seed: int, chances: dict[str, int], delay_ms: tuple[int, int] = (50, 2_000)) -> None:
        """Sets what happens to deliveries of events, so many times in a thousand."""
        ask("PUT", f"{self.url}/rules", {"seed": seed, "chances": chances, "delay_ms": list(delay_ms)})

    def pass_time(self, seconds: int, spread: int = 0) -> None:
        """Moves everybody's clock on, and each function's by up to `spread` more or less."""
        self.offset += seconds
        ask("PUT", f"{self.url}/clock", {"offset_seconds": self.offset, "spread_seconds": spread})
        self._count("jumps of time", bool(seconds))

    def now(self) -> float:
        """Returns the time that the system has, in seconds since 1970."""
        return time.time() + self.offset

    def pause_schedules(self, paused: bool) -> None:
        """Has schedules wait, or run again."""
        ask("PUT", f"{self.url}/schedules", {"paused": paused})
        self._count("pauses of schedules", paused)

    def run_schedule(self, function: str, times: int = 1) -> None:
        """Runs a schedule's target out of turn, so many times at once."""
        ask("POST", f"{self.url}/schedules/run", {"function": function, "times": times})
        self._count("schedules run", times)

    def processes(self) -> list[dict[str, Any]]:
        """Returns the functions' live processes."""
        return ask("GET", f"{self.url}/processes")

    def signal(self, process: dict[str, Any], number: signal.Signals) -> bool:
        """Sends a function's process a signal. Returns whether it was still there."""
        try:
            os.kill(process["pid"], number)
        except ProcessLookupError:
            return False
        names = {signal.SIGKILL: "kills", signal.SIGSTOP: "stops"}
        self._count(names.get(number, "signals"), number in names)
        self._count("kills of busy processes", number is signal.SIGKILL and process["busy"])
        return True

    def counts(self) -> dict[str, Any]:
        """Returns how often what happened to deliveries."""
        return ask("GET", f"{self.url}/counts")

    def quiet(self) -> list[str]:
        """Returns what is still under way; nothing when all is quiet."""
        return ask("GET", f"{self.url}/quiet")["why"]

    def _count(self, what: str, times: int) -> None:
        self.done[what] = self.done.get(what, 0) + int(times)


@dataclass(frozen=True)
class Provider:
    """YooKassa's double."""

    url: str

    def temper(self, order: dict[str, Any]) -> None:
        """Has it misbehave by itself, or behave."""
        ask("POST", f"{self.url}/control/temper", order)

    def settle(self) -> None:
        """Has it decide all that hangs and say all that it held back."""
        ask("POST", f"{self.url}/control/settle", {}, SETTLING_SECONDS)

    def counts(self) -> dict[str, Any]:
        """Returns how often it misbehaved, and how."""
        return ask("GET", f"{self.url}/control/temper")
