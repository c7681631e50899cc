"""`make failed-logins`: what the logs have of logins that failed with an email or a phone number, each with the address that it came from.

The log holds no logins, only a keyed hash of each (functions/identity/src/audit.rs); the key is in the stack's secret.
"""

import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from typing import Any

from stack import deploy
from stack import stage as stages
from stack.report import Failure, say

KEY = "LoginHashSecret"
# The bytes of the hash that are written.
SHOWN_BYTES = 16
# The logs are kept that long.
DAYS = 30


def show(name: str, login: str) -> None:
    """Prints each failed login of the last days: when, by which request, from where, and why it failed."""
    if not login:
        raise Failure("no login is named", "Name one: LOGIN=anna@example.com or LOGIN=+79991234567")
    stage = stages.choose(name)
    secret = deploy.resource(stage.session, stage.stack, KEY)
    key = stage.client("secretsmanager").get_secret_value(SecretId=secret)["SecretString"]
    logs = stage.client("logs")
    found = list(_lines(logs, f"/holdfast/{stage.stack}/identity", hashed(key, login)))
    for event in found:
        request = next((span["request_id"] for span in event.get("spans", []) if "request_id" in span), "")
        # Both sides write under the gateway's request id.
        access = next(_lines(logs, f"/holdfast/{stage.stack}/access", request), {}) if request else {}
        say(f"{event.get('timestamp', '')}  {access.get('source_address', 'address unknown'):<39}  {event.get('why', '')}  request {request}")
    say(f"{len(found)} logins failed in the last {DAYS} days." if found else f"No login failed in the last {DAYS} days.")


def hashed(key: str, login: str) -> str:
    """The hash that the log has for an email address or a phone number."""
    text = login.strip()
    kind, written = ("email", text.lower()) if "@" in text else ("phone", text)
    return hmac.new(key.encode(), f"{kind}:{written}".encode(), hashlib.sha256).digest()[:SHOWN_BYTES].hex()


def _lines(logs: Any, group: str, wanted: str) -> Iterator[dict]:
    """The lines of a log group that hold a text."""
    since = int((time.time() - DAYS * 86_400) * 1000)
    pages = logs.get_paginator("filter_log_events").paginate(logGroupName=group, startTime=since, filterPattern=f'"{wanted}"')
    for event in (event for page in pages for event in page["events"]):
        if wanted in event["message"]:
            try:
                yield json.loads(event["message"])
            except ValueError:
                continue
