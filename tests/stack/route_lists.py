"""`make routes`: makes every list of routes from the API document and the templates, which alone declare them.

The API document's parts have the method, the path, the operation and what it may need; the context's template has the function. Of these are made: the
gateway's document and the roles by which it calls functions, the table of docs/routes.md, the module lists of the tests, the samples that are missing,
openapi.json and docs/errors.md. `make lint` refuses lists that are out of date.
"""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from samcli.yamlhelper import yaml_parse

from holdfast import build, invoke, process
from holdfast.project import ROOT, tool_environment
from holdfast.report import Failure, say, step

METHODS = ("get", "put", "post", "patch", "delete")
PARAMETER = re.compile(r"\{(\w+)\}")
# The member of the API document's parts, not published, that names the function of an operation of another name.
FUNCTION = "x-function"
# The function that answers what no route takes.
DEFAULT = "AnswerUnrouted"
GATEWAY = "shared/infrastructure/api.yaml"
TABLE = "docs/routes.md"
# Lines between which a file's part is made.
BEGIN, END = "made by make routes", "end of what make routes made"
# What a sample names in the place of each parameter of the path.
SAMPLE_ID = "2e995cee-6444-5287-bae5-cc95d4299590"


@dataclass(frozen=True)
class Function:
    """A function as its context's template declares it."""

    name: str
    context: str
    has_alias: bool
    # The condition under which it is deployed. The gateway's template has it too.
    condition: str

    @property
    def called(self) -> str:
        """The name by which the gateway calls it, with the alias if it has one."""
        return f"{self.name}:live" if self.has_alias else self.name

    @property
    def invoker(self) -> str:
        """The role by which the gateway calls it."""
        return f"{self.context.capitalize()}Invoker"

    @property
    def kebab(self) -> str:
        """The name of its handler and its sample: `count-products`."""
        return invoke.kebab(self.name)


@dataclass(frozen=True)
class Route:
    """A route as the API document declares it."""

    method: str
    path: str
    summary: str
    function: Function

    @property
    def key(self) -> str:
        """The key of the route at the gateway."""
        return f"{self.method.upper()} {self.path}"


def make() -> None:
    """Brings all lists of this checkout up to date."""
    changed = write(ROOT)
    with step("writing the API document"):
        process.run(["cargo", "test", "--quiet", "--package", "service", "--lib", "document"], {**tool_environment(), "WRITE_OPENAPI": "1"}, ROOT, "the document")
    with step("writing the page of error codes"):
        # It lists the operations that return each code.
        command = ["cargo", *build.test(), "--quiet", "--test", "blackbox", "--", "repo_checks::errors"]
        process.run(command, {**tool_environment(), "WRITE_ERRORS": "1"}, ROOT, "the page of error codes")
    for file in changed:
        say(f"  {file.relative_to(ROOT)}")


def check() -> None:
    """Fails unless all lists of this checkout are up to date."""
    old = [str(file.relative_to(ROOT)) for file in _outdated(ROOT)]
    if old:
        raise Failure(f"out of date: {', '.join(old)}", "Bring the lists of routes up to date: make routes")


def write(root: Path) -> list[Path]:
    """Writes the lists of the checkout `root`; returns the files that changed."""
    changed = _outdated(root)
    for file, text in changed.items():
        file.write_text(text)
    return list(changed)


def _outdated(root: Path) -> dict[Path, str]:
    """The lists that are missing or say something else, with the text that each has to have."""
    return {file: text for file, text in made(root).items() if not file.is_file() or file.read_text() != text}


def made(root: Path) -> dict[Path, str]:
    """The files that list routes, with the text that each has to have."""
    functions = declared_functions(root)
    routes = declared_routes(root, functions)
    gateway, table = root / GATEWAY, root / TABLE
    samples = {root / "events" / f"{route.function.kebab}.json": route for route in reversed(routes)}
    return {
        gateway: _between(gateway.read_text(), {"paths": _paths(routes), "integrations": _integrations(functions, routes), "roles": _roles(functions, routes)}),
        table: _between(table.read_text(), {"routes": _rows(routes)}),
        **{file: json.dumps(sample(route), indent=2) + "\n" for file, route in samples.items() if not file.is_file()},
        **{file: text for file, text in (_modules(file) for file in sorted((root / "tests" / "blackbox").glob("*/mod.rs")))},
    }


def declared_functions(root: Path) -> dict[str, Function]:
    """The functions of all contexts by their logical ids."""
    found = {}
    for template in sorted((root / "functions").glob("*/template.yaml")):
        read = yaml_parse(template.read_text())
        has_alias = "AutoPublishAlias" in read.get("Globals", {}).get("Function", {})
        for name, resource in read["Resources"].items():
            if resource["Type"] == "AWS::Serverless::Function":
                found[name] = Function(name, template.parent.name, has_alias, resource.get("Condition", ""))
    return found


def declared_routes(root: Path, functions: dict[str, Function]) -> list[Route]:
    """The routes of the API document, by path and method."""
    found = []
    for part in sorted((root / "functions" / "service" / "openapi").glob("*.yaml")):
        for path, item in (yaml.safe_load(part.read_text()).get("paths") or {}).items():
            for method in METHODS:
                # A part may add answers to an operation that another declares.
                if "operationId" in item.get(method, {}):
                    found.append(Route(method, path, item[method]["summary"], _function(item[method], functions)))
    return sorted(found, key=lambda route: (route.path, METHODS.index(route.method)))


def _function(operation: dict[str, Any], functions: dict[str, Function]) -> Function:
    """The function of an operation: the one that it names, or the one of its own name."""
    name = operation.get(FUNCTION, operation["operationId"][0].upper() + operation["operationId"][1:])
    if name not in functions:
        raise Failure(f"the operation {operation['operationId']} is of the function {name}, which no template declares", f"Name its function: {FUNCTION}")
    return functions[name]


def _between(text: str, parts: dict[str, list[str]]) -> str:
    """The text with other lines in each of its made parts."""
    for name, lines in parts.items():
        begin = re.search(rf"^.*{name} {BEGIN}.*\n", text, re.MULTILINE)
        end = begin and re.compile(rf"^.*{END}.*$", re.MULTILINE).search(text, begin.end())
        if not begin or not end:
            raise Failure(f"no part says {name} {BEGIN}")
        text = text[: begin.end()] + "".join(f"{line}\n" for line in lines) + text[end.start() :]
    return text


def _paths(routes: list[Route]) -> list[str]:
    lines = []
    for path in dict.fromkeys(route.path for route in routes):
        those = [route for route in routes if route.path == path]
        conditions = {route.function.condition for route in those}
        if len(conditions) > 1:
            raise Failure(f"the functions of {path} are deployed under different conditions")
        condition = conditions.pop()
        methods = [(name, route) for route in those for name in ((route.method, "head") if route.method == "get" else (route.method,))]
        written = [f'{name}: {{x-amazon-apigateway-integration: {{$ref: "#/components/x-amazon-apigateway-integrations/{route.function.name}"}}}}' for name, route in methods]
        if condition:
            lines += [f"          {path}: !If", f"              - {condition}", f"              - {written[0]}"]
            lines += [f"                {line}" for line in written[1:]] + ["              - !Ref AWS::NoValue"]
        else:
            lines += [f"          {path}:"] + [f"            {line}" for line in written]
    return lines


def _routed(functions: dict[str, Function], routes: list[Route]) -> list[Function]:
    """The functions behind routes, each once, by context and name."""
    used = {route.function for route in routes} | {functions[DEFAULT]}
    return sorted(used, key=lambda function: (function.context, function.name))


def _integrations(functions: dict[str, Function], routes: list[Route]) -> list[str]:
    return [
        f'            {each.name}: {{type: aws_proxy, payloadFormatVersion: "2.0", httpMethod: POST, credentials: !GetAtt {each.invoker}.Arn, '
        f'uri: !Sub "${{InvocationPrefix}}-{each.called}/invocations"}}'
        for each in _routed(functions, routes)
    ]


def _roles(functions: dict[str, Function], routes: list[Route]) -> list[str]:
    lines, routed = [], _routed(functions, routes)
    for invoker in dict.fromkeys(each.invoker for each in routed):
        lines += ROLE.format(name=invoker).splitlines()
        lines += [f"                  - {_permitted(each)}" for each in routed if each.invoker == invoker] + [""]
    return lines


def _permitted(function: Function) -> str:
    arn = f'!Sub "${{FunctionPrefix}}-{function.called}"'
    return f"!If [{function.condition}, {arn}, !Ref AWS::NoValue]" if function.condition else arn


ROLE = """\
  {name}:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: "2012-10-17"
        Statement:
          - {{Effect: Allow, Principal: {{Service: apigateway.amazonaws.com}}, Action: sts:AssumeRole}}
      Policies:
        - PolicyName: invoke
          PolicyDocument:
            Version: "2012-10-17"
            Statement:
              - Effect: Allow
                Action: lambda:InvokeFunction
                Resource:
"""


def _rows(routes: list[Route]) -> list[str]:
    rows = [f"| `{route.key}` | `{route.function.name}` | {route.summary}. |" for route in routes]
    return ["", "| route | function | what it does |", "|---|---|---|", *rows, f"| `$default` | `{DEFAULT}` | Answer what no other route takes. |", ""]


def _modules(file: Path) -> tuple[Path, str]:
    """A module list of the tests, with a line for each file beside it."""
    lines = file.read_text().splitlines()
    declared = {match[1] for line in lines if (match := re.match(r"(?:pub(?:\([a-z]+\))? )?mod (\w+);", line))}
    for name in sorted(path.stem for path in file.parent.glob("*.rs") if path.stem not in declared | {"mod"}):
        later = [number for number, line in enumerate(lines) if line.startswith("mod ") and line > f"mod {name};"]
        last = max((number for number, line in enumerate(lines) if line.startswith("mod ")), default=-1)
        lines.insert(later[0] if later else last + 1, f"mod {name};")
    return file, "\n".join(lines) + "\n"


def sample(route: Route) -> dict[str, Any]:
    """A sample event of a route that needs no body, for its function to be invoked with."""
    path = PARAMETER.sub(SAMPLE_ID, route.path)
    names = PARAMETER.findall(route.path)
    return {
        "version": "2.0",
        "routeKey": route.key,
        "rawPath": path,
        "rawQueryString": "",
        "headers": {
            "accept": "application/json",
            "host": "api.example.com",
            "user-agent": "curl/8.5.0",
            "authorization": "Bearer eyJhbGciOiJFZERTQSIsImtpZCI6InNhbXBsZSJ9.e30.c2FtcGxl",
        },
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "sample",
            "domainName": "api.example.com",
            "domainPrefix": "api",
            "http": {"method": route.method.upper(), "path": path, "protocol": "HTTP/1.1", "sourceIp": "203.0.113.7", "userAgent": "curl/8.5.0"},
            "requestId": f"sample-{route.function.kebab}",
            "routeKey": route.key,
            "stage": "$default",
            "time": "21/Nov/2026:09:00:00 +0000",
            "timeEpoch": 1795251600000,
        },
        "isBase64Encoded": False,
        **({"pathParameters": {name: SAMPLE_ID for name in names}} if names else {}),
    }
