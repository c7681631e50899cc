"""A small HTTP client for the API, for programs that call it from outside: the seed and the demo."""

import http.client
import json
import urllib.parse
from dataclasses import dataclass, field
from typing import Any

from holdfast.report import Failure

# A first call may have to start the function's process.
TIMEOUT_SECONDS = 30.0


class NoAnswer(Failure):
    """The request was sent, or could not be: whether it was served is unknown."""


@dataclass(frozen=True)
class Answer:
    """What the API answered."""

    status: int
    headers: dict[str, str]
    text: str

    def json(self) -> Any:
        """The body as JSON; nothing when it is empty."""
        return json.loads(self.text) if self.text else None

    def problem(self) -> str:
        """The status with the problem's code and detail, for a message."""
        try:
            body = self.json()
            told = f"{body['code']}: {body.get('detail', body.get('title', ''))} {body.get('errors', '')}"
        except (ValueError, TypeError, KeyError):
            told = self.text[:200]
        return f"{self.status} {told}".strip()


@dataclass
class Api:
    """Requests to one API, with a bearer token once there is one."""

    url: str
    token: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    timeout: float = TIMEOUT_SECONDS

    def send(self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None) -> Answer:
        """Sends one request; any status is an answer. `path` comes after the prefix, or is a whole URL.

        A body that is neither text nor bytes is sent as JSON.
        """
        address = urllib.parse.urlsplit(path if path.startswith("http") else self.url + path)
        sent = {"accept": "application/json", **self.headers, **(headers or {})}
        if self.token:
            sent["authorization"] = f"Bearer {self.token}"
        data = body
        if body is not None and not isinstance(body, (str, bytes)):
            sent["content-type"] = "application/json"
            data = json.dumps(body)
        if isinstance(data, str):
            data = data.encode()
        kind = http.client.HTTPSConnection if address.scheme == "https" else http.client.HTTPConnection
        connection = kind(address.hostname or "", address.port, timeout=self.timeout)
        target = urllib.parse.urlunsplit(("", "", address.path, address.query, ""))
        try:
            connection.request(method, target, body=data, headers=sent)
            got = connection.getresponse()
            headers_got = {name.lower(): value for name, value in got.getheaders()}
            return Answer(got.status, headers_got, got.read().decode())
        except (OSError, http.client.HTTPException) as error:
            raise NoAnswer(f"{method} {path}: no answer ({error})") from error
        finally:
            connection.close()

    def expect(self, status: int | tuple[int, ...], method: str, path: str, body: Any = None) -> Answer:
        """Sends one request whose answer must have the status, or one of them."""
        answer = self.send(method, path, body)
        if answer.status not in ((status,) if isinstance(status, int) else status):
            raise Failure(f"{method} {path} answered {answer.problem()}")
        return answer


def log_in(api: Api, email: str, password: str) -> Answer:
    """Logs an account in; on success the client carries its token from then on."""
    answer = api.send("POST", "/api/v1/auth/login/email", {"email": email, "password": password})
    if answer.status == 200:
        api.token = answer.json()["accessToken"]
    return answer
