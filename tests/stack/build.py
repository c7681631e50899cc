"""Builds every function with cargo-lambda into target/lambda/<binary>/bootstrap, where the templates look for it."""

import hashlib
import re
from pathlib import Path
from typing import Any

from stack import process
from stack.project import LAMBDA_DIRECTORY, ROOT, TOOLS, templates, tool_environment
from stack.report import Failure

# The black-box tests' own crate: no function of it is deployed.
TEST_CRATE = "tests"
# The crate that loads the functions' use cases: nor of it.
LOAD_CRATE = "load"
# The crate that checks the use cases under all orders of their requests: nor of it.
MODEL_CRATE = "model"
# The provider that stands in for the real one: nor of it.
DOUBLE_CRATE = "yookassa-double"
# Where cargo leaves its program when it builds the tests.
DOUBLE = ROOT / "target" / "debug" / DOUBLE_CRATE
# Always the same crates: with others selected, cargo would choose other features and compile everything again.
TEST = ("test", "--workspace")
CODE_URI = re.compile(r"^\s*CodeUri:\s*[\"']?[./]*(target/lambda/[\w-]+)/?[\"']?\s*$", re.MULTILINE)
BLOCK = 1 << 20


def local() -> None:
    """Builds for this machine with the workspace's `local` profile: quick to compile, stripped. Unchanged: a second."""
    _cargo_lambda("--profile", "local", "--compiler", "cargo")


def release(architecture: str) -> None:
    """Builds for AWS with the `release` profile, linked by zig against the C library of Lambda's own system."""
    _cargo_lambda("--release", "--arm64" if architecture == "arm64" else "--x86-64")


def double() -> None:
    """Builds the provider's double: cargo builds a crate's programs together with its tests, so that nothing is compiled twice."""
    process.run(["cargo", *TEST, "--test", "double", "--no-run"], tool_environment(), ROOT, "building YooKassa's double")


def binaries(of: list[Path] | None = None) -> list[Path]:
    """The directories of the functions that the templates `of`, or all, deploy; a failure names those that were not built."""
    named = sorted({name for template in of or templates() for name in CODE_URI.findall(template.read_text())})
    if not named:
        raise Failure(f"no CodeUri of a template is under {LAMBDA_DIRECTORY.relative_to(ROOT)}")
    absent = [name for name in named if not (ROOT / name / "bootstrap").is_file()]
    if absent:
        raise Failure(f"the templates name functions that no crate builds: {', '.join(absent)}")
    return [ROOT / name for name in named]


def digest(path: Path) -> str:
    """SHA-256 of a file."""
    sha = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            sha.update(block)
    return sha.hexdigest()


def add_to(sha: Any, directories: list[Path]) -> None:
    """Adds the programs of functions to a hash, each with its name."""
    for directory in directories:
        sha.update(f"{directory.name} {digest(directory / 'bootstrap')}\n".encode())


def _cargo_lambda(*options: str) -> None:
    """Runs one build over the whole workspace, so that all functions share what they have in common."""
    command = [str(TOOLS / "cargo-lambda"), "lambda", "build", "--workspace"]
    command += [argument for crate in (TEST_CRATE, LOAD_CRATE, MODEL_CRATE, DOUBLE_CRATE) for argument in ("--exclude", crate)]
    process.run([*command, "--output-format", "binary", *options], tool_environment(), ROOT, "building the functions")
