"""An emulator that saves its state while it runs and stops in time, with a queue that is long and read."""

import contextlib
import io
import json
import os
import signal
import tempfile
import threading
import time
import unittest
import zipfile
from pathlib import Path
from typing import Any
from unittest import mock

import boto3

from holdfast import local_stack, process, saved_state
from holdfast.project import LOCAL_KEY, LOCAL_REGION, LocalStack
from holdfast.report import Failure
from stack import emulator

ROLE = "arn:aws:iam::000000000000:role/reader"
# As after an import of the sample catalog a thousand times over, with an endpoint that subscribes to everything.
LONG = 30_000
# More than a stop with that queue takes on a busy machine, and less than the pollers alone would need.
PATIENCE_SECONDS = 30.0
# A function that needs no compiler: it works on each batch for a moment, and keeps what it had.
BOOTSTRAP = r"""#!/usr/bin/python3 -IS
import json, os, time, urllib.request
api = "http://" + os.environ["AWS_LAMBDA_RUNTIME_API"] + "/2018-06-01/runtime/invocation/"
while True:
    with urllib.request.urlopen(api + "next") as given:
        event, request = json.load(given), given.headers["Lambda-Runtime-Aws-Request-Id"]
    time.sleep(0.1)
    with open(os.environ["SEEN"], "a") as file:
        file.write("".join(each["body"][:8] + "\n" for each in event["Records"]))
    urllib.request.urlopen(urllib.request.Request(api + request + "/response", b"{}"))
"""


class Saving(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.stack = LocalStack(Path(directory.name), process.any_free_port())
        self.state = self.stack.directory / "state"
        self.seen = self.stack.directory / "seen"
        self.seen.write_text("")
        self.addCleanup(self.end)
        emulator.start(self.stack, follow_parent=True)
        self.sqs, self.iam, self.functions = (self.client(each) for each in ("sqs", "iam", "lambda"))

    def client(self, service: str) -> Any:
        make: Any = boto3.client
        return make(service, LOCAL_REGION, endpoint_url=self.stack.endpoint, aws_access_key_id=LOCAL_KEY, aws_secret_access_key=LOCAL_KEY)

    def end(self) -> None:
        if identity := local_stack.running(self.stack):
            identity.end_group()

    def queue(self, messages: int) -> str:
        url = self.sqs.create_queue(QueueName="long", Attributes={"VisibilityTimeout": "600"})["QueueUrl"]
        for begin in range(0, messages, 10):
            entries = [{"Id": str(each), "MessageBody": f"{each:08}" + "x" * 900} for each in range(begin, min(begin + 10, messages))]
            self.sqs.send_message_batch(QueueUrl=url, Entries=entries)
        return url

    def reader(self) -> None:
        """A function that reads the queue, twenty batches at a time."""
        trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
        every = {"Effect": "Allow", "Action": "*", "Resource": "*"}
        self.iam.create_role(RoleName="reader", AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]}))
        self.iam.put_role_policy(RoleName="reader", PolicyName="all", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [every]}))
        package = io.BytesIO()
        with zipfile.ZipFile(package, "w") as archive:
            entry = zipfile.ZipInfo("bootstrap")
            entry.external_attr = 0o755 << 16
            archive.writestr(entry, BOOTSTRAP)
        self.functions.create_function(
            FunctionName="Reader",
            Runtime="provided.al2023",
            Role=ROLE,
            Handler="x",
            Code={"ZipFile": package.getvalue()},
            Timeout=30,
            Environment={"Variables": {"SEEN": str(self.seen)}},
        )
        arn = f"arn:aws:sqs:{LOCAL_REGION}:000000000000:long"
        self.functions.create_event_source_mapping(FunctionName="Reader", EventSourceArn=arn, BatchSize=10, ScalingConfig={"MaximumConcurrency": 20})

    def saved_messages(self) -> set[str]:
        """The beginnings of the messages in the last save."""
        latest = saved_state.latest(self.state)
        assert latest
        saved = json.loads((latest / "sqs.json").read_text())
        return {message["body"][:8] for queue in saved["payload"]["queues"]["data"].values() for message in queue["messages"]}

    def waiting(self, url: str) -> int:
        counted = self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        return int(counted["ApproximateNumberOfMessages"]) + int(counted["ApproximateNumberOfMessagesNotVisible"])

    def wait_for(self, reached: Any, what: str) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not reached():
            self.assertLess(time.monotonic(), deadline, what)
            time.sleep(0.1)

    def test_a_stop_with_a_long_queue_that_is_read_is_quick_and_loses_no_message(self):
        self.queue(LONG)
        self.reader()
        self.wait_for(lambda: self.seen.stat().st_size, "the function got nothing")
        began = time.monotonic()
        self.assertTrue(local_stack.stop(self.stack))
        self.assertLess(time.monotonic() - began, PATIENCE_SECONDS)
        handled, saved = set(self.seen.read_text().split()), self.saved_messages()
        self.assertEqual(handled | saved, {f"{each:08}" for each in range(LONG)})
        self.assertGreater(len(saved), LONG // 2, "nothing would be shown by a queue that is read to its end")
        emulator.start(self.stack, follow_parent=True)
        after = {*self.saved_messages(), *self.seen.read_text().split()}
        self.assertEqual(len(after), LONG)

    def test_an_emulator_that_is_killed_outright_comes_up_with_its_last_save(self):
        url = self.queue(100)
        self.assertTrue(emulator.save(self.stack))
        saved = local_stack.saved(self.stack)
        self.assertLess(time.time() - saved, PATIENCE_SECONDS)
        self.sqs.send_message(QueueUrl=url, MessageBody="after the save")
        self.end()
        self.wait_for(lambda: local_stack.died(self.stack), "it lives")
        self.assertEqual(local_stack.saved(self.stack), saved)
        emulator.start(self.stack, follow_parent=True)
        self.assertEqual(self.waiting(url), 100)

    def test_an_emulator_saves_by_itself_when_something_changed_and_only_then(self):
        local_stack.stop(self.stack)
        with mock.patch.object(saved_state, "SAVE_SECONDS", 1):
            emulator.start(self.stack, follow_parent=True)
        url = self.queue(10)
        self.wait_for(lambda: "00000009" in (self.saved_messages() if saved_state.latest(self.state) else ""), "the messages were not saved")
        self.wait_for(lambda: time.time() - local_stack.saved(self.stack) > 3, "it saves although nothing changes")
        self.sqs.delete_queue(QueueUrl=url)
        self.wait_for(lambda: not self.saved_messages(), "the deletion was not saved")

    def test_who_has_to_kill_it_is_told_before_what_is_kept(self):
        self.queue(10)
        self.assertTrue(emulator.save(self.stack))
        identity, told = local_stack.running(self.stack), []
        os.kill(identity.pid, signal.SIGSTOP)

        def tell(text: str) -> None:
            told.append(text)
            self.assertTrue(identity.alive(), "it was killed before that was said")

        with contextlib.ExitStack() as patched:
            for module, name in ((local_stack, "STOP_SECONDS"), (local_stack, "NOTICE_SECONDS"), (saved_state, "SAVE_PATIENCE_SECONDS")):
                patched.enter_context(mock.patch.object(module, name, 0.3))
            with self.assertRaisesRegex(Failure, "had to be killed") as caught:
                local_stack.stop(self.stack, tell)
        self.assertRegex(told[0], r"did not stop within .* Its state of \d\d:\d\d:\d\d, \d+ seconds? ago, is kept\. What changed since is lost")
        self.assertIn("is kept", caught.exception.advice)
        self.assertEqual(len(self.saved_messages()), 10)

    def test_an_emulator_does_not_start_without_a_part_of_its_state(self):
        local_stack.stop(self.stack)
        file = saved_state.latest(self.state) / "sqs.json"
        file.write_text("{")
        with self.assertRaisesRegex(Failure, "ended as it started"):
            emulator.start(self.stack, follow_parent=True)
        self.assertIn("sqs.json cannot be read", self.stack.emulator_log.read_text())
        self.assertEqual(file.read_text(), "{")

    def test_a_last_save_that_fails_is_tried_again(self):
        self.queue(10)
        self.assertTrue(emulator.save(self.stack))
        self.state.rename(self.stack.directory / "elsewhere")
        self.state.write_text("no directory can be here")

        def repair() -> None:
            self.state.unlink()
            (self.stack.directory / "elsewhere").rename(self.state)

        repaired = threading.Timer(4.0, repair)
        repaired.start()
        self.addCleanup(repaired.join)
        self.assertTrue(local_stack.stop(self.stack))
        self.assertEqual(len(self.saved_messages()), 10)

    def test_a_stop_without_changes_saves_too_and_leaves_nothing_temporary(self):
        local_stack.stop(self.stack)
        self.assertIsNotNone(local_stack.saved(self.stack))
        self.assertFalse((self.stack.directory / "tmp").exists())


if __name__ == "__main__":
    unittest.main()
