"""Starts and saves the emulator of a local stack. `holdfast/local_stack.py` finds and stops it."""

import json
import os
import shutil
import signal
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from holdfast import process, saved_state
from holdfast.local_stack import DIRECT, record_of, running, state_of, stop
from holdfast.project import EMULATOR_PYTHON, LOCAL_REGION, LocalStack
from holdfast.report import Failure
from stack import nemesis
from stack.launcher import FOLLOW_PARENT

START_SECONDS = 60.0
# Function processes that have been idle that long are ended, and their unpacked code is removed.
WARM_SECONDS = "300"


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
    record_of(stack).write_text(json.dumps(record))
    deadline = time.monotonic() + START_SECONDS
    while not answers(stack):
        if child.poll() is not None:
            record_of(stack).unlink()
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
    asked, deadline = time.time(), time.monotonic() + saved_state.patience(state_of(stack))
    os.kill(identity.pid, signal.SIGUSR1)
    while identity.alive() and time.monotonic() < deadline:
        made = saved_state.about(state_of(stack))
        if made and made.at >= asked:
            return True
        time.sleep(process.POLL_SECONDS)
    return False


def _environment(stack: LocalStack, follow_parent: bool, hostile: Hostile | None) -> dict[str, str]:
    """A clean environment: the functions inherit it, and must not see the caller's."""
    state = state_of(stack)
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
