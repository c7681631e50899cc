"""Has the emulator save its state while it runs, and stop within a bounded time. `launcher.py` applies what is here.

The emulator alone saves its state at a clean stop only, service by service and while its pollers go on. With a long queue they keep the interpreter
from saving at all. Here a forked process writes the state: it has a copy of the memory as it was at one moment, and nothing waits for it.
"""

import asyncio
import contextlib
import copy
import gc
import json
import logging
import os
import signal
import sys
import threading
import time
from pathlib import Path

from holdfast import saved_state

logger = logging.getLogger("saving")
# How long deliveries under way are waited for at a stop. What is not done then comes again after the next start, as after any crash of a function.
DRAIN_SECONDS = 5.0
POLL_SECONDS = 0.05
# How often the save at a stop is tried, a second apart: for longer than the one who stops the emulator waits, who says what is lost before killing it.
LAST_SAVE_ATTEMPTS = 120
# Requests for the emulator itself change nothing.
OWN_PATHS = "/_ministack/"
# The pollers and tickers of the emulator, each called by a thread in a loop: event sources, scheduled rules, schedules.
BACKGROUND = {"lambda_svc": ("_poll_sqs", "_poll_kinesis", "_poll_dynamodb_streams"), "eventbridge": ("_tick_scheduled_rules",), "scheduler": ("_tick_schedules",)}
# How long a paused one sleeps instead of its work.
PAUSE_SECONDS = 0.2


class Saver:
    """Saves the emulator's state on request, and every so many seconds when anything happened since."""

    def __init__(self, state, seconds):
        self.state = state
        self.seconds = seconds
        self.asked = threading.Event()
        # Whether all of the last save has been loaded: before that, a save would replace it with a part of it.
        self.loaded = False
        self.changes = 1
        self.saved_changes = 0
        self.saving = threading.Lock()

    def keep_saving(self):
        """Saves again and again, for ever."""
        while True:
            asked = self.asked.wait(self.seconds)
            self.asked.clear()
            if self.loaded and (asked or self.changes != self.saved_changes):
                self.save(saved_state.patience(self.state))

    def save(self, patience=None):
        """Saves the state as it is now, within `patience` seconds; without it, however long that takes. False when that failed: the last save stays."""
        with self.saving:
            changes, began = self.changes, time.monotonic()
            child = os.fork()
            if child == 0:
                _write_and_end(self.state, hurry=patience is None)
            ended = _wait_for(child, patience)
            if ended == 0:
                self.saved_changes = changes
                logger.info("saved the state in %.1f s", time.monotonic() - began)
            else:
                logger.error("the state was not saved: the process that saves ended with %s", ended)
            return ended == 0


def _wait_for(child, patience):
    """Returns the exit code of a process; one that takes too long is killed."""
    deadline = None if patience is None else time.monotonic() + patience
    while True:
        pid, status = os.waitpid(child, os.WNOHANG)
        if pid:
            return os.waitstatus_to_exitcode(status)
        if deadline is not None and time.monotonic() > deadline:
            os.kill(child, signal.SIGKILL)
            deadline = None
        time.sleep(POLL_SECONDS)


def _write_and_end(state, hurry):
    """The forked process: writes the state and ends, without touching anything that it shares with the emulator."""
    code = 1
    try:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        # Not even the emulator's port: one that is killed has to leave it free.
        os.closerange(3, os.sysconf("SC_OPEN_MAX"))
        # Each object that is collected would be copied.
        gc.disable()
        if not hurry:
            os.nice(10)
        _write(state)
        code = 0
    except BaseException:
        logger.exception("the state could not be saved")
    finally:
        os._exit(code)


def _write(state):
    from ministack.services import lambda_svc

    began, monotonic, referenced = time.time(), time.monotonic(), set()
    prune = lambda_svc._prune_orphan_code_blobs
    # Only when no save refers to them any more.
    lambda_svc._prune_orphan_code_blobs = referenced.update
    lambda_svc._externalize_code_zip = _by_recorded_digest(lambda_svc)
    former, directory = saved_state.latest(state), saved_state.begin(state)
    for service, state_of in sys.modules["ministack.app"]._build_persistence_save_dict().items():
        text = _as_json(service, state_of)
        if text is None and former and (former / f"{service}.json").exists():
            text = (former / f"{service}.json").read_text()
        if text is not None:
            saved_state.write(directory / f"{service}.json", text)
    saved_state.complete(directory, saved_state.About(began, time.monotonic() - monotonic))
    prune(referenced)


def _as_json(service, state_of):
    """Returns a service's state in the emulator's format, or None when it has none or can't be read."""
    from ministack.core import persistence

    deepcopy = copy.deepcopy
    # No one else changes it here: this process has its memory for itself.
    for copied in (lambda value, memo=None: value, deepcopy):
        copy.deepcopy = copied
        try:
            payload = state_of()
            wrapped = {"__ministack_format__": persistence._state_format_version(service), "payload": payload}
            return None if payload is None else json.dumps(wrapped, default=persistence._json_default)
        except Exception as error:
            failed = error
        finally:
            copy.deepcopy = deepcopy
    logger.error("the state of %s could not be saved: %s", service, failed)
    return None


def _by_recorded_digest(lambda_svc):
    """Names a function's code by the digest that its configuration has. The emulator computes it again, over all of the code."""
    externalize = lambda_svc._externalize_code_zip

    def externalized(function, referenced):
        digest = lambda_svc._b64_sha_to_hex((function.get("config") or {}).get("CodeSha256", ""))
        if digest and isinstance(function.get("code_zip"), bytes) and os.path.exists(os.path.join(lambda_svc.CODE_BLOB_DIR, f"{digest}.zip")):
            function["code_zip"] = {lambda_svc._BLOB_REF_KEY: digest}
            referenced.add(digest)
        else:
            externalize(function, referenced)

    return externalized


def load_last_save(state):
    """Has the emulator load its state from the last complete save, and not start without a part of it: its next save would be without that part too."""
    from ministack.core import persistence

    load = persistence.load_state

    def loaded(service):
        directory = saved_state.latest(state) or state
        persistence.STATE_DIR = str(directory)
        found = load(service)
        if found is None and (directory / f"{service}.json").exists():
            raise RuntimeError(f"{directory / service}.json cannot be read. `make clean-stack` removes the whole state.")
        return found

    persistence.load_state = loaded


class Stop:
    """What happens when the emulator is asked to stop: no new deliveries, the end of those under way, a last save, the end."""

    def __init__(self, saver):
        self.saver = saver
        self.stopping = False

    def pause_background(self):
        """Lets the emulator's pollers and tickers do nothing once it is stopping, and notes what they do before as a change."""
        import importlib

        for module, names in BACKGROUND.items():
            services = importlib.import_module(f"ministack.services.{module}")
            for name in names:
                setattr(services, name, self._paused(getattr(services, name)))

    def _paused(self, work):
        def worked():
            if self.stopping:
                time.sleep(PAUSE_SECONDS)
                return False
            done = work()
            if done and self.saver:
                self.saver.changes += 1
            return done

        return worked

    async def drained(self):
        """Waits until no function works for the emulator any more, but not for long."""
        from ministack.core import lambda_runtime
        from ministack.services import lambda_svc

        self.stopping = True
        deadline = time.monotonic() + DRAIN_SECONDS
        while (lambda_svc._esm_inflight or lambda_runtime.workers_in_use()) and time.monotonic() < deadline:
            await asyncio.sleep(POLL_SECONDS)

    async def serve(self, serve, app, config):
        """Serves until the emulator is asked to stop, then saves and ends the process: its threads would go on as long as their calls last."""
        loop, asked = asyncio.get_running_loop(), asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, asked.set)

        async def until_drained():
            await asked.wait()
            await self.drained()

        try:
            await serve(self._counted(app), config, shutdown_trigger=until_drained)
        finally:
            if asked.is_set():
                self._save_at_last()
                _end()

    def _save_at_last(self):
        if self.saver and self.saver.loaded:
            for _ in range(LAST_SAVE_ATTEMPTS):
                if self.saver.save():
                    return
                time.sleep(1)

    def _counted(self, app):
        """The application, with its requests counted as changes. It ends when its start fails: the server would go on without a state."""
        if self.saver is None:
            return app

        async def counted(scope, receive, send):
            if scope["type"] == "lifespan":
                await started(scope, receive, send)
                return
            if scope["type"] == "http" and not scope["path"].startswith(OWN_PATHS):
                self.saver.changes += 1
            await app(scope, receive, send)

        async def started(scope, receive, send):
            async def sent(message):
                # By then everything is loaded.
                self.saver.loaded = self.saver.loaded or message["type"] == "lifespan.startup.complete"
                await send(message)

            try:
                await app(scope, receive, sent)
            except Exception:
                if self.saver.loaded:
                    raise
                logger.exception("the emulator can't start")
                _end(1)

        return counted


def _end(code=0):
    """Ends this process and its functions."""
    if os.getpgrp() == os.getpid():
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        with contextlib.suppress(OSError):
            os.killpg(0, signal.SIGTERM)
    logging.shutdown()
    sys.stdout.flush()
    os._exit(code)


def apply():
    """Applies what is here."""
    import hypercorn.asyncio
    from ministack.core import persistence

    saver = None
    if persistence.PERSIST_STATE:
        state = Path(persistence.STATE_DIR)
        saver = Saver(state, float(os.environ[saved_state.SAVE_SECONDS_VARIABLE]))
        load_last_save(state)
        # `Stop` does it, once everything else has ended.
        persistence.save_all = lambda services: None
        signal.signal(signal.SIGUSR1, lambda *_: saver.asked.set())
        threading.Thread(target=saver.keep_saving, daemon=True, name="saver").start()
    stop = Stop(saver)
    stop.pause_background()
    serve = hypercorn.asyncio.serve
    hypercorn.asyncio.serve = lambda app, config, **_: stop.serve(serve, app, config)
