"""Processes that outlive their starter, recognised by id and start time, so that no other is ever ended."""

import contextlib
import os
import signal
import socket
import subprocess
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from holdfast.report import Failure

POLL_SECONDS = 0.1


@dataclass(frozen=True)
class Identity:
    """A process id together with when it started: ids are used again, the pair is not."""

    pid: int
    started: str

    @classmethod
    def of(cls, pid: int) -> "Identity":
        """The identity of a running process."""
        return cls(pid, _started(pid))

    @classmethod
    def from_record(cls, record: dict[str, Any]) -> "Identity | None":
        """The identity kept in a record, if there is one."""
        if not isinstance(record.get("pid"), int):
            return None
        return cls(record["pid"], str(record.get("started", "")))

    def record(self) -> dict[str, Any]:
        """What to keep in a file."""
        return asdict(self)

    def alive(self) -> bool:
        """Whether this very process still runs."""
        return bool(self.started) and _started(self.pid) == self.started

    def stop(self, patience_seconds: float) -> bool:
        """Asks the process to stop, waits, then ends what is left of its group. False when it had to be killed."""
        if not self.alive():
            return True
        stopped = self.ask_to_stop(patience_seconds)
        self.end_group()
        return stopped

    def ask_to_stop(self, patience_seconds: float) -> bool:
        """Asks the process to stop and waits. Returns whether it ended."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGTERM)
        return self.wait(patience_seconds)

    def wait(self, patience_seconds: float) -> bool:
        """Waits for the process to end. Returns whether it did."""
        deadline = time.monotonic() + patience_seconds
        while self.alive() and time.monotonic() < deadline:
            _reap(self.pid)
            time.sleep(POLL_SECONDS)
        return not self.alive()

    def end_group(self) -> None:
        """Kills what is left of the process's group. It leads its own session, so its group is it and its functions, and nothing else."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)


def start(command: list[str], environment: dict[str, str], directory: Path, log: Path) -> subprocess.Popen[bytes]:
    """Starts a process in a session of its own, so that neither Ctrl-C nor the end of this command ends it."""
    with log.open("wb") as output:
        return subprocess.Popen(
            command,
            env=environment,
            cwd=directory,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def run(command: list[str], environment: dict[str, str], directory: Path, what: str, advice: str = "") -> None:
    """Runs a tool with its output shown; its failure is ours."""
    done = subprocess.run(command, env=environment, cwd=directory)
    if done.returncode != 0:
        raise Failure(f"{what} failed ({command[0].rsplit('/', 1)[-1]} ended with {done.returncode})", advice)


def is_free(port: int) -> bool:
    """Whether this machine's loopback has the port free."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def any_free_port() -> int:
    """A port that nothing listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _started(pid: int) -> str:
    """Returns the time at which a process started, in the system's own form; empty when it is gone or a zombie."""
    try:
        # The name in parentheses may hold spaces; state is the 1st field after it, start time the 20th.
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return "" if fields[0] == "Z" else fields[19]
    except OSError:
        if Path("/proc/self/stat").exists():
            return ""
    done = subprocess.run(["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True)
    return done.stdout.strip()


def _reap(pid: int) -> None:
    """Collects the process's remains if it is a child of ours."""
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)
