"""`make new-route NAME=CountProducts METHOD=GET PATH=/api/v1/products/count CONTEXT=catalog`: writes everything that a route consists of.

The route answers signed-in callers with what its path names. What remains is its own: what it does, what it may, and what it answers.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from holdfast import invoke
from holdfast.project import ROOT
from holdfast.report import Failure, say
from stack import route_lists
from stack.route_lists import PARAMETER

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
NAME = re.compile(r"^([A-Z][a-z0-9]*){2,}$")
PATH = re.compile(r"^(/([a-z0-9-]+|\{[a-z][A-Za-z]*\}))+$")
# The context whose operations stand on another's page: it owns no data.
DESCRIBED_WITH = {"ordering": "orders"}


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
        """The name of the handler and the sample: `count-products`."""
        return invoke.kebab(self.name)

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

    def file(self, name: str) -> Path:
        """A file of the checkout."""
        return self.root / name


def make(name: str, method: str, path: str, context: str) -> None:
    """Writes a route into this checkout."""
    route = Route(name, method.upper(), path, context)
    write(route)
    route_lists.make()
    say(f"\n{route.method} {route.path} is the function {route.name}. What is left is its own:")
    for file, what in (
        (f"functions/{context}/src/routes/{route.snake}.rs", "what it does, and the scope that it needs"),
        (f"functions/{context}/template.yaml", "its policies: exactly the actions that it uses"),
        (f"functions/service/openapi/{route.page}.yaml", "its parameters, answers and problems"),
        (f"tests/blackbox/{context}/{route.snake}.rs", "its tests"),
    ):
        say(f"  {file}: {what}")


def write(route: Route) -> list[Path]:
    """Writes the five files that a route is, and the lists that are made of them; returns all. Nothing is written when the route cannot be made."""
    check(route)
    texts = {route.file(name.format(route=route)): make(route) for name, make in NEW.items()}
    for name, edit in EDITED.items():
        file = route.file(name.format(route=route))
        texts[file] = edit(route, file.read_text())
    for file, text in texts.items():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return [*texts, *route_lists.write(route.root)]


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


def _test(route: Route) -> str:
    verb = route.method.lower()
    path = PARAMETER.sub(route_lists.SAMPLE_ID, route.path)
    return f"""//! `{route.method} {route.path}`.

use crate::harness::{{Answer, customer, {verb}}};

const PATH: &str = "{path}";

#[tokio::test]
async fn a_signed_in_caller_is_answered_and_no_other() {{
    customer().await.ask({verb}(PATH)).await.expect(200);
    Answer::to({verb}(PATH)).await.problem(401, "token_required");
}}
"""


NEW: dict[str, Callable[[Route], str]] = {
    "functions/{route.context}/src/routes/{route.snake}.rs": _module,
    "tests/blackbox/{route.context}/{route.snake}.rs": _test,
}


def _listed(route: Route, text: str) -> str:
    """Adds the module and the function to their lists, each in its order."""
    text = _inserted(text, "pub mod ", f"pub mod {route.snake};")
    return _inserted(text, "    Function::", f'    Function::http("{route.kebab}", |init| Box::pin({route.snake}::init(init))),')


def _inserted(text: str, start: str, line: str) -> str:
    """Adds a line to the entries that begin with `start`. An entry that ends with an opening brace goes on to its closing one."""
    lines = text.splitlines()
    listed = [number for number, each in enumerate(lines) if each.startswith(start)]
    after = [number for number in listed if lines[number] < line]
    place = max(after) + 1 if after else min(listed)
    if after and lines[place - 1].endswith("{"):
        place = lines.index("    }),", place) + 1
    lines.insert(place, line)
    return "\n".join(lines) + "\n"


def _template(route: Route, text: str) -> str:
    release = "      AutoPublishCodeSha256: !Ref Release\n" if "AutoPublishAlias" in text else ""
    return f"""{text.rstrip()}

  {route.name}:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: !Sub ${{StackName}}-{route.name}
      Description: {route.summary}.
      CodeUri: ../../target/lambda/{route.context}/
      Handler: {route.kebab}
{release}"""


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
              example: {{}}
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


EDITED: dict[str, Callable[[Route, str], str]] = {
    "functions/{route.context}/src/routes/mod.rs": _listed,
    "functions/{route.context}/template.yaml": _template,
    "functions/service/openapi/{route.page}.yaml": _operation,
}
