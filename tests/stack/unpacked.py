"""Removes unpacked functions that no process runs from the emulator's temporary directory. `launcher.py` applies what is here.

The emulator unpacks each function's code when it is first called, and keeps every version until it ends: a build of all functions takes some
gigabytes, and each further build as much again. It also keeps one process of each function for ever. On AWS idle ones end, and here too.
"""

import logging
import os
import shutil
import threading
import time

logger = logging.getLogger("unpacked")
# How often there is a look for what can be removed.
SWEEP_SECONDS = 15.0
# How much unpacked functions may take, bytes. Beyond that, idle ones end sooner.
UNPACKED_BYTES = 4 * 1024**3
# A function that was called so lately does not end for want of room.
LEAST_IDLE_SECONDS = 20.0
# Code that was handed out so lately stays: its process may be about to start, or was started outside of the emulator's pools.
JUST_HANDED_SECONDS = 60.0


class Unpacked:
    """The directories of unpacked functions: when each was last handed out, and how large it is."""

    def __init__(self, lambda_svc, runtime, warm_seconds, most_bytes=UNPACKED_BYTES, clock=time.time):
        self.lambda_svc = lambda_svc
        self.runtime = runtime
        self.warm_seconds = warm_seconds
        self.most_bytes = most_bytes
        self.clock = clock
        self.handed = {}
        self.sizes = {}
        self.spawning = threading.local()

    def note_use(self):
        """Notes which directory each process of a function runs in."""
        unpack, spawn = self.lambda_svc._provided_runtime_code_dir, self.runtime.ProvidedWorker._spawn

        def unpacked(code):
            directory = unpack(code)
            self.handed[directory] = self.clock()
            worker = getattr(self.spawning, "worker", None)
            if worker is not None:
                worker.code_directory = directory
            return directory

        def spawned(worker, *args, **kwargs):
            self.spawning.worker = worker
            try:
                return spawn(worker, *args, **kwargs)
            finally:
                self.spawning.worker = None

        self.lambda_svc._provided_runtime_code_dir, self.runtime.ProvidedWorker._spawn = unpacked, spawned

    def sweep(self):
        """Ends functions that have been idle too long, then removes the code that none runs."""
        self.end(self._idle_too_long())
        self.remove_unused()
        excess = self.taken() - self.most_bytes
        if excess > 0:
            self.end(self._longest_idle(excess))
            self.remove_unused()

    def keep_sweeping(self):
        """Sweeps again and again, for ever."""
        while True:
            time.sleep(SWEEP_SECONDS)
            try:
                self.sweep()
            except Exception:
                logger.exception("unpacked functions could not be removed")

    def taken(self):
        """Returns how many bytes all directories take together."""
        directories = list(self.lambda_svc._provided_code_dirs.values())
        self.sizes = {each: self.sizes.get(each) or _size(each) for each in directories}
        return sum(self.sizes.values())

    def end(self, workers):
        """Ends processes of functions that are still idle."""
        doomed = []
        with self.runtime._lock:
            for key, pool in list(self.runtime._workers.items()):
                ending = [each for each in pool if each in workers and not each.in_use]
                doomed += ending
                self.runtime._workers[key] = [each for each in pool if each not in ending]
                if not self.runtime._workers[key]:
                    del self.runtime._workers[key]
        self.runtime.kill_workers(doomed)

    def remove_unused(self):
        """Removes the directories that no process runs in, unless they were handed out just now."""
        with self.runtime._lock:
            used = {getattr(each, "code_directory", None) for pool in self.runtime._workers.values() for each in pool}
        # No process starts while this lock is held.
        with self.lambda_svc._provided_code_lock:
            for digest, directory in list(self.lambda_svc._provided_code_dirs.items()):
                if directory not in used and self.clock() - self.handed.get(directory, 0) >= JUST_HANDED_SECONDS:
                    del self.lambda_svc._provided_code_dirs[digest]
                    self.handed.pop(directory, None)
                    shutil.rmtree(directory, ignore_errors=True)

    def _idle(self):
        """Returns the idle processes with how long they have been that, the longest first."""
        now = self.clock()
        with self.runtime._lock:
            idle = [(now - each.last_used, each) for pool in self.runtime._workers.values() for each in pool if not each.in_use]
        return sorted(idle, key=lambda each: each[0], reverse=True)

    def _idle_too_long(self):
        return [worker for seconds, worker in self._idle() if seconds >= self.warm_seconds]

    def _longest_idle(self, excess):
        """Returns idle processes whose code takes `excess` bytes, or all that may end."""
        chosen, freed = [], set()
        for seconds, worker in self._idle():
            if seconds < LEAST_IDLE_SECONDS or sum(self.sizes.get(each, 0) for each in freed) >= excess:
                break
            chosen.append(worker)
            freed.add(getattr(worker, "code_directory", None))
        return chosen


def _size(directory):
    return sum(os.path.getsize(os.path.join(path, name)) for path, _, names in os.walk(directory) for name in names)


def apply():
    """Applies what is here."""
    from ministack.core import lambda_runtime
    from ministack.services import lambda_svc

    unpacked = Unpacked(lambda_svc, lambda_runtime, lambda_runtime._LOCAL_WORKER_TTL)
    unpacked.note_use()
    threading.Thread(target=unpacked.keep_sweeping, daemon=True, name="unpacked").start()
