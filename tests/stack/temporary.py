"""Stacks for one run: an emulator on a free port, gone when the run ends."""

import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from holdfast import local_stack, process
from holdfast.project import ROOT, LocalStack
from holdfast.report import say, step
from stack import emulator

# Begins the name of each run's directory in target/.
TEST_STACK = "test-stack-"
# Where a failed run leaves the logs of the stack that it had.
KEPT_LOGS = ROOT / "target" / "failed-test-logs"


@contextlib.contextmanager
def stack(hostile: emulator.Hostile | None = None) -> Iterator[LocalStack]:
    """An emulator for this run alone, on a free port, gone afterwards however the run ends."""
    (ROOT / "target").mkdir(exist_ok=True)
    _remove_remains()
    directory = Path(tempfile.mkdtemp(prefix=TEST_STACK, dir=ROOT / "target"))
    made = LocalStack(directory, process.any_free_port(), persistent=False)
    try:
        with step("starting an emulator of its own") as current:
            # Should this process be killed outright, the emulator ends itself.
            emulator.start(made, follow_parent=True, hostile=hostile)
            current.end(f"port {made.port}")
        yield made
    except BaseException:
        _keep_logs(made)
        raise
    finally:
        with step("stopping the emulator"):
            local_stack.stop(made)
            shutil.rmtree(directory, ignore_errors=True)


def _remove_remains() -> None:
    """Removes the directories of runs that were killed outright; those of runs under way stay."""
    for directory in (ROOT / "target").glob(f"{TEST_STACK}*"):
        if local_stack.died(LocalStack(directory, 0)):
            shutil.rmtree(directory, ignore_errors=True)


def _keep_logs(stack: LocalStack) -> None:
    """Copies the stack's logs to where they outlive it."""
    KEPT_LOGS.mkdir(parents=True, exist_ok=True)
    for log in (stack.emulator_log, stack.deploy_log, stack.double_log):
        if log.exists():
            shutil.copy(log, KEPT_LOGS)
    say(f"\nThe stack's logs are kept in {KEPT_LOGS.relative_to(ROOT)}/")
