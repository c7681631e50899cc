"""`make new-route NAME=CountProducts METHOD=GET PATH=/api/v1/products/count CONTEXT=catalog`: writes everything that a route consists of.

The route answers signed-in callers with what its path names. What remains is its own: what it does, what it may, and what it answers.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from holdfast import process
from holdfast.project import ROOT, tool_environment
from holdfast.report import Failure, say, step

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
NAME = re.compile(r"^([A-Z][a-z0-9]*){2,}$")
PATH = re.compile(r"^(/([a-z0-9-]+|\{[a-z][A-Za-z]*\}))+$")
PARAMETER = re.compile(r"\{(\w+)\}")
# What the sample names in the place of each parameter of the path.
SAMPLE_ID = "2e995cee-6444-5287-bae5-cc95d4299590"
# The context whose operations stand on another's page: it owns no data.
DESCRIBED_WITH = {"ordering": "orders"}
# How docs/quotas.md counts routes.
ROUTES_TODAY, HEADS_TODAY = r"(\d+) routes today", r"(\d+) are `HEAD`"


@dataclass(frozen=True)
class Route:
    """A route to be written, in the checkout `root`."""

    name: str
    method: str
    path: str
    context: str
    root: Path = ROOT

    @property
    def kebab(self) -> str:
        """The name of the binary and the sample: `count-products`."""
        return re.sub(r"(?<!^)(?=[A-Z])", "-", self.name).lower()

    @property
    def snake(self) -> str:
        """The name of the module: `count_products`."""
        return self.kebab.replace("-", "_")

    @property
    def operation(self) -> str:
        """The operation's id in the API document: `countProducts`."""
        return self.name[0].lower() + self.name[1:]

    @property
    def summary(self) -> str:
        """The summary: `Count products`."""
        return self.kebab.replace("-", " ").capitalize()

    @property
    def page(self) -> str:
        """The page and the tag of the API document that describe the operation."""
        return DESCRIBED_WITH.get(self.context, self.context)

    @property
    def parameters(self) -> list[str]:
        """The parameters of the path."""
        return PARAMETER.findall(self.path)

    @property
    def has_alias(self) -> bool:
        """True when the functions of the context are called by an alias."""
        return "AutoPublishAlias" in (self.root / "functions" / self.context / "template.yaml").read_text()

    def file(self, name: str) -> Path:
        """A file of the checkout."""
        return self.root / name


def make(name: str, method: str, path: str, context: str) -> None:
    """Writes a route into this checkout."""
    route = Route(name, method.upper(), path, context)
    write(route)
    with step("writing the API document"):
        process.run(["cargo", "test", "--quiet", "--package", "service", "--lib", "document"], {**tool_environment(), "WRITE_OPENAPI": "1"}, ROOT, "the document")
    say(f"\n{route.method} {route.path} is the function {route.name}. What is left is its own:")
    for file, what in (
        (f"functions/{context}/src/routes/{route.snake}.rs", "what it does, and the scope that it needs"),
        (f"functions/{context}/template.yaml", "its policies: exactly the actions that it uses"),
        (f"functions/service/openapi/{route.page}.yaml", "its parameters, answers and problems"),
        (f"tests/blackbox/{context}/{route.snake}.rs", "its tests"),
        ("docs/limits.md", "the row of its stack: make test names the count"),
    ):
        say(f"  {file}: {what}")


def write(route: Route) -> list[Path]:
    """Writes and changes the files of a route; returns them. Nothing is written when the route cannot be made."""
    check(route)
    texts = {route.file(name.format(route=route)): make(route) for name, make in NEW.items()}
    for name, edit in EDITED.items():
        file = route.file(name.format(route=route))
        texts[file] = edit(route, file.read_text())
    for file, text in texts.items():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return list(texts)


def check(route: Route) -> None:
    """Refuses a route that has no place."""
    contexts = sorted(each.parent.parent.name for each in (route.root / "functions").glob("*/src/routes"))
    if route.context not in contexts:
        raise Failure(f"CONTEXT={route.context} is none of {', '.join(contexts)}")
    if not NAME.match(route.name):
        raise Failure(f"NAME={route.name} has to be a verb and a noun, such as CountProducts")
    if route.method not in METHODS:
        raise Failure(f"METHOD={route.method} is none of {', '.join(METHODS)}")
    if not PATH.match(route.path):
        raise Failure(f"PATH={route.path} has to be such as /api/v1/products/{{id}}/prices")
    if (route.root / "events" / f"{route.kebab}.json").exists():
        raise Failure(f"the function {route.name} exists already")
    if f"`{route.method} {route.path}`" in (route.root / "docs" / "routes.md").read_text():
        raise Failure(f"the route {route.method} {route.path} exists already")


def _module(route: Route) -> str:
    reads = "".join(f'\n        "{name}": request.path_parameter("{name}"),' for name in route.parameters)
    body = f"json!({{{reads}\n    }})" if reads else "json!({})"
    empty = "" if route.method == "GET" else "    request.no_body()?;\n"
    return f"""//! `{route.method} {route.path}`.

use std::sync::Arc;

use kernel::Problem;
use platform::auth::Verifier;
use platform::http::{{Handler, Request, Response, handler}};
use platform::{{Init, InitError}};
use serde_json::json;

struct App {{
    verifier: Verifier,
}}

/// Makes the handler.
pub async fn init(init: Init) -> Result<Handler, InitError> {{
    Ok(handler(App {{ verifier: Verifier::from_init(&init)? }}, handle))
}}

async fn handle(app: Arc<App>, request: Request) -> Result<Response, Problem> {{
    app.verifier.authenticate(&request)?;
{empty}    Response::ok(&{body})
}}
"""


def _binary(route: Route) -> str:
    return f"""//! `{route.method} {route.path}`.

fn main() -> std::process::ExitCode {{
    platform::http::serve(|init| Box::pin({route.context}::routes::{route.snake}::init(init)))
}}
"""


def _sample(route: Route) -> str:
    path = PARAMETER.sub(SAMPLE_ID, route.path)
    key = f"{route.method} {route.path}"
    event = {
        "version": "2.0",
        "routeKey": key,
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
            "http": {"method": route.method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "203.0.113.7", "userAgent": "curl/8.5.0"},
            "requestId": f"sample-{route.kebab}",
            "routeKey": key,
            "stage": "$default",
            "time": "21/Nov/2026:09:00:00 +0000",
            "timeEpoch": 1795251600000,
        },
        "isBase64Encoded": False,
        **({"pathParameters": {name: SAMPLE_ID for name in route.parameters}} if route.parameters else {}),
    }
    return json.dumps(event, indent=2) + "\n"


def _test(route: Route) -> str:
    verb = route.method.lower()
    path = PARAMETER.sub(SAMPLE_ID, route.path)
    return f"""//! `{route.method} {route.path}`.

use crate::harness::{{Answer, customer, {verb}}};

const PATH: &str = "{path}";

#[tokio::test]
async fn a_signed_in_caller_is_answered_and_no_other() {{
    customer().await.ask({verb}(PATH)).await.expect(200);
    Answer::to({verb}(PATH)).await.problem(401, "token_required");
}}
"""


def _seed(route: Route) -> str:
    given = "".join(f" {name}={SAMPLE_ID}" for name in route.parameters)
    return f"{route.kebab}\n@{given}\naccept: application/json\n\n"


NEW: dict[str, Callable[[Route], str]] = {
    "functions/{route.context}/src/routes/{route.snake}.rs": _module,
    "functions/{route.context}/src/bin/{route.kebab}.rs": _binary,
    "events/{route.kebab}.json": _sample,
    "tests/blackbox/{route.context}/{route.snake}.rs": _test,
    "tests/fuzz/corpus/requests/{route.kebab}": _seed,
}


def _modules(declaration: str) -> Callable[[Route, str], str]:
    """Adds a module to a list of them, in its order."""

    def edit(route: Route, text: str) -> str:
        line = f"{declaration} {route.snake};"
        lines = text.splitlines()
        listed = [number for number, each in enumerate(lines) if each.startswith(f"{declaration} ")]
        after = [number for number in listed if lines[number] < line]
        lines.insert(max(after) + 1 if after else min(listed), line)
        return "\n".join(lines) + "\n"

    return edit


def _template(route: Route, text: str) -> str:
    release = "      AutoPublishCodeSha256: !Ref Release\n" if route.has_alias else ""
    return f"""{text.rstrip()}

  {route.name}:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: !Sub ${{StackName}}-{route.name}
      Description: {route.summary}.
      CodeUri: ../../target/lambda/{route.kebab}/
{release}"""


def _gateway(route: Route, text: str) -> str:
    """Adds the path, the integration and the permission to call the function."""
    methods = ["get", "head"] if route.method == "GET" else [route.method.lower()]
    reference = "#/components/x-amazon-apigateway-integrations"
    lines = "".join(f'            {method}: {{x-amazon-apigateway-integration: {{$ref: "{reference}/{route.name}"}}}}\n' for method in methods)
    known = re.search(rf"^          {re.escape(route.path)}:\n", text, re.MULTILINE)
    if known:
        text = text[: known.end()] + lines + text[known.end() :]
    else:
        anchor = text.index("        components:\n")
        text = f"{text[:anchor]}          {route.path}:\n{lines}{text[anchor:]}"
    invoker, called = f"{route.context.capitalize()}Invoker", route.name + (":live" if route.has_alias else "")
    integration = re.compile(rf"^            \w+: {{type: aws_proxy.*{invoker}\.Arn.*\n", re.MULTILINE)
    last = list(integration.finditer(text))[-1]
    written = re.sub(r"^            \w+:", f"            {route.name}:", last[0])
    written = re.sub(r"\$\{InvocationPrefix\}-[\w:]+/", f"${{InvocationPrefix}}-{called}/", written)
    text = text[: last.end()] + written + text[last.end() :]
    role = text.index(f"  {invoker}:\n")
    end = text.find("\n\n", role)
    end = end if end >= 0 else len(text.rstrip())
    return f'{text[:end].rstrip()}\n                  - !Sub "${{FunctionPrefix}}-{called}"{text[end:]}'


def _operation(route: Route, text: str) -> str:
    parameters = "".join(f"        - {{name: {name}, in: path, required: true, schema: {{type: string}}}}\n" for name in route.parameters)
    operation = f"""    {route.method.lower()}:
      operationId: {route.operation}
      tags: [{route.page}]
      summary: {route.summary}
      security: [{{bearer: []}}]
{"      parameters:" + chr(10) + parameters if parameters else ""}      responses:
        "200":
          description: What the path names.
          content:
            application/json:
              schema: {{type: object}}
        "400": {{$ref: "#/components/responses/UnknownParameter"}}
        "401": {{$ref: "#/components/responses/BadToken"}}
        "500": {{$ref: "#/components/responses/Internal"}}
        "503": {{$ref: "#/components/responses/Unavailable"}}
"""
    known = re.search(rf"^  {re.escape(route.path)}:\n", text, re.MULTILINE)
    if known:
        return text[: known.end()] + operation + text[known.end() :]
    end = re.compile(r"^(?=[a-z])", re.MULTILINE).search(text, text.index("\npaths:\n") + len("\npaths:\n"))
    at = end.start() if end else len(text)
    return f"{text[:at].rstrip()}\n\n  {route.path}:\n{operation}\n{text[at:]}"


def _row(route: Route, text: str) -> str:
    anchor = text.index("\nWithout a route:")
    table = text[:anchor].rstrip()
    return f"{table}\n| `{route.method} {route.path}` | `{route.name}` | {route.summary}. |\n{text[anchor:]}"


def _counted(*patterns: str) -> Callable[[Route, str], str]:
    """Raises the number in each match of the patterns by one; a route of `GET` is also one of `HEAD`."""

    def edit(route: Route, text: str) -> str:
        has_head = route.method == "GET"
        for pattern in patterns:
            more = 1 + has_head if pattern == ROUTES_TODAY else int(has_head) if pattern == HEADS_TODAY else 1
            found = re.search(pattern, text)
            if found is None:
                raise Failure(f"no page says {pattern}")
            text = text.replace(found[0], found[0].replace(found[1], str(int(found[1]) + more), 1))
        return text

    return edit


def _fuzzed(route: Route, text: str) -> str:
    line = f'    ("{route.kebab}", |init| Box::pin({route.context}::routes::{route.snake}::init(init))),\n'
    anchor = text.index("    (", text.index("static ROUTES"))
    return text[:anchor] + line + text[anchor:]


EDITED: dict[str, Callable[[Route, str], str]] = {
    "functions/{route.context}/src/routes/mod.rs": _modules("pub mod"),
    "functions/{route.context}/template.yaml": _template,
    "shared/infrastructure/api.yaml": _gateway,
    "functions/service/openapi/{route.page}.yaml": _operation,
    "tests/blackbox/{route.context}/mod.rs": _modules("mod"),
    "docs/routes.md": _row,
    "docs/quotas.md": _counted(ROUTES_TODAY, HEADS_TODAY, r"(\d+) functions with routes today", r"of (\d+) functions that"),
    "docs/restoring.md": _counted(r"pausing the functions \((\d+) functions"),
    "tests/fuzz/src/routes.rs": _fuzzed,
}
