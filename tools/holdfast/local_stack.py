"""The checkout's own stack on an emulator: finds it, stops it, and removes its data. `make down` and `make clean-stack`.

Developers of Holdfast start it (`make up`). Operators' commands work on it when no other stage is named.
"""

import contextlib
import shutil
import urllib.request
from collections.abc import Callable
from pathlib import Path

from holdfast import process, saved_state
from holdfast.project import ROOT, LocalStack, read_json
from holdfast.report import Failure, say, step

# The checkout's own stack.
STACK_DIRECTORY = ROOT / ".stack"
# The queue that stands in for customers' mailboxes on the local stack.
CAPTURED_EMAIL = "CapturedEmail"
PREFERRED_PORT = 4566
# How many ports after the preferred one are tried before giving up.
PORTS_TRIED = 200
# How long a clean stop takes at most without saving the state: deliveries under way end first, then requests. Saving has a time of its own, see
# `saved_state.patience`.
STOP_SECONDS = 20.0
# How long an emulator that could not save its state is left to it after that was said, and before it is killed.
NOTICE_SECONDS = 10.0
# The emulator is on this machine: a proxy that the environment names has no business there.
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def down() -> None:
    """Stops the checkout's emulator; its state stays on disk for the next `make up`."""
    stack = checkout_stack()
    with step("stopping the stack") as current:
        if not stop(stack):
            current.end("it was not running")


def clean() -> None:
    """Stops the checkout's emulator and removes all that it kept."""
    stack = checkout_stack()
    with step("removing the stack's data"):
        stop(stack)
        shutil.rmtree(STACK_DIRECTORY)


def checkout_stack() -> LocalStack:
    """This checkout's stack, on the port that the checkout keeps."""
    STACK_DIRECTORY.mkdir(exist_ok=True)
    return LocalStack(STACK_DIRECTORY, choose_port(STACK_DIRECTORY))


def running_stack() -> LocalStack:
    """This checkout's stack, which has to run."""
    stack = checkout_stack()
    if not running(stack):
        raise Failure("the stack is not running", "Start it with: make up")
    return stack


def choose_port(directory: Path) -> int:
    """The checkout's own port: the one it had, else the preferred one, else the next free."""
    kept, former = directory / "port", None
    with contextlib.suppress(OSError, ValueError):
        former = int(kept.read_text())
        if process.is_free(former) or running(LocalStack(directory, former)):
            return former
    for port in range(PREFERRED_PORT, PREFERRED_PORT + PORTS_TRIED):
        if process.is_free(port):
            if former:
                saved_state.move(directory / "state", former, port)
            kept.write_text(f"{port}\n")
            return port
    raise Failure(f"no free port from {PREFERRED_PORT} to {PREFERRED_PORT + PORTS_TRIED - 1}")


def running(stack: LocalStack) -> process.Identity | None:
    """Returns the emulator that this directory's record names, if it still runs, on any port."""
    identity = process.Identity.from_record(read_json(record_of(stack)))
    return identity if identity and identity.alive() else None


def died(stack: LocalStack) -> bool:
    """Whether the emulator ended without `make down`."""
    return record_of(stack).exists() and not running(stack)


def saved(stack: LocalStack) -> float | None:
    """Returns when the stack's state was last saved, as an epoch time; None when it never was."""
    made = saved_state.about(state_of(stack))
    return made.at if made else None


def stop(stack: LocalStack, tell: Callable[[str], None] = say) -> bool:
    """Stops the emulator and its functions, and nothing else. False when there was none.

    It saves its state first, for as long as `saved_state.patience` allows. If it can't, `tell` gets what is kept and what is lost before it is killed.
    """
    identity = running(stack)
    if identity:
        kept = _stop_patiently(identity, stack, tell)
        if kept:
            raise Failure(f"the emulator (process {identity.pid}) had to be killed", kept)
    with contextlib.suppress(FileNotFoundError):
        record_of(stack).unlink()
    # Unpacked functions: they are unpacked again when they are needed.
    shutil.rmtree(stack.directory / "tmp", ignore_errors=True)
    return identity is not None


def _stop_patiently(identity: process.Identity, stack: LocalStack, tell: Callable[[str], None]) -> str:
    """Stops the emulator. Returns what is kept of its state when it had to be killed, else an empty text."""
    patience = STOP_SECONDS + (saved_state.patience(state_of(stack)) if stack.persistent else 0)
    if identity.ask_to_stop(patience):
        identity.end_group()
        return ""
    kept = _kept(stack)
    tell(f"\nThe emulator (process {identity.pid}) did not stop within {patience:.0f} s. {kept}")
    tell(f"It is killed in {NOTICE_SECONDS:.0f} s. Ctrl-C leaves it to go on saving; `make down` again waits for it anew.")
    stopped = identity.wait(NOTICE_SECONDS)
    identity.end_group()
    return "" if stopped else kept


def _kept(stack: LocalStack) -> str:
    """Returns in words what remains when the emulator is killed now."""
    at = saved(stack)
    if not stack.persistent:
        return "Its state is not kept in any case."
    if at is None:
        return "Its state was never saved: all of it is lost."
    return f"Its state of {saved_state.moment(at)}, {saved_state.age(at)} ago, is kept. What changed since is lost: orders, stock, queued messages, deployments."


def state_of(stack: LocalStack) -> Path:
    """Where the emulator saves its state."""
    return stack.directory / "state"


def record_of(stack: LocalStack) -> Path:
    """Where the id of the emulator's process is kept."""
    return stack.directory / "emulator.json"
