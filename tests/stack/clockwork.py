"""Moves the clock of the emulator and its functions, by libfaketime. See `nemesis.py`.

Only the time of day moves: monotonic clocks stay real, and with them timeouts and sleeps. Each process reads its offset from a file at every look at the
clock, so that a change is seen at once.
"""

import datetime
import importlib.util
import itertools
import math
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any, NoReturn

# The package makes only the variant for a single thread, in which threads that look at the clock at once end the process. It has the source of both.
PACKAGE, SOURCE, LIBRARY = "libfaketime", "vendor/libfaketime/src", "libfaketimeMT.so.1"
# What the package leaves out of its own variant too: sleeps and the times of files stay real.
LEFT_OUT = "FAKETIME_COMPILE_CFLAGS=-UFAKE_SLEEP -UFAKE_STAT -UFAKE_UTIME"
BUILD_SECONDS = 120
PRELOAD, TIMESTAMP = "LD_PRELOAD", "FAKETIME_TIMESTAMP_FILE"
# Both spellings are known to it.
CONSTANT = {"FAKETIME_NO_CACHE": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1", "DONT_FAKE_MONOTONIC": "1"}
# What it uses to share the moment at which a tree of processes began, with names in this directory.
SHARED, SHARED_DIRECTORY = "FAKETIME_SHARED", Path("/dev/shm")
# How far a function's process is ahead, in parts of the spread. The processes get these in turn.
LEADS = (0.0, 1.0, -1.0, 0.5, -0.5)
EMULATOR = "emulator"


class Clock:
    """The offsets of the emulator's and the functions' clocks, in files of one directory."""

    def __init__(self, directory: Path) -> None:
        self._directory, self._lock, self._next = directory, threading.Lock(), itertools.count()
        self.offset, self.spread = 0, 0

    def prepare(self) -> None:
        """Writes the files. Without them a process of the same environment would have the real time."""
        self._directory.mkdir(parents=True, exist_ok=True)
        self._write()

    def file(self, lead: float | None = None) -> Path:
        """The file of a lead, or of the emulator."""
        return self._directory / (EMULATOR if lead is None else f"lead{lead:+}")

    def next_lead(self) -> float:
        """The lead of the next process."""
        return LEADS[next(self._next) % len(LEADS)]

    def ahead(self, lead: float) -> int:
        """How many seconds a process of that lead is ahead of the emulator."""
        return round(self.spread * lead)

    def move(self, offset: int, spread: int, before: Callable[[int], None] = lambda passed: None) -> None:
        """Sets the clocks, after `before` was called with the seconds that pass. Raises ValueError for a step back: AWS's clock makes none."""
        with self._lock:
            if offset < self.offset or spread < 0:
                raise ValueError(f"offset_seconds is at least the present {self.offset}, since time does not go back, and spread_seconds at least 0")
            before(offset - self.offset)
            self.offset, self.spread = offset, spread
            self._write()

    def _write(self) -> None:
        for lead, seconds in [(None, self.offset), *((lead, self.offset + self.ahead(lead)) for lead in LEADS)]:
            file = self.file(lead)
            draft = file.with_name(f"{file.name}.draft")
            draft.write_text(f"{seconds:+d}\n")
            draft.replace(file)


def library(site: Path | None = None) -> Path:
    """The library to preload, made at its first use in this environment, or in the one whose packages are in `site`. Raises RuntimeError when its package is
    missing or does not compile.
    """
    found = None if site else importlib.util.find_spec(PACKAGE)
    folders = [str(site / PACKAGE)] if site else found.submodule_search_locations if found else None
    if not folders:
        raise RuntimeError(f"{PACKAGE} is not installed in this environment. Remove .venv/ready and run make again.")
    source = Path(folders[0]) / SOURCE
    if not (source / LIBRARY).exists():
        _make(source)
    return source / LIBRARY


def _make(source: Path) -> None:
    """Compiles the library in a copy and moves it into place as a whole: two emulators may begin at once."""
    with tempfile.TemporaryDirectory(dir=source.parent) as directory:
        copy = Path(directory) / source.name
        shutil.copytree(source, copy)
        command = ["make", "-C", str(copy), LIBRARY, LEFT_OUT]
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=BUILD_SECONDS)
        if done.returncode != 0:
            raise RuntimeError(f"{LIBRARY} did not compile: {done.stdout[-2000:]}")
        (copy / LIBRARY).replace(source / LIBRARY)


def environment(file: Path, site: Path | None = None) -> dict[str, str]:
    """The environment of a process whose clock follows a file. `site` is that of `library`."""
    return {PRELOAD: str(library(site)), TIMESTAMP: str(file), **CONSTANT}


def follow(clock: Clock) -> None:
    """Becomes the same program with a clock that follows, unless it does so already."""
    clock.prepare()
    if os.environ.get(TIMESTAMP) != str(clock.file()):
        _begin_again({**os.environ, **environment(clock.file())})
    forget_shared(os.getpid())
    os.environ.pop(SHARED, None)


def _begin_again(environment_then: dict[str, str]) -> NoReturn:
    os.execve(sys.executable, [sys.executable, *sys.argv], environment_then)


def forget_shared(pid: int) -> None:
    """Removes what a process shares for processes it starts. It is removed at a clean end only, and functions are killed."""
    for name in (f"sem.faketime_sem_{pid}", f"faketime_shm_{pid}"):
        (SHARED_DIRECTORY / name).unlink(missing_ok=True)


def spread_over_processes(lambda_runtime: Any, lambda_svc: Any, clock: Clock) -> None:
    """Gives each process of a function one of the clocks, and deadlines by that clock, as on a host of its own."""
    worker, own = lambda_runtime.ProvidedWorker, threading.local()
    spawn, environment_of = worker._spawn, lambda_svc._provided_worker_env

    def environment_for(*args: Any, **kwargs: Any) -> dict[str, str]:
        made = environment_of(*args, **kwargs)
        lead = getattr(own, "lead", None)
        made.pop(SHARED, None)
        return {**made, **environment(clock.file(clock.next_lead() if lead is None else lead))}

    def spawned(self: Any, *args: Any, **kwargs: Any) -> None:
        own.lead = self.lead = clock.next_lead()
        try:
            spawn(self, *args, **kwargs)
        finally:
            own.lead = None
        forget_shared(self._proc.pid)
        put = self._pending.put

        def put_by_its_clock(item: tuple, *rest: Any, **more: Any) -> None:
            request, event, deadline_ms, *others = item
            put((request, event, deadline_ms + clock.ahead(self.lead) * 1000, *others), *rest, **more)

        self._pending.put = put_by_its_clock

    lambda_svc._provided_worker_env, worker._spawn = environment_for, spawned


def accept_real_signatures(sigv4: Any, clock: Clock) -> None:
    """Accepts requests that were signed by the real clock too: clients outside the stack have no other."""
    judge = sigv4.request_time_failure

    def judged(signature: Any, *, now: datetime.datetime | None = None) -> Any:
        real = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(seconds=clock.offset)
        return judge(signature, now=now) and judge(signature, now=real)

    sigv4.request_time_failure = judged


def let_time_pass(seconds: int, batches: Collection[list[dict]]) -> None:
    """Does what the emulator would do wrong when time jumps.

    A batch that is being handled stays invisible: its invocation goes on, and on AWS would have ended long before its messages came again. What a stream
    keeps stays readable: on AWS its readers would have read it.
    """
    from ministack.services import dynamodb

    for batch in batches:
        for message in batch:
            if not math.isinf(message.get("visible_at", 0)):
                message["visible_at"] = message.get("visible_at", 0) + seconds
    dynamodb._STREAM_RETENTION_SECONDS += seconds
