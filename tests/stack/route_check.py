"""Shows that `make new-route` writes a route that works: writes one into a copy of the checkout, builds its function and calls it on the running stack."""

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from holdfast import build
from holdfast.api import Api, log_in
from holdfast.project import ROOT, LocalStack, read_env_file
from holdfast.report import Failure, step
from stack import local, new_route, one

# What a copy of the checkout leaves out: it is made again, or no part of the sources.
LEFT_OUT = shutil.ignore_patterns("target", ".venv", ".git", ".stack", "node_modules", "__pycache__")
# The function whose role and variables the new one borrows: it is deployed by no template.
NEIGHBOUR = "GetProduct"
EXAMPLE = "7"


def test(stack: LocalStack) -> None:
    """Fails unless a route made by the command refuses callers without a token and answers those with one."""
    with checkout("new-route") as root:
        route = new_route.Route("ShowExample", "GET", "/api/v1/examples/{id}", "catalog", root)
        with step("writing a route into a copy of the checkout"):
            new_route.write(route)
        with step("building its program"):
            program = build.elsewhere(root, route.context)
        with step("calling it by HTTP"), deployed(local.session(), stack, route, program):
            answers(stack, route)


@contextlib.contextmanager
def checkout(name: str) -> Iterator[Path]:
    """A copy of the checkout's sources, gone afterwards. It has the same path each time, so that cargo knows what it has compiled."""
    directory = ROOT / "target" / name
    shutil.rmtree(directory, ignore_errors=True)
    try:
        shutil.copytree(ROOT, directory, ignore=LEFT_OUT)
        yield directory
    finally:
        shutil.rmtree(directory, ignore_errors=True)


@contextlib.contextmanager
def deployed(aws: Any, stack: LocalStack, route: new_route.Route, program: Path) -> Iterator[None]:
    """The function and its route on the running stack, gone afterwards."""
    functions, gateway = aws.client("lambda"), aws.client("apigatewayv2")
    name, neighbour = f"{stack.name}-{route.name}", functions.get_function_configuration(FunctionName=f"{stack.name}-{NEIGHBOUR}")
    api = next(each["ApiId"] for each in gateway.get_apis()["Items"] if each["Name"] == stack.name)
    with contextlib.ExitStack() as undo:
        made = functions.create_function(
            FunctionName=name,
            Runtime=neighbour["Runtime"],
            Handler=route.kebab,
            Role=neighbour["Role"],
            Environment={"Variables": neighbour["Environment"]["Variables"]},
            Code={"ZipFile": one.packed(program)},
        )
        undo.callback(functions.delete_function, FunctionName=name)
        integration = gateway.create_integration(ApiId=api, IntegrationType="AWS_PROXY", IntegrationUri=made["FunctionArn"], PayloadFormatVersion="2.0", IntegrationMethod="POST")[
            "IntegrationId"
        ]
        undo.callback(gateway.delete_integration, ApiId=api, IntegrationId=integration)
        key = gateway.create_route(ApiId=api, RouteKey=f"{route.method} {route.path}", Target=f"integrations/{integration}")["RouteId"]
        undo.callback(gateway.delete_route, ApiId=api, RouteId=key)
        yield


def answers(stack: LocalStack, route: new_route.Route) -> None:
    """Calls the route without a token and with one."""
    api, path = Api(stack.api_url), route.path.replace("{id}", EXAMPLE)
    refused = api.send(route.method, path)
    if refused.status != 401:
        raise Failure(f"{route.method} {path} answered {refused.status} without a token")
    operator = read_env_file(stack.env_file)
    log_in(api, operator["OPERATOR_EMAIL"], operator["OPERATOR_PASSWORD"])
    body = api.expect(200, route.method, path).json()
    if body != {"id": EXAMPLE}:
        raise Failure(f"{route.method} {path} answered {body}")
