"""A nemesis inside the emulator, for the campaign that looks for faults: it disturbs event deliveries, the clock and the schedules of a local stack.

`launcher.py` applies what is here when `HOLDFAST_NEMESIS_PORT` is set, before its repairs. `HOLDFAST_FUNCTIONS_ENDPOINT` then names what functions use in
place of the emulator's own address: a proxy that forwards bytes as they are, since signatures cover the `Host` header.

The control speaks JSON on 127.0.0.1 at that port:

- `GET /processes`: the live processes of functions, as `[{"pid", "function", "busy", "age_seconds"}]`.
- `PUT /rules` `{"seed", "chances": {fault: per mille}, "delay_ms": [least, most], "only": [fragments of function names]}`: see `deliveries.py`.
- `PUT /clock` `{"offset_seconds", "spread_seconds"}`: see `clockwork.py`.
- `PUT /schedules` `{"paused"}`, `POST /schedules/run` `{"function", "times"}` and `GET /quiet`: see `stillness.py`.
- `GET /counts`: what happened so far.
"""

import http.server
import json
import os
import sys
import tempfile
import threading
import time
import types
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

# Beside this file: the emulator's environment has no package of ours, and the tests have.
try:
    import clockwork
    import deliveries
    import stillness
except ImportError:
    from stack import clockwork, deliveries, stillness

PORT, FUNCTIONS_ENDPOINT = "HOLDFAST_NEMESIS_PORT", "HOLDFAST_FUNCTIONS_ENDPOINT"
# The largest request: rules are some hundred bytes.
LARGEST_REQUEST = 64 * 1024
# How often a schedule runs at once at most. Each run is a thread.
MOST_RUNS = 200


def wanted() -> bool:
    """Whether this emulator has a nemesis."""
    return bool(os.environ.get(PORT))


def apply() -> None:
    """Applies what is here and starts the control. Starts this program again, once, to get a clock that can be moved."""
    clock = clockwork.Clock(Path(tempfile.gettempdir()) / "clock")
    clockwork.follow(clock)
    from ministack.core import lambda_runtime, sigv4
    from ministack.services import eventbridge, lambda_svc, scheduler, sqs

    nemesis = Nemesis(clock, deliveries.Deliveries(lambda_svc._execute_function))
    _send_functions_to(os.environ.get(FUNCTIONS_ENDPOINT, ""), lambda_svc)
    _note_age(lambda_runtime)
    clockwork.spread_over_processes(lambda_runtime, lambda_svc, clock)
    clockwork.accept_real_signatures(sigv4, clock)
    nemesis.disturb_deliveries(lambda_svc, eventbridge)
    nemesis.hold_schedules(eventbridge, scheduler)
    nemesis.count_dead_letters(lambda_svc, sqs)
    serve(nemesis, int(os.environ[PORT]))


def _send_functions_to(endpoint: str, lambda_svc: Any) -> None:
    """Gives functions another address of AWS than the emulator's own."""
    if not endpoint:
        return
    environment_of = lambda_svc._provided_worker_env
    lambda_svc._provided_worker_env = lambda *args, **kwargs: {**environment_of(*args, **kwargs), "AWS_ENDPOINT_URL": endpoint}


def _note_age(lambda_runtime: Any) -> None:
    """Has each process know when it began, by the clock that does not jump."""
    spawn = lambda_runtime.ProvidedWorker._spawn

    def spawned(self: Any, *args: Any, **kwargs: Any) -> None:
        self.began = time.monotonic()
        spawn(self, *args, **kwargs)

    lambda_runtime.ProvidedWorker._spawn = spawned


class Nemesis:
    """What the control commands."""

    def __init__(self, clock: clockwork.Clock, events: deliveries.Deliveries) -> None:
        self.clock, self.events = clock, events
        self._paused = threading.Event()
        # Batches of queues that are being handled, by the identity of the list.
        self._batches: dict[int, list[dict]] = {}

    def disturb_deliveries(self, lambda_svc: Any, eventbridge: Any) -> None:
        """Marks every source of events and puts the deliveries before the invocation."""
        run_batch, poll_streams = lambda_svc._run_sqs_batch, lambda_svc._poll_dynamodb_streams
        invoke_target, invoke_later = eventbridge._invoke_target, lambda_svc.invoke_async_with_retry
        later = threading.local()

        def batch_run(esm: dict, function: dict, event: dict, batch: list, *args: Any) -> None:
            self._batches[id(batch)] = batch
            try:
                with deliveries.invoked_by(deliveries.QUEUE):
                    run_batch(esm, function, event, batch, *args)
            finally:
                del self._batches[id(batch)]

        def streams_polled() -> bool:
            with deliveries.invoked_by(deliveries.STREAM):
                return poll_streams()

        def target_invoked(*args: Any, **kwargs: Any) -> Any:
            with deliveries.invoked_by(deliveries.RULE):
                return invoke_target(*args, **kwargs)

        def invoked_later(function: dict, event: Any) -> None:
            later.name = deliveries.name_of(function)
            try:
                with deliveries.invoked_by(deliveries.ASYNCHRONOUS):
                    invoke_later(function, event)
            finally:
                later.name = None

        lambda_svc.threading = types.SimpleNamespace(**{**vars(threading), "Thread": self._thread_of(later)})
        lambda_svc._run_sqs_batch, lambda_svc._poll_dynamodb_streams = batch_run, streams_polled
        eventbridge._invoke_target, lambda_svc.invoke_async_with_retry = target_invoked, invoked_later
        lambda_svc._execute_function = self.events

    def _thread_of(self, later: threading.local) -> Callable[..., threading.Thread]:
        """Makes threads. An asynchronous invocation is under way from its acceptance to its last attempt: the thread that makes the attempts is known by
        the name that its starter left in `later`.
        """

        def thread(target: Callable[..., Any], args: tuple = (), **kwargs: Any) -> threading.Thread:
            name = getattr(later, "name", None)
            if name is None:
                return threading.Thread(target=target, args=args, **kwargs)
            pending = self.events.under_way("pending", name)
            pending.__enter__()

            def attempts() -> None:
                with _closing(pending):
                    target(*args)

            return threading.Thread(target=attempts, **kwargs)

        return thread

    def hold_schedules(self, eventbridge: Any, scheduler: Any) -> None:
        """Has schedules wait while they are paused."""

        def held(tick: Callable[[], None]) -> Callable[[], None]:
            def ticked() -> None:
                if not self._paused.is_set():
                    with deliveries.invoked_by(deliveries.SCHEDULE):
                        tick()

            return ticked

        eventbridge._tick_scheduled_rules, scheduler._tick_schedules = held(eventbridge._tick_scheduled_rules), held(scheduler._tick_schedules)

    def count_dead_letters(self, lambda_svc: Any, sqs: Any) -> None:
        """Counts what is given up: by queues, streams and asynchronous invocations."""
        route, record, sweep = lambda_svc._route_async_failure, lambda_svc._send_ddb_stream_failure_record, sqs._dlq_sweep

        def routed(target: str, function: str, *args: Any) -> Any:
            self.events.dead_letter(function)
            return route(target, function, *args)

        def recorded(esm: dict, function: dict, *args: Any) -> Any:
            self.events.dead_letter(deliveries.name_of(function))
            return record(esm, function, *args)

        def swept(queue: dict) -> None:
            before = len(queue["messages"])
            sweep(queue)
            moved = before - len(queue["messages"])
            if moved > 0:
                self.events.dead_letter(queue["attributes"].get("QueueArn", "").rpartition(":")[2], moved)

        lambda_svc._route_async_failure, lambda_svc._send_ddb_stream_failure_record, sqs._dlq_sweep = routed, recorded, swept

    def processes(self, _document: dict) -> list[dict]:
        """Lists the live processes of functions."""
        from ministack.core import lambda_runtime

        with lambda_runtime._lock:
            workers = [worker for pool in lambda_runtime._workers.values() for worker in pool]
        found = [(worker, worker._proc) for worker in workers]
        return [
            {
                "pid": process.pid,
                "function": worker.func_name,
                "busy": worker.in_use,
                "age_seconds": round(time.monotonic() - getattr(worker, "began", time.monotonic()), 3),
            }
            for worker, process in found
            if process is not None and process.poll() is None
        ]

    def set_rules(self, document: dict) -> dict:
        """Replaces the rules of deliveries."""
        self.events.set(deliveries.Rules.read(document))
        return {}

    def set_clock(self, document: dict) -> dict:
        """Moves the clocks."""
        self.clock.move(
            int(document["offset_seconds"]),
            int(document.get("spread_seconds", 0)),
            lambda passed: clockwork.let_time_pass(passed, list(self._batches.values())),
        )
        return {"offset_seconds": self.clock.offset, "spread_seconds": self.clock.spread}

    def pause_schedules(self, document: dict) -> dict:
        """Pauses the schedules, or lets them go on."""
        if document["paused"]:
            self._paused.set()
        else:
            self._paused.clear()
        return {}

    def run_schedules(self, document: dict) -> dict:
        """Runs schedules out of turn, paused or not."""
        found = list(stillness.schedules_of(document["function"]))
        if not found:
            raise ValueError(f"no schedule calls a function whose name contains {document['function']!r}")
        times = int(document.get("times", 1))
        if not 1 <= times <= MOST_RUNS:
            raise ValueError(f"times is from 1 to {MOST_RUNS}: {times}")
        stillness.run_at_once(found, times, lambda: deliveries.invoked_by(deliveries.SCHEDULE))
        return {"schedules": [schedule.name for schedule in found], "runs": times * len(found)}

    def counts(self, _document: dict) -> dict:
        """Returns what happened so far."""
        return self.events.counts()

    def quiet(self, _document: dict) -> dict:
        """Returns whether nothing is left to be handled."""
        begun, running = self.events.busy()
        why = [f"{source} of {name}: {count} under way" for source, counts in running.items() for name, count in counts.items()]
        why += [*stillness.waiting_messages(), *stillness.unread_records()]
        if not why and self.events.busy()[0] != begun:
            why = ["something began meanwhile"]
        return {"quiet": not why, "why": why, "dead_letters": stillness.dead_letters()}


@contextmanager
def _closing(entered: Any) -> Iterator[None]:
    """Leaves a context that another thread entered."""
    try:
        yield
    finally:
        entered.__exit__(None, None, None)


def serve(nemesis: Nemesis, port: int) -> http.server.ThreadingHTTPServer:
    """Starts the control at a port of the loopback."""
    routes = {
        ("GET", "/processes"): nemesis.processes,
        ("PUT", "/rules"): nemesis.set_rules,
        ("PUT", "/clock"): nemesis.set_clock,
        ("PUT", "/schedules"): nemesis.pause_schedules,
        ("POST", "/schedules/run"): nemesis.run_schedules,
        ("GET", "/counts"): nemesis.counts,
        ("GET", "/quiet"): nemesis.quiet,
    }

    class Control(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: Any) -> None:
            """A campaign polls: its requests are no news."""

        def _answer(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            body = self.rfile.read(min(length, LARGEST_REQUEST))
            status, answer = _perform(routes.get((self.command, self.path)), body)
            text = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        do_GET = do_PUT = do_POST = _answer

    server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Control)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True, name="nemesis").start()
    return server


def _perform(command: Callable[[dict], Any] | None, body: bytes) -> tuple[int, Any]:
    """Returns the status and the answer of a request."""
    if command is None:
        return 404, {"error": "no such route"}
    try:
        return 200, command(json.loads(body) if body else {})
    except (KeyError, TypeError, ValueError) as error:
        return 400, {"error": f"{type(error).__name__}: {error}"}
    except Exception as error:
        print(f"nemesis: {type(error).__name__}: {error}", file=sys.stderr, flush=True)
        return 500, {"error": f"{type(error).__name__}: {error}"}
