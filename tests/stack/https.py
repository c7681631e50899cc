"""Runs functions over HTTPS, as on AWS. The local stack speaks HTTP, so that nothing else would notice a client without TLS or without roots to trust.

The certificate is of the run's own making. A function trusts what `SSL_CERT_FILE` names: on Lambda its system's bundle, which is found by itself.
"""

import contextlib
import ssl
from collections.abc import Iterator
from pathlib import Path

import trustme

from holdfast import invoke
from holdfast.project import LocalStack
from holdfast.report import Failure, step
from stack import bridge, local

# A function for each client: DynamoDB and EventBridge, Secrets Manager, SQS and SNS. Each with what shows that its calls went through.
FUNCTIONS = {
    "GetReady": lambda answer: answer["statusCode"] == 200,
    "LogInByEmail": lambda answer: answer["statusCode"] < 500,
    "SendEmailCode": lambda answer: answer["statusCode"] < 500,
    "DeliverCode": lambda answer: answer["batchItemFailures"] == [],
}
# What asks most, and answers 503 when it reaches nothing.
UNTRUSTING = "GetReady"


def test(stack: LocalStack) -> None:
    """Runs a function for each client against an endpoint that they trust, and one against an endpoint that it does not."""
    with step("functions over HTTPS") as current, _endpoint(stack) as (url, trusted, stranger):
        for function, right in FUNCTIONS.items():
            answer = _run(stack, function, url, trusted)
            if not right(answer):
                raise Failure(f"{function} answered {answer} over HTTPS")
        refused = _run(stack, UNTRUSTING, url, stranger)
        if refused.get("statusCode") != 503:
            raise Failure(f"{UNTRUSTING} answered {refused} where nobody that it trusts had signed the certificate")
        current.end(f"{', '.join(FUNCTIONS)}; refused where the certificate is not trusted")


def _run(stack: LocalStack, function: str, url: str, trusted: str) -> dict:
    """What the function answers to its sample, with this endpoint for AWS and this file of roots."""
    event = (invoke.EVENTS / f"{invoke.handler_of(function)}.json").read_bytes()
    return invoke.run(stack, local.session(), function, event, {"AWS_ENDPOINT_URL": url, "SSL_CERT_FILE": trusted}).answer


@contextlib.contextmanager
def _endpoint(stack: LocalStack) -> Iterator[tuple[str, str, str]]:
    """The stack's endpoint by HTTPS, the roots that its certificate is signed by, and roots that have not signed it."""
    authority, another = trustme.CA(), trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    with contextlib.ExitStack() as files:
        trusted, stranger = (str(Path(files.enter_context(each.cert_pem.tempfile()))) for each in (authority, another))
        with bridge.tls(stack.endpoint, context) as port:
            yield f"https://127.0.0.1:{port}", trusted, stranger
