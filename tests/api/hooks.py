"""What Schemathesis has to know about this API beyond its document: who asks, and what no answer may contain.

`tests/stack/fuzz.py` makes the accounts and writes what is needed here into a file, named by HOLDFAST_FUZZ. Everybody is logged in
before the run begins and refreshes from then on: the run guesses passwords, and is soon stopped from trying more.
"""

import itertools
import json
import os
import threading
import time
import urllib.request
from pathlib import Path

import schemathesis
from explained import explains_refusal
from schemathesis.core.failures import AcceptedNegativeData
from schemathesis.openapi.checks import EnsureResourceAvailability, RejectedPositiveData, UnsupportedMethodResponse

# Access tokens live 15 minutes.
TOKEN_SECONDS = 600
# What ends an account, its sessions or its patience with passwords is done to accounts that nothing else needs.
ENDING = frozenset({"deleteMe", "endSession", "endSessions", "changePassword", "addLogin", "removeLogin"})
# Bodies that are lines of JSON.
LINES = ("application/ndjson", "application/jsonl", "application/x-ndjson")
# How a private key and the hash of a password begin, wherever they come from.
GIVEAWAYS = {"a private key": "PRIVATE KEY-----", "the hash of a password": "$argon2"}

GIVEN = json.loads(Path(os.environ["HOLDFAST_FUZZ"]).read_text())


class Session:
    """Somebody who is logged in and stays so."""

    def __init__(self, tokens: dict):
        self._tokens = tokens
        self._since = time.monotonic()
        self._lock = threading.Lock()

    def token(self) -> str:
        """An access token that is good for a while."""
        with self._lock:
            if time.monotonic() - self._since > TOKEN_SECONDS:
                self._tokens = self._refreshed()
                self._since = time.monotonic()
            return self._tokens["accessToken"]

    def _refreshed(self) -> dict:
        """The next pair; of a session that was ended the old one, which is refused like any other bad token."""
        request = urllib.request.Request(
            f"{GIVEN['apiUrl']}/api/v1/auth/refresh",
            json.dumps({"refreshToken": self._tokens["refreshToken"]}).encode(),
            {"content-type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return json.load(answer)
        except OSError:
            return self._tokens


OPERATOR = Session(GIVEN["operator"])
GUESTS = itertools.cycle([Session(tokens) for tokens in GIVEN["guests"]])


def _takes_tokens(context) -> bool:
    """Whether an access token belongs into a request: to `/token` it does not, though that has a scheme of its own."""
    wanted = context.operation.definition.raw.get("security", [])
    return any({"bearer", "oauth"} & set(alternative) for alternative in wanted)


class _Bearer:
    """Sends an access token."""

    def set(self, case, data, context):
        case.headers = {**(case.headers or {}), "Authorization": f"Bearer {data}"}


@schemathesis.auth(refresh_interval=None).apply_to(_takes_tokens).skip_for(operation_id=sorted(ENDING))
class AsOperator(_Bearer):
    """An account of its own, which has every scope."""

    def get(self, case, context):
        return OPERATOR.token()


@schemathesis.auth(refresh_interval=None).apply_to(operation_id=sorted(ENDING))
class AsGuest(_Bearer):
    """One of a few customers, in turn."""

    def get(self, case, context):
        return next(GUESTS).token()


@schemathesis.serializer(*LINES)
def lines(context, value) -> bytes:
    """Lines of JSON are text as it is; what is no text, to see it refused, is a line."""
    return value if isinstance(value, bytes) else (value if isinstance(value, str) else json.dumps(value)).encode()


@schemathesis.hook
def filter_failure(context, failure, case, response) -> bool:
    """Whether a failure is one. What JSON Schema can't say is listed, by operation and by what was answered; a status alone excuses nothing."""
    if isinstance(failure, RejectedPositiveData):
        return not explains_refusal(context.operation.definition.raw["operationId"], response)
    if isinstance(failure, AcceptedNegativeData):
        return not _was_not_looked_at(case) and not _is_text(case) and not _was_left_out(case)
    if isinstance(failure, EnsureResourceAvailability):
        return not _may_be_a_repeat(context.operation, failure.created_with)
    if isinstance(failure, UnsupportedMethodResponse):
        return not _is_of_a_sibling(context.operation, response.request.method)
    return True


def _was_not_looked_at(case) -> bool:
    """Beside an access token no cart token and no order token is looked at, as the document says: it may be anything then."""
    data = case.meta.phase.data
    wrong = {data.parameter} if data.parameter else {each.parameter for each in data.mutations}
    return bool(wrong) and wrong <= {"X-Cart-Token", "X-Order-Token"} and "Authorization" in (case.headers or {})


def _was_left_out(case) -> bool:
    """A member that is null is one that was left out (docs/http.md), unless null stands for something there, and a body that is null is none: one that fits
    without some of its nulls is one that fits."""
    if case.body is None:
        return True
    if not isinstance(case.body, dict):
        return False
    bodies = [_without_nulls(case.body)]
    bodies += [{**bodies[0], name: None} for name, member in case.body.items() if member is None]
    alternatives = [each for each in case.operation.body if each.media_type == case.media_type]
    return any(without != case.body and each.is_valid(without) for without in bodies for each in alternatives)


def _without_nulls(value):
    """The value without the members that are null, at every level."""
    if isinstance(value, dict):
        return {name: _without_nulls(member) for name, member in value.items() if member is not None}
    return [_without_nulls(element) for element in value] if isinstance(value, list) else value


def _is_text(case) -> bool:
    """What is no text can't be sent in a body of lines: it has become text, and every text is a body that is read to its end."""
    return case.media_type in LINES


def _may_be_a_repeat(operation, created_with: str) -> bool:
    """Whether the creation takes a key: a repeat is answered as the first was, also after what it made was deleted."""
    method, path = created_with.split(" ", 1)
    creation = operation.schema.raw_schema["paths"][path][method.lower()]
    return any(each.get("$ref", "").endswith("/IdempotencyKey") for each in creation.get("parameters", []))


def _is_of_a_sibling(operation, method: str) -> bool:
    """Whether the path with this method is another operation's: `PATCH /orders/me` is `PATCH /orders/{id}` with an id that names no order."""
    path = operation.path.split("/")
    for template, item in operation.schema.raw_schema["paths"].items():
        parts = template.split("/")
        fits = len(parts) == len(path) and all(part == given or part.startswith("{") for part, given in zip(parts, path, strict=False))
        if template != operation.path and fits and method.lower() in item:
            return True
    return False


@schemathesis.check
def tells_no_secret(ctx, response, case) -> None:
    """No answer contains a secret of the stack, a private key, a password's hash, or what something is called inside."""
    told = response.content.decode("utf-8", "replace") + "\n".join(
        f"{name}: {value}" for name, values in response.headers.items() for value in values
    )
    for what, text in {**GIVEAWAYS, **GIVEN["secrets"]}.items():
        assert text not in told, f"The answer contains {what}"
