"""The nemesis inside the emulator: its rules alone, and an emulator of its own with a small function."""

import io
import json
import socket
import tempfile
import threading
import time
import unittest
import urllib.error
import urllib.request
import zipfile
from collections import Counter
from pathlib import Path
from typing import Any

import boto3

from holdfast import local_stack, process
from holdfast.project import LOCAL_KEY, LOCAL_REGION, LocalStack
from stack import clockwork, deliveries, emulator
from stack.deliveries import ASYNCHRONOUS, FAULTS, QUEUE, STREAM, Deliveries, Rules, invoked_by

ROLE = "arn:aws:iam::000000000000:role/probe"
# How long an emulator takes at most to do what a test waits for.
PATIENCE_SECONDS = 30.0
HOUR = 3600
# A runtime of its own, which needs no compiler. It returns what it saw; a payload's "fail" makes it fail, its "seconds" make it sleep.
BOOTSTRAP = r"""#!/usr/bin/python3 -IS
import json, os, time, urllib.request
api = "http://" + os.environ["AWS_LAMBDA_RUNTIME_API"] + "/2018-06-01/runtime/invocation/"
while True:
    with urllib.request.urlopen(api + "next") as given:
        event, deadline = json.load(given), int(given.headers["Lambda-Runtime-Deadline-Ms"])
        request = given.headers["Lambda-Runtime-Aws-Request-Id"]
    bodies = [json.loads(each["body"]) for each in event.get("Records", []) if "body" in each]
    for each in [event, *bodies]:
        time.sleep(each.get("seconds", 0))
    seen = {"bodies": bodies, "time": time.time(), "left": deadline / 1000 - time.time(), "endpoint": os.environ["AWS_ENDPOINT_URL"], "pid": os.getpid()}
    with open(os.environ["SEEN"], "a") as file:
        file.write(json.dumps({**seen, "event": event}) + "\n")
    failed = any(each.get("fail") for each in [event, *bodies])
    answer = json.dumps({"errorType": "Asked", "errorMessage": "asked"} if failed else seen).encode()
    urllib.request.urlopen(urllib.request.Request(api + request + ("/error" if failed else "/response"), answer))
"""


def function(name: str = "Probe") -> dict:
    return {"config": {"FunctionName": name}}


def batch(*ids: str, fifo: bool = False) -> dict:
    return {"Records": [{"messageId": each, "eventSourceARN": "arn:aws:sqs:x:0:q" + ".fifo" * fifo} for each in ids]}


class Disturbed(unittest.TestCase):
    """Deliveries to a function that is a list of what it got."""

    def setUp(self):
        self.got: list[list[str]] = []
        self.slept: list[float] = []
        self.outcomes: list[dict] = []
        self.events = Deliveries(self.execute, self.slept.append)

    def execute(self, _function: dict, event: Any) -> dict:
        self.got.append([each["messageId"] for each in event["Records"]])
        return self.outcomes.pop(0) if self.outcomes else {"body": None}

    def deliver(self, event: dict, *faults: str, source: str | None = QUEUE, **rules: Any) -> dict:
        self.events.set(Rules.read({"seed": 7, "chances": dict.fromkeys(faults, 1000), **rules}))
        if source is None:
            return self.events(function(), event)
        with invoked_by(source):
            return self.events(function(), event)

    def test_no_chances_no_faults(self):
        self.assertEqual(self.deliver(batch("a", "b")), {"body": None})
        self.assertEqual(self.got, [["a", "b"]])
        self.assertEqual(self.events.counts()["faults"], dict.fromkeys(FAULTS, 0))

    def test_synchronous_invocations_are_left_alone(self):
        self.deliver(batch("a", "b"), *FAULTS, source=None)
        self.assertEqual((self.got, self.slept), ([["a", "b"]], []))
        self.assertEqual(self.events.counts()["invocations"], {"Probe": {"synchronous": 1}})

    def test_duplicate(self):
        self.deliver(batch("a"), "duplicate")
        self.assertEqual(self.got, [["a"], ["a"]])
        self.outcomes = [{"error": True}]
        self.assertTrue(self.deliver(batch("b"), "duplicate")["error"])
        self.assertEqual(self.got[2:], [["b"]])
        self.assertEqual(self.events.counts()["faults"]["duplicate"], 1)

    def test_delay(self):
        self.deliver(batch("a"), "delay", delay_ms=[200, 300])
        self.assertTrue(0.2 <= self.slept[0] <= 0.3, self.slept)

    def test_fail_after(self):
        self.assertTrue(self.deliver(batch("a"), "fail_after")["error"])
        self.assertEqual(self.got, [["a"]])
        self.assertEqual(self.events.counts()["failures"], {"Probe": 1})

    def test_replay(self):
        self.deliver(batch("a"), "replay")
        self.deliver(batch("b"), "replay")
        self.assertEqual(self.got, [["a"], ["b"], ["a"]])

    def test_no_more_than_the_last_events_are_kept(self):
        for number in range(deliveries.KEPT_EVENTS + 5):
            self.deliver(batch(str(number)))
        self.assertEqual(len(self.events._former["Probe"]), deliveries.KEPT_EVENTS)
        self.assertNotIn('"4"', "".join(self.events._former["Probe"]))

    def test_split(self):
        self.outcomes = [{"body": {"batchItemFailures": [{"itemIdentifier": "a"}]}}, {"body": {"batchItemFailures": [{"itemIdentifier": "c"}]}}]
        result = self.deliver(batch("a", "b", "c"), "split")
        self.assertEqual(len(self.got), 2)
        self.assertEqual(sum(self.got, []), ["a", "b", "c"])
        self.assertEqual([each["itemIdentifier"] for each in result["body"]["batchItemFailures"]], ["a", "c"])
        self.outcomes = [{"body": None}, {"error": True, "body": {}}]
        self.assertTrue(self.deliver(batch("a", "b"), "split")["error"])

    def test_a_stream_goes_no_further_than_a_failure(self):
        self.outcomes = [{"error": True, "body": {}}]
        self.assertTrue(self.deliver(batch("a", "b"), "split", source=STREAM)["error"])
        self.assertEqual(self.got, [["a"]])

    def test_reorder(self):
        self.deliver(batch("a", "b", "c"), "reorder")
        self.assertEqual(sorted(self.got[0]), ["a", "b", "c"])
        self.assertNotEqual(self.got[0], ["a", "b", "c"])
        self.deliver(batch("a", "b", fifo=True), "reorder")
        self.deliver(batch("a", "b"), "reorder", source=STREAM)
        self.assertEqual(self.got[1:], [["a", "b"], ["a", "b"]])

    def test_only_chosen_functions(self):
        self.deliver(batch("a"), "duplicate", only=["Other"])
        self.deliver(batch("b"), "duplicate", only=["Pro"])
        self.assertEqual(self.got, [["a"], ["b"], ["b"]])

    def test_the_same_seed_does_the_same(self):
        def drawn(rules: Rules) -> list[set[str]]:
            return [rules.draw("Probe", ordinal)[0] for ordinal in range(200)]

        half = dict.fromkeys(FAULTS, 500)
        self.assertEqual(drawn(Rules(1, half)), drawn(Rules(1, half)))
        self.assertNotEqual(drawn(Rules(1, half)), drawn(Rules(2, half)))
        alone = drawn(Rules(1, {"split": 500}))
        self.assertEqual([faults & {"split"} for faults in drawn(Rules(1, half))], alone)
        self.assertTrue(60 < sum(map(len, alone)) < 140)

    def test_wrong_rules_are_refused(self):
        for document in ({"chances": {"flood": 1}}, {"chances": {"delay": 1001}}, {"delay_ms": [2, 1]}, {"delay_ms": [0, 10**6]}):
            with self.assertRaises(ValueError):
                Rules.read(document)

    def test_what_is_under_way(self):
        seen = []
        self.events = Deliveries(lambda _function, _event: seen.append(self.events.busy()) or {"body": None})
        self.deliver(batch("a"), source=ASYNCHRONOUS)
        self.assertEqual(seen, [(1, {"asynchronous": {"Probe": 1}})])
        self.assertEqual(self.events.busy(), (1, {}))


class Moved(unittest.TestCase):
    def test_files_of_a_clock(self):
        with tempfile.TemporaryDirectory() as directory:
            clock = clockwork.Clock(Path(directory))
            clock.prepare()
            passed = []
            clock.move(100, 10, passed.append)
            self.assertEqual(passed, [100])
            self.assertEqual(clock.file().read_text(), "+100\n")
            self.assertEqual([clock.file(lead).read_text() for lead in clockwork.LEADS], ["+100\n", "+110\n", "+90\n", "+105\n", "+95\n"])
            self.assertEqual([clock.next_lead() for _ in range(6)], [*clockwork.LEADS, clockwork.LEADS[0]])
            for offset, spread in ((99, 0), (100, -1)):
                with self.assertRaises(ValueError):
                    clock.move(offset, spread)


class Pipe(threading.Thread):
    """A proxy that forwards bytes as they are."""

    def __init__(self, target: int) -> None:
        super().__init__(daemon=True)
        self.target, self.forwarded = target, 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.start()

    def run(self) -> None:
        while True:
            inward, _ = self.listener.accept()
            outward = socket.create_connection(("127.0.0.1", self.target))
            for source, sink in ((inward, outward), (outward, inward)):
                threading.Thread(target=self.forward, args=(source, sink), daemon=True).start()

    def forward(self, source: socket.socket, sink: socket.socket) -> None:
        while data := source.recv(65536):
            self.forwarded += 1
            sink.sendall(data)
        sink.close()


class Emulated(unittest.TestCase):
    """One hostile emulator with a function, a queue and a table, whose messages and records the function gets."""

    stack: LocalStack
    seen: Path
    proxy: "Pipe"
    control: str
    url: str
    functions: Any
    sqs: Any
    dynamodb: Any
    scheduler: Any

    @classmethod
    def setUpClass(cls):
        directory = tempfile.TemporaryDirectory()
        cls.addClassCleanup(directory.cleanup)
        cls.stack = LocalStack(Path(directory.name), process.any_free_port(), persistent=False)
        cls.seen = Path(directory.name) / "seen.jsonl"
        cls.proxy = Pipe(cls.stack.port)
        cls.control = f"http://127.0.0.1:{process.any_free_port()}"
        hostile = emulator.Hostile(int(cls.control.rpartition(":")[2]), f"http://127.0.0.1:{cls.proxy.port}")
        emulator.start(cls.stack, follow_parent=True, hostile=hostile)
        cls.addClassCleanup(local_stack.stop, cls.stack)
        cls.functions, cls.sqs, cls.dynamodb, cls.scheduler = (cls.client(name) for name in ("lambda", "sqs", "dynamodb", "scheduler"))
        cls.role()
        cls.function("Probe")
        cls.queue("work", "Probe")

    @classmethod
    def client(cls, service: str) -> Any:
        make: Any = boto3.client
        return make(service, LOCAL_REGION, endpoint_url=cls.stack.endpoint, aws_access_key_id=LOCAL_KEY, aws_secret_access_key=LOCAL_KEY)

    @classmethod
    def role(cls) -> None:
        """What functions, queues and schedules act as, with every right."""
        iam, name = cls.client("iam"), ROLE.rpartition("/")[2]
        trust = {"Effect": "Allow", "Principal": {"Service": ["lambda.amazonaws.com", "scheduler.amazonaws.com"]}, "Action": "sts:AssumeRole"}
        every = {"Effect": "Allow", "Action": "*", "Resource": "*"}
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]}))
        iam.put_role_policy(RoleName=name, PolicyName="all", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [every]}))

    @classmethod
    def function(cls, name: str) -> None:
        package = io.BytesIO()
        with zipfile.ZipFile(package, "w") as archive:
            entry = zipfile.ZipInfo("bootstrap")
            entry.external_attr = 0o755 << 16
            archive.writestr(entry, BOOTSTRAP)
        environment = {"Variables": {"SEEN": str(cls.seen)}}
        cls.functions.create_function(
            FunctionName=name, Runtime="provided.al2023", Role=ROLE, Handler="x", Code={"ZipFile": package.getvalue()}, Timeout=20, Environment=environment
        )

    @classmethod
    def queue(cls, name: str, function_name: str) -> None:
        dead = cls.sqs.create_queue(QueueName=f"{name}-dead")["QueueUrl"]
        arn = cls.sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        policy = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 2})
        cls.url = cls.sqs.create_queue(QueueName=name, Attributes={"VisibilityTimeout": "600", "RedrivePolicy": policy})["QueueUrl"]
        cls.functions.create_event_source_mapping(FunctionName=function_name, EventSourceArn=arn.removesuffix("-dead"), BatchSize=10)

    def call(self, method: str, path: str, document: dict | None = None) -> Any:
        request = urllib.request.Request(self.control + path, json.dumps(document).encode() if document is not None else None, method=method)
        with local_stack.DIRECT.open(request, timeout=PATIENCE_SECONDS) as answer:
            return json.load(answer)

    def setUp(self):
        self.seen.unlink(missing_ok=True)
        self.call("PUT", "/rules", {"chances": {}})
        self.addCleanup(self.call, "PUT", "/rules", {"chances": {}})

    def invoke(self, **payload: Any) -> dict:
        return json.load(self.functions.invoke(FunctionName="Probe", Payload=json.dumps(payload))["Payload"])

    def send(self, *bodies: dict) -> None:
        entries = [{"Id": str(number), "MessageBody": json.dumps(body)} for number, body in enumerate(bodies)]
        self.sqs.send_message_batch(QueueUrl=self.url, Entries=entries)

    def lines(self) -> list[dict]:
        return [json.loads(line) for line in self.seen.read_text().splitlines()] if self.seen.exists() else []

    def until(self, condition: Any, what: str) -> Any:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not (found := condition()):
            self.assertLess(time.monotonic(), deadline, what)
            time.sleep(0.05)
        return found

    def until_quiet(self) -> None:
        self.until(lambda: self.call("GET", "/quiet")["quiet"], "not quiet")

    def busy(self) -> bool:
        return any(each["busy"] for each in self.call("GET", "/processes"))

    def emulator_offset(self) -> int:
        """The present offset, which tests go on from: the refusal of a step back names it."""
        try:
            self.call("PUT", "/clock", {"offset_seconds": -1})
        except urllib.error.HTTPError as refused:
            return int(json.load(refused)["error"].split("present ")[1].split(",")[0])
        raise AssertionError("the clock went back")

    def test_functions_use_the_proxy_and_are_listed(self):
        seen = self.invoke()
        self.assertEqual(seen["endpoint"], f"http://127.0.0.1:{self.proxy.port}")
        listed = {each["pid"]: each for each in self.call("GET", "/processes")}
        self.assertEqual((listed[seen["pid"]]["function"], listed[seen["pid"]]["busy"]), ("Probe", False))
        through = boto3.client("sqs", LOCAL_REGION, endpoint_url=seen["endpoint"], aws_access_key_id=LOCAL_KEY, aws_secret_access_key=LOCAL_KEY)
        self.assertIn("QueueArn", through.get_queue_attributes(QueueUrl=self.url, AttributeNames=["QueueArn"])["Attributes"])
        self.assertGreater(self.proxy.forwarded, 0)

    def test_a_busy_process(self):
        self.send({"seconds": 1})
        busy = self.until(lambda: [each for each in self.call("GET", "/processes") if each["busy"]], "no process became busy")
        self.assertEqual(busy[0]["function"], "Probe")
        self.assertFalse(self.call("GET", "/quiet")["quiet"])
        self.until_quiet()
        self.assertFalse(any(each["busy"] for each in self.call("GET", "/processes")))

    def test_a_duplicate_from_a_queue(self):
        before = self.call("GET", "/counts")["faults"]["duplicate"]
        self.call("PUT", "/rules", {"chances": {"duplicate": 1000}})
        self.send({"duplicate": 1})
        self.until(lambda: len(self.lines()) == 2, "no duplicate")
        self.until_quiet()
        counts = self.call("GET", "/counts")
        self.assertEqual(counts["faults"]["duplicate"], before + 1)
        self.assertGreaterEqual(counts["invocations"]["Probe"]["sqs"], 2)

    def test_a_lost_outcome_comes_again_when_its_time_has_passed_and_becomes_a_dead_letter(self):
        self.call("PUT", "/rules", {"chances": {"fail_after": 1000}})
        dead = self.call("GET", "/quiet")["dead_letters"]["work-dead"]
        for attempt in (1, 2):
            if attempt == 1:
                self.send({"lost": 1})
            self.until(lambda attempt=attempt: len(self.lines()) == attempt and not self.busy(), f"no attempt {attempt}")
            self.assertIn("1 in flight", " ".join(self.call("GET", "/quiet")["why"]))
            self.call("PUT", "/clock", {"offset_seconds": self.emulator_offset() + 700})
        self.until_quiet()
        self.assertEqual(self.call("GET", "/quiet")["dead_letters"]["work-dead"], dead + 1)
        self.assertGreaterEqual(self.call("GET", "/counts")["dead_letters"]["work"], 1)

    def test_a_jump_of_the_clock_during_a_batch_does_not_deliver_it_again(self):
        self.send({"seconds": 1.5})
        self.until(self.busy, "no process became busy")
        self.call("PUT", "/clock", {"offset_seconds": self.emulator_offset() + HOUR})
        self.until_quiet()
        self.assertEqual(len(self.lines()), 1)

    def test_hours_and_a_spread(self):
        offset = self.emulator_offset() + 30 * HOUR
        self.invoke()
        self.call("PUT", "/clock", {"offset_seconds": offset, "spread_seconds": 200})
        self.addCleanup(self.call, "PUT", "/clock", {"offset_seconds": offset, "spread_seconds": 0})
        threads = [threading.Thread(target=self.invoke, kwargs={"seconds": 1}) for _ in range(5)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        lines = [line for line in self.lines() if line["event"].get("seconds")]
        leads = Counter(round(line["time"] - time.time() - offset, -1) for line in lines)
        self.assertGreaterEqual(len(leads), 3, leads)
        self.assertTrue(all(abs(lead) <= 210 for lead in leads), leads)
        self.assertGreaterEqual(max(leads) - min(leads), 100)
        # Each has its whole time by its own clock, of which the probe sleeps one second.
        slept = [line["left"] for line in lines]
        self.assertTrue(all(15 < left < 21 for left in slept), slept)

    def test_a_stream_and_its_split(self):
        key = {"AttributeName": "PK"}
        made = self.dynamodb.create_table(
            TableName="rows",
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{**key, "AttributeType": "S"}],
            KeySchema=[{**key, "KeyType": "HASH"}],
            StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
        )
        source = made["TableDescription"]["LatestStreamArn"]
        self.functions.create_event_source_mapping(FunctionName="Probe", EventSourceArn=source, StartingPosition="TRIM_HORIZON", BatchSize=10)
        self.call("PUT", "/rules", {"chances": {"split": 1000}})
        rows = [{"Put": {"TableName": "rows", "Item": {"PK": {"S": str(number)}}}} for number in range(4)]
        self.dynamodb.transact_write_items(TransactItems=rows)
        self.until_quiet()
        read = [[record["dynamodb"]["Keys"]["PK"]["S"] for record in line["event"]["Records"]] for line in self.lines()]
        self.assertEqual(sum(read, []), ["0", "1", "2", "3"])
        self.assertGreaterEqual(self.call("GET", "/counts")["invocations"]["Probe"]["stream"], 2)

    def test_schedules_pause_and_run_in_bunches(self):
        arn = self.functions.get_function_configuration(FunctionName="Probe")["FunctionArn"]
        self.scheduler.create_schedule(
            Name="minutely",
            ScheduleExpression="rate(1 minute)",
            FlexibleTimeWindow={"Mode": "OFF"},
            Target={"Arn": arn, "RoleArn": ROLE, "Input": json.dumps({"scheduled": True})},
        )
        self.addCleanup(self.scheduler.delete_schedule, Name="minutely")
        self.call("PUT", "/schedules", {"paused": True})
        self.addCleanup(self.call, "PUT", "/schedules", {"paused": False})
        self.call("PUT", "/clock", {"offset_seconds": self.emulator_offset() + HOUR})
        done = self.call("POST", "/schedules/run", {"function": "Prob", "times": 3})
        self.assertEqual(done, {"schedules": ["minutely"], "runs": 3})
        self.until_quiet()
        # Longer than the emulator's scheduler takes to look.
        time.sleep(11)
        self.assertEqual([line["event"] for line in self.lines()], [{"scheduled": True}] * 3)
        self.assertEqual(self.call("GET", "/counts")["invocations"]["Probe"]["schedule"], 3)
        self.call("PUT", "/schedules", {"paused": False})
        self.until(lambda: len(self.lines()) == 4, "the schedule did not go on")
        with self.assertRaises(urllib.error.HTTPError) as refused:
            self.call("POST", "/schedules/run", {"function": "Nobody"})
        self.assertEqual(refused.exception.code, 400)

    def test_an_asynchronous_invocation_is_under_way_until_its_last_attempt(self):
        self.functions.invoke(FunctionName="Probe", InvocationType="Event", Payload=b'{"fail": true}')
        seen = set()
        self.until(lambda: seen.add(self.call("GET", "/quiet")["quiet"]) or len(self.lines()) == 3, "not three attempts")
        self.assertEqual(seen, {False})
        self.until_quiet()


if __name__ == "__main__":
    unittest.main()
