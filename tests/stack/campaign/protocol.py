"""Parses requests to AWS and writes error responses in the protocol of each service.

The protocols are specified by Smithy (https://smithy.io/2.0/aws/protocols/index.html): JSON with the operation in a header for DynamoDB, SQS, EventBridge and
Secrets Manager, forms and XML for SNS, REST for SES.
"""

import json
import urllib.parse
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

# The prefix of the X-Amz-Target header, by service.
TARGETS = {"DynamoDB_20120810": "dynamodb", "AmazonSQS": "sqs", "AWSEvents": "events", "secretsmanager": "secretsmanager"}
# The namespace of error names, by service.
SHAPES = {"dynamodb": "com.amazonaws.dynamodb.v20120810#", "sqs": "com.amazonaws.sqs#", "events": "", "secretsmanager": ""}
SES_PATH = "/v2/email/outbound-emails"
# Status and code of a throttled request, and of an internal error.
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
class AwsRequest:
    """A request to AWS. `body` is empty when it is not JSON."""

    service: str
    operation: str
    body: dict[str, Any]

    @property
    def name(self) -> str:
        """The service and the operation, for counters."""
        return f"{self.service}:{self.operation}"


@dataclass(frozen=True)
class AwsResponse:
    """A response of AWS."""

    status: int
    headers: dict[str, str]
    body: bytes


def parse(method: str, path: str, headers: Mapping[str, str], body: bytes) -> AwsRequest | None:
    """Parses a request; None when its service is one that the campaign leaves alone."""
    prefix, _, operation = headers.get("X-Amz-Target", "").partition(".")
    if prefix in TARGETS:
        return AwsRequest(TARGETS[prefix], operation, _object(body))
    if method == "POST" and path.split("?")[0] == SES_PATH:
        return AwsRequest("ses", "SendEmail", _object(body))
    if headers.get("Content-Type", "").startswith("application/x-www-form-urlencoded"):
        action = urllib.parse.parse_qs(body.decode(errors="replace")).get("Action", [""])[0]
        return AwsRequest("sns", action, {}) if action.startswith("Publish") else None
    return None


def _object(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body or b"{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def throttled(service: str) -> AwsResponse:
    """Returns the response to a throttled request."""
    return error(service, *THROTTLED[service], "Rate exceeded")


def broken(service: str) -> AwsResponse:
    """Returns an internal error: the request may have been executed."""
    return error(service, *BROKEN[service], "An internal error occurred")


def error(service: str, status: int, code: str, message: str, more: dict[str, Any] | None = None) -> AwsResponse:
    """Returns an error response in the service's protocol. `more` are further members of its body."""
    if service == "sns":
        text = f"<ErrorResponse><Error><Type>Receiver</Type><Code>{code}</Code><Message>{message}</Message></Error><RequestId>{uuid.uuid4()}</RequestId></ErrorResponse>"
        return AwsResponse(status, {"Content-Type": "text/xml", "x-amzn-RequestId": str(uuid.uuid4())}, text.encode())
    if service == "ses":
        headers = {"Content-Type": "application/json", "x-amzn-ErrorType": code, "x-amzn-RequestId": str(uuid.uuid4())}
        return AwsResponse(status, headers, json.dumps({"message": message}).encode())
    body = {"__type": SHAPES[service] + code, "message": message, **(more or {})}
    version = "1.0" if service in ("dynamodb", "sqs") else "1.1"
    headers = {"Content-Type": f"application/x-amz-json-{version}", "x-amzn-RequestId": str(uuid.uuid4())}
    return AwsResponse(status, headers, json.dumps(body).encode())


def answer(service: str, body: dict[str, Any]) -> AwsResponse:
    """Returns a successful response of a service with a JSON protocol."""
    return AwsResponse(200, error(service, 200, "", "").headers, json.dumps(body).encode())
