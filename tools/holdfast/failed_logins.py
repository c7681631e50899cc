"""`make failed-logins`: what the logs have of logins that failed with an email or a phone number, each with the address that it came from.

The log holds no logins, only a keyed hash of each (functions/identity/src/audit.rs); the key is in the stack's secret.
"""

import hashlib
import hmac
import json
import re
import time
from collections.abc import Iterator
from typing import Any

from holdfast import resources
from holdfast import stage as stages
from holdfast.report import Failure, say

KEY = "LoginHashSecret"
# The bytes of the hash that are written.
SHOWN_BYTES = 16
# The logs are kept that long.
DAYS = 30
# A request takes half a minute at most.
AROUND_MILLISECONDS = 60_000
# What people put between the digits of a number.
PUNCTUATION = re.compile(r"[\s().-]")
E164 = re.compile(r"\+[1-9][0-9]{6,14}")


def show(name: str, login: str) -> None:
    """Prints each failed login of the last days: when, by which request, from where, and why it failed."""
    if not login:
        raise Failure("no login is named", "Name one: LOGIN=anna@example.com or LOGIN=+79991234567")
    stage = stages.choose(name)
    secret = resources.find(stage.session.client("cloudformation"), stage.stack, KEY)
    key = stage.client("secretsmanager").get_secret_value(SecretId=secret)["SecretString"]
    logs = stage.client("logs")
    wanted = hashed(key, login)
    since = int((time.time() - DAYS * 86_400) * 1000)
    lines = _lines(logs, f"/holdfast/{stage.stack}/identity", wanted, startTime=since)
    found = [line for line in lines if line.get("login_hash") == wanted]
    for event in found:
        request = next((span["request_id"] for span in event.get("spans", []) if "request_id" in span), "")
        access = _access(logs, f"/holdfast/{stage.stack}/access", request, event["at"]) if request else {}
        say(f"{event.get('timestamp', '')}  {access.get('source_address', 'address unknown'):<39}  {event.get('why', '')}  request {request}")
    say(counted(len(found)))


def counted(failed: int) -> str:
    """The line that ends the list."""
    return f"{failed or 'No'} {'login' if failed < 2 else 'logins'} failed in the last {DAYS} days."


def hashed(key: str, login: str) -> str:
    """The hash that the log has for an email address or a phone number."""
    return hmac.new(key.encode(), written(login).encode(), hashlib.sha256).digest()[:SHOWN_BYTES].hex()


def written(login: str) -> str:
    """A login as the functions write it before they hash it: addresses in small letters, numbers in E.164."""
    text = login.strip()
    if "@" in text:
        return f"email:{text.lower()}"
    digits = PUNCTUATION.sub("", text)
    if not E164.fullmatch(digits):
        raise Failure(f"{login} is no phone number", "Write it with the country's code: LOGIN=+79991234567")
    return f"phone:{digits}"


def _access(logs: Any, group: str, request: str, at: int) -> dict[str, Any]:
    """The gateway's line of a request that a function wrote about at a moment (milliseconds since 1970): both write under the gateway's request id."""
    lines = _lines(logs, group, request, startTime=at - AROUND_MILLISECONDS, endTime=at + AROUND_MILLISECONDS)
    return next((line for line in lines if line.get("request_id") == request), {})


def _lines(logs: Any, group: str, wanted: str, **span: int) -> Iterator[dict[str, Any]]:
    """The lines of a log group that hold a text, each with the moment it was written `at`."""
    pages = logs.get_paginator("filter_log_events").paginate(logGroupName=group, filterPattern=f'"{wanted}"', **span)
    for event in (event for page in pages for event in page["events"]):
        if wanted in event["message"]:
            try:
                yield {**json.loads(event["message"]), "at": event["timestamp"]}
            except ValueError:
                continue
