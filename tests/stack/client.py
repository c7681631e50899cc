"""The API document proved by a client that a standard generator makes of it, and that goes the whole way from registration to refund.

See docs/api.md, "The generated client".
"""

import json
import os
import re
import shutil
import subprocess
from typing import Any

from stack import process
from stack.api import Api
from stack.project import API_TOOLS, ROOT, LocalStack, read_env_file
from stack.report import Failure, step

JOURNEY = ROOT / "tests" / "api" / "journey.py"
CONFIGURATION = ROOT / "tests" / "api" / "client.yaml"
# Where the client is made: a directory for Python's path, and the package in it.
PLACE = ROOT / "target" / "api-client"
PACKAGE = "holdfast_client"


def test(stack: LocalStack) -> None:
    """Makes the client of the document that `stack` serves, and lets it go its way there."""
    with step("generating a client from the API document") as current:
        document = Api(stack.api_url).expect(200, "GET", "/openapi.json").json()
        current.end(f"{generate(document)} operations")
    environment = {**stack.environment(), **read_env_file(stack.env_file), "PYTHONPATH": str(PLACE)}
    process.run([str(API_TOOLS / "python"), str(JOURNEY)], environment, ROOT, "the generated client's journey")


def generate(document: Any) -> int:
    """Makes the client anew; a document that the generator takes anything from is a failure. How many operations it has."""
    shutil.rmtree(PLACE, ignore_errors=True)
    PLACE.mkdir(parents=True)
    source = PLACE / "openapi.json"
    source.write_text(json.dumps(document))
    command = [str(API_TOOLS / "openapi-python-client"), "generate", "--path", str(source), "--config", str(CONFIGURATION)]
    command += ["--meta", "none", "--output-path", str(PLACE / PACKAGE), "--fail-on-warning"]
    # What it shows is drawn for a terminal.
    done = subprocess.run(command, env={**os.environ, "NO_COLOR": "1"}, capture_output=True, text=True)
    if done.returncode != 0:
        raise Failure(f"the generator does not take the document:\n{(done.stdout + done.stderr).strip()[:4000]}")
    wanted = {_function(operation["operationId"]) for item in document["paths"].values() for operation in _operations(item)}
    made = {path.stem for path in (PLACE / PACKAGE / "api").glob("*/*.py")}
    if absent := sorted(wanted - made):
        raise Failure(f"the generated client lacks {', '.join(absent)}")
    return len(wanted)


def _operations(item: dict) -> list[dict]:
    """The operations of a path: whatever of it has an id."""
    return [each for each in item.values() if isinstance(each, dict) and "operationId" in each]


def _function(operation_id: str) -> str:
    """What the generator calls an operation."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", operation_id).lower()
