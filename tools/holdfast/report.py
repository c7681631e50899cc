"""What a person sees while a command works: one line a step, with its seconds, and a failure with its cause."""

import contextlib
import sys
import time
from collections.abc import Iterator
from pathlib import Path

# How often a long step says where it is when the output is no terminal.
NOTE_SECONDS = 10.0
# How much of a log a failure shows.
TAIL_LINES = 25


class Failure(Exception):
    """A command cannot go on: the cause, what to do about it, and the log with details."""

    def __init__(self, cause: str, advice: str = "", log: Path | None = None):
        super().__init__(cause)
        self.cause = cause
        self.advice = advice
        self.log = log

    def show(self) -> None:
        """Prints the failure to standard error."""
        print(f"\nFailed: {self.cause}", file=sys.stderr)
        if self.log and self.log.exists():
            print(f"The end of {self.log}:", file=sys.stderr)
            print(tail(self.log), file=sys.stderr)
        if self.advice:
            print(self.advice, file=sys.stderr)


class Step:
    """One step under way; `note` shows its progress."""

    def __init__(self, title: str):
        self.title = title
        self.started = time.monotonic()
        self.noted = self.started
        self.ending = ""

    @property
    def seconds(self) -> float:
        """Seconds since the step began."""
        return time.monotonic() - self.started

    def note(self, text: str) -> None:
        """Says how far the step is: at once on a terminal, now and then elsewhere."""
        if sys.stdout.isatty():
            print(f"\r\033[K  {self.title}: {text}", end="", flush=True)
        elif time.monotonic() - self.noted > NOTE_SECONDS:
            self.noted = time.monotonic()
            say(f"  ... {text}")

    def end(self, text: str) -> None:
        """Sets the words that close the step's line, such as "unchanged"."""
        self.ending = text


def say(text: str = "") -> None:
    """Prints one line at once, also into a pipe."""
    print(text, flush=True)


@contextlib.contextmanager
def step(title: str, quiet: bool = True) -> Iterator[Step]:
    """Names a step, runs it, and prints its seconds. A step that is not `quiet` prints lines of its own meanwhile."""
    current = Step(title)
    if not quiet:
        say(f"  {title} ...")
    elif sys.stdout.isatty():
        print(f"  {title} ...", end="", flush=True)
    yield current
    opening = "\r\033[K" if quiet and sys.stdout.isatty() else ""
    ending = f" ({current.ending})" if current.ending else ""
    say(f"{opening}  {title}{ending}".ljust(62 + len(opening)) + f"{current.seconds:6.1f} s")


def tail(path: Path, lines: int = TAIL_LINES) -> str:
    """The last lines of a log, indented."""
    text = [line for line in path.read_text(errors="replace").splitlines() if line.strip()]
    return "\n".join("    " + line for line in text[-lines:])
