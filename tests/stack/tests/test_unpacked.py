"""What unpacked functions take of the disk: the emulator's own pool of functions and its directories, without its server."""

import os
import subprocess
import tempfile
import unittest
from pathlib import Path

from holdfast.project import EMULATOR_PYTHON

HERE = Path(__file__).resolve().parents[1]
# Runs in the emulator's environment. Ten versions of a function of a megabyte each are called one after another, by a clock of the story's own.
STORY = r"""
import io, os, sys, zipfile
from ministack.core import lambda_runtime as runtime
from ministack.services import lambda_svc
import unpacked

BOOTSTRAP = b'''#!/usr/bin/python3 -IS
import os, urllib.request
api = "http://" + os.environ["AWS_LAMBDA_RUNTIME_API"] + "/2018-06-01/runtime/invocation/"
while True:
    with urllib.request.urlopen(api + "next") as given:
        request = given.headers["Lambda-Runtime-Aws-Request-Id"]
    urllib.request.urlopen(urllib.request.Request(api + request + "/response", b"{}"))
'''
MEGABYTE = 1024 * 1024
now = [1000.0]
kept = unpacked.Unpacked(lambda_svc, runtime, warm_seconds=300, most_bytes=4 * MEGABYTE, clock=lambda: now[0])
kept.note_use()

def package(filling):
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        entry = zipfile.ZipInfo("bootstrap")
        entry.external_attr = 0o755 << 16
        archive.writestr(entry, BOOTSTRAP)
        archive.writestr("filling", bytes([filling]) * MEGABYTE)
    return made.getvalue()

def call(name, filling, end=True):
    config = {"FunctionName": name, "Runtime": "provided.al2023", "FunctionArn": f"arn:aws:lambda:eu-central-2:000000000000:function:{name}", "Timeout": 20}
    worker, _ = runtime.acquire_worker(name, config, package(filling))
    answer = worker.invoke({}, "1")
    assert answer["status"] == "ok", answer
    worker.last_used = now[0]
    if end:
        runtime.release_worker(worker)
    return worker

def on_disk():
    root = lambda_svc._PROVIDED_CODE_CACHE
    return len(os.listdir(root)) if os.path.isdir(root) else 0
"""


class Unpacked(unittest.TestCase):
    def tell(self, story: str) -> None:
        """Runs a story, whose assertions are its own."""
        with tempfile.TemporaryDirectory() as directory:
            environment = {**os.environ, "PYTHONPATH": str(HERE), "TMPDIR": directory, "AWS_ENDPOINT_URL": "http://127.0.0.1:9"}
            ending = "\nruntime.reset()\nprint('told')\n"
            done = subprocess.run([str(EMULATOR_PYTHON), "-W", "ignore", "-c", STORY + story + ending], env=environment, capture_output=True, text=True, timeout=120)
        self.assertIn("told", done.stdout, done.stderr)

    def test_code_that_a_newer_version_replaced_is_removed(self):
        self.tell(
            """
for version in range(6):
    call("Checkout", version)
    # As at an update of its code.
    if version < 5:
        runtime.invalidate_worker("Checkout")
assert on_disk() == 6, on_disk()
kept.sweep()
assert on_disk() == 6, "it was handed out just now"
now[0] += unpacked.JUST_HANDED_SECONDS
kept.sweep()
assert on_disk() == 1, on_disk()
call("Checkout", 5)
"""
        )

    def test_a_function_that_is_idle_ends_and_is_unpacked_again_at_its_next_call(self):
        self.tell(
            """
call("Idle", 1), call("Busy", 2, end=False)
now[0] += 300
kept.sweep()
assert on_disk() == 1, on_disk()
assert sum(len(pool) for pool in runtime._workers.values()) == 1, runtime._workers
call("Idle", 1)
assert on_disk() == 2, on_disk()
"""
        )

    def test_there_is_a_limit_to_what_functions_in_use_take_too(self):
        self.tell(
            """
for number in range(10):
    call(f"Function{number}", number)
    now[0] += 10
    kept.sweep()
now[0] += unpacked.JUST_HANDED_SECONDS
kept.sweep()
assert kept.taken() <= 4 * MEGABYTE, kept.taken()
assert 0 < on_disk() <= 4, on_disk()
call("Function9", 9)
"""
        )


if __name__ == "__main__":
    unittest.main()
