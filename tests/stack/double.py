"""Starts and stops the YooKassa stub beside a stack, and makes it the stack's provider.

See docs/payments.md, "The YooKassa stub".
"""

import contextlib
import json
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from holdfast import build, local_stack, process
from holdfast.local_stack import DIRECT
from holdfast.prerequisites import check
from holdfast.project import LocalStack, tool_environment
from holdfast.report import Failure, say, step
from stack import local

# The only account that the YooKassa stub knows. These are no secrets: no money moves there.
SHOP_ID, SECRET_KEY = "100500", "test_key"
# Where the stack's Secrets Manager keeps those.
SECRET_NAME = "holdfast-local/yookassa"
WEBHOOK_PATH = "/api/v1/webhooks/payment/yookassa"
# The stub runs on this machine, and its notifications come from there.
SOURCES = "127.0.0.0/8,::1"
START_SECONDS = 15.0
STOP_SECONDS = 5.0
# A temper to try by hand: random faults, and customers who pay by themselves (docs/payments.md, "Random faults").
HOSTILE = json.dumps({"seed": 1, "chances": {"drop_after": 50, "late_notification": 200}, "payers": {"pay": 900, "after_ms": 3000}})
# The black-box tests that need it, which are ignored otherwise.
TESTS = ("--test", "blackbox", "--", "--ignored", "yookassa::", "--skip", "yookassa::receipts::")
# Those that need a merchant who sends receipts, and what makes the stack one of them.
RECEIPT_TESTS = ("--test", "blackbox", "--", "--ignored", "yookassa::receipts::")
RECEIPTS = {"SendReceipts": "true", "ReceiptTaxSystem": "1", "ReceiptVatCode": "1"}


@dataclass(frozen=True)
class Double:
    """A running YooKassa stub."""

    url: str

    def parameters(self, secrets: Any) -> dict[str, str]:
        """Returns the template's parameters that make it a stack's provider. `secrets` is a Secrets Manager client of that stack."""
        return {
            "PaymentProvider": "yookassa",
            "YooKassaApiUrl": f"{self.url}/v3",
            "YooKassaSecretArn": _ensure_secret(secrets),
            "YooKassaSources": SOURCES,
        }


@contextlib.contextmanager
def running(stack: LocalStack, more: dict[str, str] | None = None) -> Iterator[Double]:
    """Runs a stub that sends its notifications to `stack`, on a free port; it is gone when the block ends in any way. `more` is added to its environment."""
    double = Double(f"http://127.0.0.1:{process.any_free_port()}")
    environment = {
        **tool_environment(),
        "YOOKASSA_DOUBLE_ADDRESS": double.url.removeprefix("http://"),
        "YOOKASSA_DOUBLE_SHOP": SHOP_ID,
        "YOOKASSA_DOUBLE_KEY": SECRET_KEY,
        "YOOKASSA_DOUBLE_WEBHOOK": f"{stack.api_url}{WEBHOOK_PATH}",
        # If this process is killed, the stub ends itself.
        "YOOKASSA_DOUBLE_FOLLOW_PARENT": "1",
        **(more or {}),
    }
    with step("starting YooKassa's double") as current:
        child = process.start([str(build.double_program())], environment, stack.directory, stack.double_log)
        identity = process.Identity.of(child.pid)
        current.end(double.url)
    try:
        _wait(double, child, stack)
        yield double
    finally:
        with step("stopping YooKassa's double"):
            identity.stop(STOP_SECONDS)


def serve() -> None:
    """`make double`: has the checkout's stack take money through the YooKassa stub, until interrupted."""
    check()
    stack = local_stack.running_stack()
    with step("building YooKassa's double", quiet=False):
        build.double()
    stack.use_in_this_process()
    with running(stack) as double:
        local.converge(stack, double.parameters(local.session().client("secretsmanager")))
        say(f"\nThe stack takes money through {double.url} until Ctrl-C. Try, in another terminal:")
        say("  make demo")
        say(f"  curl {double.url}/control/payments")
        say(f"  curl --json '{HOSTILE}' {double.url}/control/temper")
        say(f"  curl -X POST {double.url}/control/settle")
        say("  set -a; . .stack/env; set +a; cargo " + " ".join([*build.test(), *TESTS]))
        try:
            signal.pause()
        finally:
            say("\nThe stack's provider is gone. To give it the sandbox back: make up")


def _wait(double: Double, child: subprocess.Popen, stack: LocalStack) -> None:
    """Waits until the stub answers."""
    deadline = time.monotonic() + START_SECONDS
    while not _answers(double):
        if child.poll() is not None:
            raise Failure("YooKassa's double ended as it started", log=stack.double_log)
        if time.monotonic() > deadline:
            raise Failure(f"YooKassa's double did not answer within {START_SECONDS:.0f} s", log=stack.double_log)
        time.sleep(process.POLL_SECONDS)


def _answers(double: Double) -> bool:
    """Returns true when the stub is ready to be used."""
    try:
        with DIRECT.open(f"{double.url}/control/health", timeout=5) as answer:
            return answer.status == 200
    except OSError:
        return False


def _ensure_secret(secrets: Any) -> str:
    """Puts the merchant's credentials into the stack's Secrets Manager, and returns the secret's ARN."""
    text = json.dumps({"shopId": SHOP_ID, "secretKey": SECRET_KEY})
    try:
        return secrets.put_secret_value(SecretId=SECRET_NAME, SecretString=text)["ARN"]
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceNotFoundException":
            raise
    return secrets.create_secret(Name=SECRET_NAME, SecretString=text)["ARN"]
