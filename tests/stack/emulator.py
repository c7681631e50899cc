"""Starts, finds, saves and stops the emulator of a local stack."""

import contextlib
import json
import os
import shutil
import signal
import time
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from stack import nemesis, process, saved_state
from stack.launcher import FOLLOW_PARENT
from stack.project import EMULATOR_PYTHON, LOCAL_REGION, LocalStack, read_json
from stack.report import Failure, say

PREFERRED_PORT = 4566
# How many ports after the preferred one are tried before giving up.
PORTS_TRIED = 200
START_SECONDS = 60.0
# How long a clean stop takes at most without saving the state: deliveries under way end first, then requests. Saving has a time of its own, see
# `saved_state.patience`.
STOP_SECONDS = 20.0
# How long an emulator that could not save its state is left to it after that was said, and before it is killed.
NOTICE_SECONDS = 10.0
# Function processes that have been idle that long are ended, and their unpacked code is removed.
WARM_SECONDS = "300"
# The emulator is on this machine: a proxy that the environment names has no business there.
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@dataclass(frozen=True)
class Hostile:
    """An emulator that disturbs its functions: where its nemesis is controlled, and the fault proxy that functions use as AWS, if any. See `nemesis.py`."""

    control_port: int
    functions_endpoint: str | None = None

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> "Hostile | None":
        """What the caller's environment asks for; nothing without a port."""
        port = environment.get(nemesis.PORT)
        return cls(int(port), environment.get(nemesis.FUNCTIONS_ENDPOINT) or None) if port else None

    def variables(self) -> dict[str, str]:
        """The environment variables that tell the launcher."""
        endpoint = {nemesis.FUNCTIONS_ENDPOINT: self.functions_endpoint} if self.functions_endpoint else {}
        return {nemesis.PORT: str(self.control_port), **endpoint}


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
    """The emulator that this directory's record names, if it still runs, whatever its port."""
    identity = process.Identity.from_record(read_json(_record(stack)))
    return identity if identity and identity.alive() else None


def died(stack: LocalStack) -> bool:
    """Whether the emulator ended without `make down`."""
    return _record(stack).exists() and not running(stack)


def start(stack: LocalStack, follow_parent: bool = False, hostile: Hostile | None = None) -> None:
    """Starts the emulator and waits until it answers. It is hostile when asked here or by this process's environment."""
    stack.directory.mkdir(parents=True, exist_ok=True)
    # Unpacked functions of a former run: they are unpacked again when they are needed.
    shutil.rmtree(stack.directory / "tmp", ignore_errors=True)
    (stack.directory / "tmp").mkdir()
    child = process.start(
        [str(EMULATOR_PYTHON), str(Path(__file__).with_name("launcher.py"))],
        _environment(stack, follow_parent, hostile or Hostile.of(os.environ)),
        stack.directory,
        stack.emulator_log,
    )
    record = {**process.Identity.of(child.pid).record(), "port": stack.port}
    _record(stack).write_text(json.dumps(record))
    deadline = time.monotonic() + START_SECONDS
    while not answers(stack):
        if child.poll() is not None:
            _record(stack).unlink()
            raise Failure("the emulator ended as it started", log=stack.emulator_log)
        if time.monotonic() > deadline:
            stop(stack)
            raise Failure(f"the emulator did not answer within {START_SECONDS:.0f} s", log=stack.emulator_log)
        time.sleep(process.POLL_SECONDS)


def answers(stack: LocalStack) -> bool:
    """Whether the emulator is ready to be used."""
    try:
        with DIRECT.open(f"{stack.endpoint}/_ministack/ready", timeout=5) as answer:
            return answer.status == 200
    except OSError:
        return False


def save(stack: LocalStack) -> bool:
    """Has the emulator save its state now, and waits until it did. False when it did not in time; it tries again by itself."""
    identity = running(stack)
    if not identity or not stack.persistent:
        return False
    asked, deadline = time.time(), time.monotonic() + saved_state.patience(_state(stack))
    os.kill(identity.pid, signal.SIGUSR1)
    while identity.alive() and time.monotonic() < deadline:
        made = saved_state.about(_state(stack))
        if made and made.at >= asked:
            return True
        time.sleep(process.POLL_SECONDS)
    return False


def saved(stack: LocalStack) -> float | None:
    """Returns when the stack's state was last saved, as an epoch time; None when it never was."""
    made = saved_state.about(_state(stack))
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
        _record(stack).unlink()
    # Unpacked functions: they are unpacked again when they are needed.
    shutil.rmtree(stack.directory / "tmp", ignore_errors=True)
    return identity is not None


def _stop_patiently(identity: process.Identity, stack: LocalStack, tell: Callable[[str], None]) -> str:
    """Stops the emulator. Returns what is kept of its state when it had to be killed, else an empty text."""
    patience = STOP_SECONDS + (saved_state.patience(_state(stack)) if stack.persistent else 0)
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


def _state(stack: LocalStack) -> Path:
    """Where the emulator saves its state."""
    return stack.directory / "state"


def _record(stack: LocalStack) -> Path:
    """Where the id of the emulator's process is kept."""
    return stack.directory / "emulator.json"


def _environment(stack: LocalStack, follow_parent: bool, hostile: Hostile | None) -> dict[str, str]:
    """A clean environment: the functions inherit it, and must not see the caller's."""
    state = _state(stack)
    environment = {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "HOME": str(stack.directory / "tmp"),
        "LANG": "C.UTF-8",
        "TMPDIR": str(stack.directory / "tmp"),
        "GATEWAY_PORT": str(stack.port),
        "BIND_HOST": "127.0.0.1",
        # It hands this address to functions on the `provided` runtimes.
        "AWS_ENDPOINT_URL": stack.endpoint,
        "MINISTACK_REGION": LOCAL_REGION,
        # Functions get sessions of their roles, and may do what the template grants them and no more.
        "AUTH": "true",
        "LAMBDA_EXECUTOR": "local",
        "LAMBDA_WARM_TTL_SECONDS": WARM_SECONDS,
        # Listeners on fixed ports, which Holdfast has no use for and two checkouts would fight over.
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "PERSIST_STATE": "1" if stack.persistent else "0",
        "STATE_DIR": str(state),
        saved_state.SAVE_SECONDS_VARIABLE: str(saved_state.SAVE_SECONDS),
        "S3_PERSIST": "1" if stack.persistent else "0",
        "S3_DATA_DIR": str(state / "s3"),
    }
    if follow_parent:
        environment[FOLLOW_PARENT] = "1"
    if hostile:
        environment.update(hostile.variables())
    return environment
