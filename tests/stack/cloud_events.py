"""The events of a stack read with the official SDKs of CloudEvents: what the bus and a webhook endpoint really got.

See docs/events.md.
"""

import contextlib
import json
import secrets
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from holdfast import process
from holdfast.api import Api, log_in
from holdfast.project import API_TOOLS, ROOT, LocalStack, read_env_file, tool_environment
from holdfast.report import Failure, step
from stack import browser, local

DIRECTORY = ROOT / "tests" / "api"
EVENTS = ROOT / "target" / "cloud-events"
# What has to be among the events of a journey, and how long the last of them may take.
WANTED = frozenset({"catalog.product_changed.v1", "orders.order_placed.v1", "orders.order_paid.v1", "orders.order_canceled.v1", "payments.payment_succeeded.v1"})
PATIENCE_SECONDS = 30
POLL_SECONDS = 0.5


@contextlib.contextmanager
def read_afterwards(stack: LocalStack) -> Iterator[None]:
    """Collects what the bus and a webhook endpoint get while the block runs, and reads it with both SDKs afterwards."""
    with step("listening to events"):
        collected = contextlib.ExitStack()
        bus = collected.enter_context(_Bus(stack))
        webhooks = collected.enter_context(_Webhooks(stack))
    with collected:
        yield
        with step("waiting for events") as current:
            files = {"bus": _complete(bus.seen), "webhooks": _complete(webhooks.seen)}
            current.end(", ".join(f"{len(events)} of {name}" for name, events in files.items()))
    EVENTS.mkdir(parents=True, exist_ok=True)
    for name, events in files.items():
        (EVENTS / f"{name}.json").write_text(json.dumps(events))
    paths = [str(EVENTS / f"{name}.json") for name in files]
    process.run([str(API_TOOLS / "python"), str(DIRECTORY / "cloud_events.py"), *paths], tool_environment(), ROOT, "the SDK of CloudEvents in Python")
    browser.install(DIRECTORY)
    browser.script(DIRECTORY / "cloud_events.mjs", "the SDK of CloudEvents in JavaScript", *paths)


def _complete(seen: "Iterator[list[str]]") -> list[str]:
    """The events of a listener, once those that are wanted are among them."""
    deadline, events = time.monotonic() + PATIENCE_SECONDS, []
    for events in seen:
        absent = WANTED - {json.loads(each)["type"] for each in events}
        if not absent:
            return events
        if time.monotonic() > deadline:
            break
        time.sleep(POLL_SECONDS)
    raise Failure(f"{', '.join(sorted(absent))} did not arrive among {len(events)} events")


class _Bus:
    """A queue with everything that the stack's contexts publish."""

    def __init__(self, stack: LocalStack):
        self._bus, self._name = stack.name, f"cloud-events-{secrets.token_hex(6)}"
        aws = local.session()
        self._events, self._queues = aws.client("events"), aws.client("sqs")

    def __enter__(self) -> "_Bus":
        self._queue = self._queues.create_queue(QueueName=self._name)["QueueUrl"]
        arn = self._queues.get_queue_attributes(QueueUrl=self._queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        self._events.put_rule(Name=self._name, EventBusName=self._bus, EventPattern=json.dumps({"source": [{"prefix": "holdfast."}]}))
        self._events.put_targets(Rule=self._name, EventBusName=self._bus, Targets=[{"Id": "queue", "Arn": arn}])
        return self

    def __exit__(self, *_: object) -> None:
        self._events.remove_targets(Rule=self._name, EventBusName=self._bus, Ids=["queue"])
        self._events.delete_rule(Name=self._name, EventBusName=self._bus)
        self._queues.delete_queue(QueueUrl=self._queue)

    @property
    def seen(self) -> Iterator[list[str]]:
        """All details that came so far, each time it is asked."""
        events: list[str] = []
        while True:
            while messages := self._queues.receive_message(QueueUrl=self._queue, MaxNumberOfMessages=10).get("Messages"):
                for message in messages:
                    events.append(json.dumps(json.loads(message["Body"])["detail"]))
                    self._queues.delete_message(QueueUrl=self._queue, ReceiptHandle=message["ReceiptHandle"])
            yield events


class _Webhooks:
    """An endpoint on this machine to which every event is posted."""

    def __init__(self, stack: LocalStack):
        self._stack = stack
        self._bodies: list[str] = []

    def __enter__(self) -> "_Webhooks":
        bodies = self._bodies

        class Receiver(BaseHTTPRequestHandler):
            """Keeps what is posted."""

            def do_POST(self) -> None:
                bodies.append(self.rfile.read(int(self.headers["content-length"])).decode())
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Says nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self._operator = _operator(self._stack)
        wish = {"url": f"http://127.0.0.1:{self._server.server_port}/", "eventTypes": ["*"]}
        self._endpoint = self._operator.expect(201, "POST", "/api/v1/webhooks/endpoints", wish).json()["id"]
        return self

    def __exit__(self, *_: object) -> None:
        self._operator.expect(204, "DELETE", f"/api/v1/webhooks/endpoints/{self._endpoint}")
        self._server.shutdown()
        self._server.server_close()

    @property
    def seen(self) -> Iterator[list[str]]:
        """All bodies that came so far, each time it is asked."""
        while True:
            yield list(self._bodies)


def _operator(stack: LocalStack) -> Api:
    """The stack's operator, who may register endpoints."""
    given, api = read_env_file(stack.env_file), Api(stack.api_url)
    if (answer := log_in(api, given["OPERATOR_EMAIL"], given["OPERATOR_PASSWORD"])).status != 200:
        raise Failure(f"logging the operator in answered {answer.problem()}")
    return api
