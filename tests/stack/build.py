"""Builds every function with cargo-lambda into target/lambda/<binary>/bootstrap, where template.yaml looks for it."""

import hashlib
import re
from pathlib import Path

from stack import process
from stack.project import LAMBDA_DIRECTORY, ROOT, TEMPLATE, TOOLS, tool_environment
from stack.report import Failure

# The black-box tests' own crate, and the provider that stands in for the real one: nothing of them is deployed.
TEST_CRATE = "tests"
DOUBLE_CRATE = "yookassa-double"
CODE_URI = re.compile(r"^\s*CodeUri:\s*[\"']?(?:\./)?(target/lambda/[\w-]+)/?[\"']?\s*$", re.MULTILINE)
BLOCK = 1 << 20


def local() -> None:
    """Builds for this machine with the workspace's `local` profile: quick to compile, stripped. Unchanged: a second."""
    _cargo_lambda("--profile", "local", "--compiler", "cargo")


def release(architecture: str) -> None:
    """Builds for AWS with the `release` profile, linked by zig against the C library of Lambda's own system."""
    _cargo_lambda("--release", "--arm64" if architecture == "arm64" else "--x86-64")


def binaries() -> list[Path]:
    """The directories of the functions that the template deploys; a failure names those that were not built."""
    named = sorted(set(CODE_URI.findall(TEMPLATE.read_text())))
    if not named:
        raise Failure(f"no CodeUri of {TEMPLATE.name} is under {LAMBDA_DIRECTORY.relative_to(ROOT)}")
    absent = [name for name in named if not (ROOT / name / "bootstrap").is_file()]
    if absent:
        raise Failure(f"{TEMPLATE.name} names functions that no crate builds: {', '.join(absent)}")
    return [ROOT / name for name in named]


def digest(path: Path) -> str:
    """SHA-256 of a file."""
    sha = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            sha.update(block)
    return sha.hexdigest()


def _cargo_lambda(*options: str) -> None:
    """Runs one build over the whole workspace, so that all functions share what they have in common."""
    command = [str(TOOLS / "cargo-lambda"), "lambda", "build", "--workspace"]
    excluded = ["--exclude", TEST_CRATE, "--exclude", DOUBLE_CRATE]
    process.run([*command, *excluded, "--output-format", "binary", *options], tool_environment(), ROOT, "building the functions")
