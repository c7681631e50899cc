"""The API document proved by the clients that OpenAPI Generator makes of it, which go the whole way from registration to refund.

See docs/api.md, "The generated clients".
"""

import json
import re
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from holdfast import process
from holdfast.api import Api
from holdfast.project import API_TOOLS, ROOT, LocalStack, read_env_file
from holdfast.report import Failure, step
from stack import browser

DIRECTORY = ROOT / "tests" / "api"
# Where the clients are generated: a directory for each generator, and what the TypeScript compiler makes of two of them.
CLIENTS = ROOT / "target" / "api-client"
# The generators, and what each calls the function of an operation.
GENERATORS = {"python": "def {snake}(", "typescript-fetch": "async {camel}(", "typescript-axios": "public {camel}("}
# Their documentation and tests are not used here.
OPTIONS = ("--global-property=apis,models,supportingFiles,apiDocs=false,modelDocs=false,apiTests=false,modelTests=false", "--package-name=holdfast_client")
# Generators at a time: each starts a Java of its own.
WORKERS = 2


def check() -> None:
    """Compiles every schema of the API document in the checkout."""
    browser.install(DIRECTORY)
    with step("compiling the schemas of the API document"):
        browser.script(DIRECTORY / "schemas.mjs", "Ajv")


def test(stack: LocalStack) -> None:
    """Generates the clients of the document that `stack` serves, compiles them, and has both languages go the whole way there."""
    with step("generating clients from the API document") as current:
        document = Api(stack.api_url).expect(200, "GET", "/openapi.json").json()
        current.end(f"{generate(document)} operations in each of {', '.join(GENERATORS)}")
    browser.install(DIRECTORY)
    with step("compiling the TypeScript clients"):
        browser.run("tsc", "--project", str(DIRECTORY), directory=DIRECTORY)
    environment = {**stack.environment(), **read_env_file(stack.env_file)}
    python = {**environment, "PYTHONPATH": str(CLIENTS / "python")}
    process.run([str(API_TOOLS / "python"), "-W", "error::SyntaxWarning", str(DIRECTORY / "journey.py")], python, ROOT, "the Python client's journey")
    compiled = CLIENTS / "javascript" / "tests" / "api" / "journey.js"
    process.run([str(browser.NODE), str(compiled)], environment, ROOT, "the TypeScript client's journey")


def generate(document: Any) -> int:
    """Generates every client again; a failure is a document that a generator does not take, or an operation that a client lacks.

    Returns the number of operations.
    """
    shutil.rmtree(CLIENTS, ignore_errors=True)
    CLIENTS.mkdir(parents=True)
    source = CLIENTS / "openapi.json"
    source.write_text(json.dumps(document))
    operations = {each["operationId"] for item in document["paths"].values() for each in item.values() if isinstance(each, dict) and "operationId" in each}
    with ThreadPoolExecutor(WORKERS) as pool:
        for each in [pool.submit(_generate, generator, source, operations) for generator in GENERATORS]:
            each.result()
    return len(operations)


def _generate(generator: str, source: Path, operations: set[str]) -> None:
    """Generates one client and looks for a function of each operation in it."""
    directory = CLIENTS / generator
    command = [str(API_TOOLS / "openapi-generator-cli"), "generate", "--generator-name", generator, "--input-spec", str(source)]
    done = subprocess.run([*command, "--output", str(directory), *OPTIONS], capture_output=True, text=True)
    if done.returncode != 0:
        raise Failure(f"OpenAPI Generator makes no {generator} client of the document:\n{_exception(done.stdout + done.stderr)}")
    code = "\n".join(path.read_text() for path in directory.rglob("*.*") if path.suffix in (".py", ".ts"))
    spelled = {each: GENERATORS[generator].format(camel=each, snake=_snake(each)) for each in operations}
    if absent := sorted(operation for operation, function in spelled.items() if function not in code):
        raise Failure(f"the {generator} client lacks {', '.join(absent)}")


def _exception(output: str) -> str:
    """The lines from the exception on; without one, the last lines."""
    found = output.find("Exception in thread")
    return output[found : found + 4000] if found >= 0 else output[-4000:]


def _snake(operation_id: str) -> str:
    """The operation's name in the Python client."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", operation_id).lower()
