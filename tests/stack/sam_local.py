"""`make sam-local`: runs functions in Docker by `sam local invoke` and `sam local start-api`, against the running stack, and checks what they answer.

A function's settings come from the templates; values that are unknown without AWS, such as the names of the tables, come from the stack. Both are
written into a template of their own. `sam local` exits with 0 even when the function fails, so its output is checked.
"""

import contextlib
import json
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from samcli.yamlhelper import yaml_parse

from holdfast import build, invoke, process, target
from holdfast.api import Api, NoAnswer
from holdfast.project import ROOT, TOOLS, LocalStack, templates
from holdfast.report import Failure, say, step
from stack import base_image, bridge, local

# How the machine that runs the containers is called in them.
HOST = "host.docker.internal"
FUNCTION = "AWS::Serverless::Function"
# Where the routes are.
GATEWAY = ROOT / "shared" / "infrastructure" / "api.yaml"
# What `sam local start-api` is asked for: a function with a path, one that lists with a query, and one of another method.
API_FUNCTIONS = ("GetHealth", "ListProducts", "LogInByEmail")
START_SECONDS = 60.0
STOP_SECONDS = 20.0
# Making the image of the first function takes the longest.
INVOKE_SECONDS = 180


@dataclass(frozen=True)
class Case:
    """A function that is invoked on its sample, and whether its answer is the right one."""

    kind: str
    function: str
    right: Callable[[Any], bool]


@dataclass(frozen=True)
class Sam:
    """`sam local` over a template, in an environment that holds nothing of what the template says of its functions: it would count for more."""

    template: Path
    environment: dict[str, str]

    def command(self, name: str, *arguments: str) -> list[str]:
        """A command of `sam local`. The base image is made here, so nothing is pulled."""
        options = ["--template", str(self.template), "--skip-pull-image", "--add-host", f"{HOST}:host-gateway"]
        return [str(TOOLS / "sam"), "local", name, *arguments, *options]


# One of each kind. The expiry queue's sample names an order that there is none of, so that its message is given back.
CASES = (
    Case("HTTP", "ListProducts", lambda answer: answer["statusCode"] == 200 and "items" in json.loads(answer["body"])),
    Case("queue", "ExpireOrder", lambda answer: len(answer["batchItemFailures"]) == 1),
    Case("stream", "PublishEvents", lambda answer: answer["batchItemFailures"] == []),
    Case("schedule", "SweepExpiredOrders", lambda answer: answer["queued"] >= 0),
    Case("direct", "RepairStockDrift", lambda answer: answer["errorType"] == "not_found"),
)


def check_all() -> None:
    """Invokes one function of each kind in a container, then starts the API in containers and asks it."""
    base_image.require_docker()
    stack = target.chosen()
    stack.use_in_this_process()
    say("Running functions in Docker, against the running stack:")
    with step("making the base image") as current:
        current.end(base_image.ensure())
    with bridge.to(stack.endpoint) as port:
        sam = Sam(*_template(stack, port, sorted({case.function for case in CASES} | set(API_FUNCTIONS))))
        for case in CASES:
            with step(f"sam local invoke {case.function} ({case.kind})"):
                _invoke(case, sam)
        with step("sam local start-api") as current:
            current.end(_ask_api(sam))


def _invoke(case: Case, sam: Sam) -> None:
    """Invokes a function on its sample; what it answers is the last line of standard output."""
    sample = invoke.EVENTS / f"{invoke.handler_of(case.function)}.json"
    command = sam.command("invoke", case.function, "--event", str(sample))
    done = subprocess.run(command, env=sam.environment, cwd=ROOT, capture_output=True, text=True, timeout=INVOKE_SECONDS)
    lines = [line for line in done.stdout.splitlines() if line.strip()]
    try:
        right = case.right(json.loads(lines[-1]))
    except (IndexError, ValueError, KeyError, TypeError):
        right = False
    if not right:
        raise Failure(f"{case.function} did not answer as it should:\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}")


def _ask_api(sam: Sam) -> str:
    """Starts the API, asks it three things, and stops it; in a few words what was asked."""
    port, log = process.any_free_port(), sam.template.with_name("start-api.log")
    command = sam.command("start-api", "--host", "127.0.0.1", "--port", str(port))
    child = process.start(command, sam.environment, ROOT, log)
    identity = process.Identity.of(child.pid)
    try:
        # The first request of a function makes its image and starts its container.
        api = Api(f"http://127.0.0.1:{port}", timeout=INVOKE_SECONDS)
        _wait(api, child, log)
        products = api.expect(200, "GET", "/api/v1/products?limit=3").json()["items"]
        if len(products) != 3:
            raise Failure(f"three products were asked for, and {len(products)} are there", log=log)
        api.expect(401, "POST", "/api/v1/auth/login/email", {"email": "nobody@holdfast.test", "password": "not their password"})
    finally:
        identity.stop(STOP_SECONDS)
        child.wait()
    return "GET /healthz 200, GET /api/v1/products 200, POST /api/v1/auth/login/email 401"


def _wait(api: Api, child: subprocess.Popen, log: Path) -> None:
    """Waits until the API answers."""
    deadline = time.monotonic() + START_SECONDS
    while True:
        with contextlib.suppress(NoAnswer):
            api.expect(200, "GET", "/healthz")
            return
        if child.poll() is not None or time.monotonic() > deadline:
            raise Failure("sam local start-api did not start", log=log)
        time.sleep(1)


def _template(stack: LocalStack, port: int, functions: list[str]) -> tuple[Path, dict[str, str]]:
    """A template of these functions alone, each with the variables and the identity of its deployed self; and the environment for `sam`."""
    aws, written, routes = local.session(), _written(), list(_routes())
    build.binaries()
    environment = stack.environment()
    resources: dict[str, dict[str, Any]] = {"Api": {"Type": "AWS::Serverless::HttpApi"}}
    for name in functions:
        properties = written[name]
        _, variables = invoke.environment_of(stack, aws, name)
        # In a container 127.0.0.1 is the container.
        variables["AWS_ENDPOINT_URL"] = f"http://{HOST}:{port}"
        environment = {key: value for key, value in environment.items() if key not in variables}
        events = {f"Route{number}": route for number, (function, route) in enumerate(routes) if function == name}
        kept = {key: value for key, value in properties.items() if key in ("CodeUri", "Runtime", "Handler", "MemorySize", "Timeout")}
        own = {"Environment": {"Variables": variables}, "Architectures": [base_image.architecture()], "Events": events}
        resources[name] = {"Type": FUNCTION, "Properties": {**kept, **own}}
    copy = {"AWSTemplateFormatVersion": "2010-09-09", "Transform": "AWS::Serverless-2016-10-31", "Resources": resources}
    directory = ROOT / "target" / "sam-local"
    directory.mkdir(parents=True, exist_ok=True)
    # It holds credentials of the functions' roles.
    file = directory / "template.json"
    file.touch(mode=0o600)
    file.write_text(json.dumps(copy, indent=2))
    return file, environment


def _written() -> dict[str, dict]:
    """The properties of every function as the templates have them, what is global included, and with the program's whole path."""
    found = {}
    for path in templates():
        template = yaml_parse(path.read_text())
        shared = template.get("Globals", {}).get("Function", {})
        for name, resource in template["Resources"].items():
            if resource["Type"] == FUNCTION:
                found[name] = {**shared, **resource["Properties"]}
                found[name]["CodeUri"] = str((path.parent / found[name]["CodeUri"]).resolve())
    return found


def _routes() -> Iterator[tuple[str, dict]]:
    """Each route with a path as SAM's event, after the function that it is integrated with."""
    document = yaml_parse(GATEWAY.read_text())["Resources"]["Api"]["Properties"]["DefinitionBody"]
    for path, operations in document["paths"].items():
        # Of the routes under a condition, those that a local stack has.
        for method, operation in operations.get("Fn::If", [None, operations])[1].items():
            if not method.startswith("x-"):
                function = operation["x-amazon-apigateway-integration"]["$ref"].rpartition("/")[2]
                yield function, {"Type": "HttpApi", "Properties": {"ApiId": {"Ref": "Api"}, "Path": path, "Method": method}}
