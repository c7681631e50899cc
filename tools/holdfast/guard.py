"""Runs a command, and turns its failure into an exit code and a message that names the cause."""

import os
import signal
import sys
from collections.abc import Callable

from holdfast.report import Failure

FAILED, INTERRUPTED = 1, 130


def guarded(command: Callable[[], object]) -> int:
    """Runs a command and returns its exit code. An error that is neither a failure nor the answer of AWS is raised."""
    # An ending asked for from outside still stops what was started: see `process.py`.
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        command()
    except Failure as failure:
        failure.show()
        return FAILED
    except KeyboardInterrupt:
        print("\nInterrupted.", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        # The reader of our output, such as `head`, has gone: nothing is wrong.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except Exception as error:
        if not type(error).__module__.startswith("botocore"):
            raise
        # AWS, or the emulator in its place, said no: its words are the cause, a traceback would hide them.
        Failure(f"{type(error).__name__}: {error}").show()
        return FAILED
    return 0
