"""What a request to AWS asks for, and how each service words an error.

The protocols are those of AWS's own descriptions of its services (https://smithy.io/2.0/aws/protocols/index.html): JSON with the operation in a header for
DynamoDB, SQS, EventBridge and Secrets Manager, forms and XML for SNS, REST for SES.
"""

import json
import urllib.parse
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

# Begins the header that names the operation, by service.
TARGETS = {"DynamoDB_20120810": "dynamodb", "AmazonSQS": "sqs", "AWSEvents": "events", "secretsmanager": "secretsmanager"}
# The names of DynamoDB's errors have this before them.
SHAPES = {"dynamodb": "com.amazonaws.dynamodb.v20120810#", "sqs": "com.amazonaws.sqs#", "events": "", "secretsmanager": ""}
SES_PATH = "/v2/email/outbound-emails"
# How each service says that it is asked too often, and that it failed: status and code.
THROTTLED = {
    "dynamodb": (400, "ThrottlingException"),
    "sqs": (403, "RequestThrottled"),
    "events": (400, "ThrottlingException"),
    "secretsmanager": (400, "ThrottlingException"),
    "sns": (400, "Throttling"),
    "ses": (429, "TooManyRequestsException"),
}
BROKEN = {
    "dynamodb": (500, "InternalServerError"),
    "sqs": (500, "InternalFailure"),
    "events": (500, "InternalException"),
    "secretsmanager": (500, "InternalServiceError"),
    "sns": (500, "InternalError"),
    "ses": (500, "InternalFailure"),
}


@dataclass(frozen=True)
class Asked:
    """A request to AWS: which service, which operation, and its body, where that is JSON."""

    service: str
    operation: str
    body: dict[str, Any]

    @property
    def name(self) -> str:
        """The service and the operation, as they are counted."""
        return f"{self.service}:{self.operation}"


@dataclass(frozen=True)
class Told:
    """An answer: its status, its headers and its bytes."""

    status: int
    headers: dict[str, str]
    body: bytes


def asked(method: str, path: str, headers: Mapping[str, str], body: bytes) -> Asked | None:
    """Returns what a request asks for; nothing when it is to none of the services that the campaign troubles."""
    prefix, _, operation = headers.get("X-Amz-Target", "").partition(".")
    if prefix in TARGETS:
        return Asked(TARGETS[prefix], operation, _object(body))
    if method == "POST" and path.split("?")[0] == SES_PATH:
        return Asked("ses", "SendEmail", _object(body))
    if headers.get("Content-Type", "").startswith("application/x-www-form-urlencoded"):
        action = urllib.parse.parse_qs(body.decode(errors="replace")).get("Action", [""])[0]
        return Asked("sns", action, {}) if action.startswith("Publish") else None
    return None


def _object(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body or b"{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def throttled(service: str) -> Told:
    """Returns the answer of a service that is asked too often."""
    return error(service, *THROTTLED[service], "Rate exceeded")


def broken(service: str) -> Told:
    """Returns the answer of a service that failed, before or after it did what it was asked for."""
    return error(service, *BROKEN[service], "An internal error occurred")


def error(service: str, status: int, code: str, message: str, more: dict[str, Any] | None = None) -> Told:
    """Returns an error in a service's own form."""
    if service == "sns":
        text = f"<ErrorResponse><Error><Type>Receiver</Type><Code>{code}</Code><Message>{message}</Message></Error><RequestId>{uuid.uuid4()}</RequestId></ErrorResponse>"
        return Told(status, {"Content-Type": "text/xml", "x-amzn-RequestId": str(uuid.uuid4())}, text.encode())
    if service == "ses":
        headers = {"Content-Type": "application/json", "x-amzn-ErrorType": code, "x-amzn-RequestId": str(uuid.uuid4())}
        return Told(status, headers, json.dumps({"message": message}).encode())
    body = {"__type": SHAPES[service] + code, "message": message, **(more or {})}
    version = "1.0" if service in ("dynamodb", "sqs") else "1.1"
    headers = {"Content-Type": f"application/x-amz-json-{version}", "x-amzn-RequestId": str(uuid.uuid4())}
    return Told(status, headers, json.dumps(body).encode())


def answer(service: str, body: dict[str, Any]) -> Told:
    """Returns an answer of 200 in the form of a service that speaks JSON."""
    return Told(200, error(service, 200, "", "").headers, json.dumps(body).encode())
