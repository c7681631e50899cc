"""`make invoke`: runs one function on its sample event here, without Docker, as the deployed one would run.

The program is the built one. The runtime interface emulator that SAM brings serves it the event; its variables are those of the deployed function, its
identity a session of the deployed function's own role, and its tables those of the running stack.
"""

import base64
import contextlib
import difflib
import importlib.util
import json
import platform
import re
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import ClientError

from holdfast import build, process, target
from holdfast import stage as stages
from holdfast.local_stack import DIRECT
from holdfast.logs import PLATFORM_LINE
from holdfast.project import ROOT, LocalStack, host_architecture
from holdfast.report import Failure, say
from holdfast.stage import Stage

EVENTS = ROOT / "events"
# Where the last invocation of each function leaves what was printed.
LOGS = ROOT / "target" / "invoked"
START_SECONDS = 10.0
STOP_SECONDS = 2.0
# How much longer than the function's own limit its answer is waited for.
GRACE_SECONDS = 5.0
# The path that the interface emulator takes events on, as Lambda does.
INVOCATIONS = "/2015-03-31/functions/function/invocations"
# Begins a line of the interface emulator's own.
OWN_LINE = re.compile(r"^\d\d \w{3} \d{4} ")


@dataclass(frozen=True)
class Outcome:
    """What came of an invocation: the answer, and what the function logged."""

    answer: Any
    log: list[str]

    @property
    def failure(self) -> str:
        """Why this is a failure; empty when it is none. An answer of the HTTP kind fails from 500 on."""
        if not isinstance(self.answer, dict):
            return ""
        if "errorType" in self.answer:
            return f"the function failed with {self.answer['errorType']}"
        status = self.answer.get("statusCode")
        return f"the function answered {status}" if isinstance(status, int) and status >= 500 else ""


def invoke(name: str, function: str, event_file: str) -> None:
    """Runs the function with the logical id `function` on a file, or on its sample; prints its answer and its log."""
    stage = stages.choose(name)
    event = _read(Path(event_file) if event_file else EVENTS / f"{handler_of(function)}.json")
    outcome = run(target.chosen(), stage.session, function, event) if stage.is_local else _call(stage, function, event)
    say(json.dumps(_unfolded(outcome.answer), indent=2, ensure_ascii=False))
    for line in outcome.log:
        say(line)
    if outcome.failure:
        raise Failure(outcome.failure)


def _call(stage: Stage, function: str, event: bytes) -> Outcome:
    """Calls the deployed function, as a program of another system does not run here; the log is the last 4 KB that Lambda returns."""
    made = stage.client("lambda").invoke(FunctionName=f"{stage.stack}-{function}", Payload=event, LogType="Tail")
    answer = json.loads(made["Payload"].read() or "null")
    log = base64.b64decode(made.get("LogResult", "")).decode(errors="replace")
    return Outcome(answer, [line for line in log.splitlines() if _is_the_functions(line)])


def kebab(name: str) -> str:
    """The name of a handler and its sample, by the logical id of the function: `get-order` for `GetOrder`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "-", name).lower()


def handler_of(function: str) -> str:
    """The handler of a function by its logical id: `get-order` for `GetOrder`. Its sample has the same name."""
    if not function:
        raise Failure("no function is named", "Name one: make invoke FN=ListProducts, with EVENT=file for an event of your own")
    handler = kebab(function)
    known = sorted(path.stem for path in EVENTS.glob("*.json"))
    if handler not in known:
        close = ["".join(word.title() for word in name.split("-")) for name in difflib.get_close_matches(handler, known)]
        raise Failure(f"there is no function {function}", f"Is it one of these? {', '.join(close)}" if close else "docs/routes.md lists all.")
    return handler


def run(stack: LocalStack, aws: boto3.Session, function: str, event: bytes, instead: dict[str, str] | None = None) -> Outcome:
    """Runs the function on an event, in a process of its own that is gone afterwards, with the variables `instead` in the place of its own."""
    log = LOGS / f"{handler_of(function)}.log"
    configuration, variables = environment_of(stack, aws, function)
    program = build.program(variables["CONTEXT"])
    if not program.is_file():
        raise Failure(f"{program.relative_to(ROOT)} is not built", "Build it with: make up")
    with _served(program, {**variables, **(instead or {})}, log) as address:
        answer = _send(f"http://{address}{INVOCATIONS}", event, configuration["Timeout"] + GRACE_SECONDS, log)
    return Outcome(answer, [line for line in log.read_text(errors="replace").splitlines() if _is_the_functions(line)])


def environment_of(stack: LocalStack, aws: boto3.Session, function: str) -> tuple[dict[str, Any], dict[str, str]]:
    """The deployed function's configuration, and what its process has to find in its environment."""
    name = f"{stack.name}-{function}"
    try:
        configuration: Any = aws.client("lambda").get_function_configuration(FunctionName=name)
    except ClientError as error:
        raise Failure(f"{name} is not deployed ({error})", "Bring the stack up to date: make up") from error
    role = aws.client("sts").assume_role(RoleArn=configuration["Role"], RoleSessionName=function[:64])["Credentials"]
    return configuration, {
        **configuration.get("Environment", {}).get("Variables", {}),
        "AWS_ENDPOINT_URL": stack.endpoint,
        "AWS_REGION": aws.region_name,
        "AWS_DEFAULT_REGION": aws.region_name,
        "AWS_ACCESS_KEY_ID": role["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": role["SecretAccessKey"],
        "AWS_SESSION_TOKEN": role["SessionToken"],
        "_HANDLER": configuration["Handler"],
        "AWS_LAMBDA_FUNCTION_NAME": name,
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(configuration["MemorySize"]),
        "AWS_LAMBDA_FUNCTION_TIMEOUT": str(configuration["Timeout"]),
    }


@contextlib.contextmanager
def _served(program: Path, variables: dict[str, str], log: Path) -> Iterator[str]:
    """The address of an interface emulator with the program in it; what both print goes to `log`."""
    address = f"127.0.0.1:{process.any_free_port()}"
    runtime = f"127.0.0.1:{process.any_free_port()}"
    log.parent.mkdir(parents=True, exist_ok=True)
    # It would listen on all addresses by itself.
    options = ["--runtime-interface-emulator-address", address, "--runtime-api-address", runtime, "--log-level", "error"]
    child = process.start([str(_interface_emulator()), *options, str(program)], variables, ROOT, log)
    identity = process.Identity.of(child.pid)
    try:
        _wait(address, log)
        yield address
    finally:
        identity.stop(STOP_SECONDS)
        child.wait()


def _interface_emulator() -> Path:
    """The runtime interface emulator that SAM ships for its containers."""
    if platform.system() != "Linux":
        raise Failure("the runtime interface emulator runs on Linux alone", "Elsewhere, with Docker: make sam-local")
    package = importlib.util.find_spec("samcli")
    if package is None or not package.submodule_search_locations:
        raise Failure("SAM is not installed", "Install it with: make .venv/ready")
    return Path(package.submodule_search_locations[0]) / "local" / "rapid" / f"aws-lambda-rie-{host_architecture()}"


def _wait(address: str, log: Path) -> None:
    """Waits until the interface emulator listens."""
    host, _, port = address.partition(":")
    deadline = time.monotonic() + START_SECONDS
    while True:
        with contextlib.suppress(OSError), socket.create_connection((host, int(port)), timeout=1):
            return
        if time.monotonic() > deadline:
            raise Failure("the runtime interface emulator did not start", log=log)
        time.sleep(process.POLL_SECONDS / 4)


def _send(url: str, event: bytes, patience: float, log: Path) -> Any:
    """What the function answers. What answers for a function that ended instead has no body."""
    request = urllib.request.Request(url, data=event, headers={"content-type": "application/json"})
    try:
        with DIRECT.open(request, timeout=patience) as answer:
            text = answer.read().decode()
    except urllib.error.HTTPError as error:
        text = error.read().decode()
    except OSError as error:
        raise Failure(f"the function gave no answer ({error})", log=log) from error
    try:
        return json.loads(text)
    except ValueError as error:
        raise Failure(f"the function gave no answer {text[:200]}".rstrip(), log=log) from error


def _read(file: Path) -> bytes:
    """An event, which has to be JSON."""
    try:
        event = file.read_bytes()
        json.loads(event)
    except (OSError, ValueError) as error:
        raise Failure(f"{file} is no event: {error}") from error
    return event


def _unfolded(answer: Any) -> Any:
    """The answer with a body of JSON shown as such, and not as text in a text."""
    if isinstance(answer, dict) and isinstance(answer.get("body"), str):
        with contextlib.suppress(ValueError):
            return {**answer, "body": json.loads(answer["body"])}
    return answer


def _is_the_functions(line: str) -> bool:
    """Whether a line is the function's, and no interface emulator's."""
    return bool(line.strip()) and not PLATFORM_LINE.match(line) and not OWN_LINE.match(line)
