"""Builds the program of each context with cargo-lambda into target/lambda/<context>/bootstrap, where the templates look for it."""

import functools
import hashlib
import re
import subprocess
from pathlib import Path
from typing import Any

from holdfast import process
from holdfast.project import LAMBDA_DIRECTORY, ROOT, TOOLS, templates, tool_environment
from holdfast.report import Failure

# The black-box tests' own crate: no function of it is deployed.
TEST_CRATE = "tests"
# The crate that loads the functions' use cases: nor of it.
LOAD_CRATE = "load"
# The crate that checks the use cases under all orders of their requests: nor of it.
MODEL_CRATE = "model"
# The provider that stands in for the real one: nor of it.
DOUBLE_CRATE = "yookassa-double"
# What is compiled for this machine: quick to compile, stripped.
PROFILE = "local"
# The tests that are programs of their own.
TEST_PROGRAMS = ("--test", "blackbox", "--test", "double")
CODE_URI = re.compile(r"^\s*CodeUri:\s*[\"']?[./]*(target/lambda/[\w-]+)/?[\"']?\s*$", re.MULTILINE)
# What Lambda runs of a custom runtime.
PROGRAM = "bootstrap"
BLOCK = 1 << 20


def local() -> None:
    """Builds for this machine. Unchanged: a second."""
    _cargo_lambda("--profile", PROFILE, "--compiler", "cargo", *_without_tests())


def one(context: str) -> Path:
    """Builds the program of one context for this machine, with what it shares with the others compiled as for all of them; returns it."""
    _cargo_lambda("--profile", PROFILE, "--compiler", "cargo", "--bin", context, *_without_tests())
    return program(context)


def program(context: str) -> Path:
    """Where the program of a context is, once it is built."""
    return LAMBDA_DIRECTORY / context / PROGRAM


def elsewhere(root: Path, context: str) -> Path:
    """Builds the program of a context of another copy of the checkout, with what it shares with this one; returns the program."""
    # With a test among it the dependencies are those of `tested`.
    command = ["cargo", "build", "--workspace", "--profile", PROFILE, "--target", _host(), "--bin", context, "--test", "double"]
    process.run(command, {**tool_environment(), "CARGO_TARGET_DIR": str(ROOT / "target")}, root, f"building {context}")
    return ROOT / "target" / _host() / PROFILE / context


def tested() -> None:
    """Builds for this machine what `make test` runs: functions and black-box tests, and the parts of YooKassa's double.

    Cargo chooses the features of a dependency by everything that is selected. With a test among it they are those of `test`, so that a dependency
    is compiled once, where functions and tests by themselves would compile each twice.
    """
    _cargo_lambda("--profile", PROFILE, "--compiler", "cargo", "--bins", *TEST_PROGRAMS)


def release(architecture: str) -> None:
    """Builds for AWS with the `release` profile, linked by zig against the C library of Lambda's own system."""
    _cargo_lambda("--release", "--arm64" if architecture == "arm64" else "--x86-64", *_without_tests())


@functools.cache
def test() -> tuple[str, ...]:
    """Cargo's arguments for tests. Always the same crates: with others selected, cargo would choose other features and compile everything again."""
    return ("test", "--workspace", "--profile", PROFILE, "--target", _host())


def double() -> None:
    """Builds the provider's double: cargo builds a crate's programs together with its tests, so that nothing is compiled twice. cargo-lambda moves the
    programs that it builds, so this comes after it."""
    process.run(["cargo", *test(), "--test", "double", "--no-run"], tool_environment(), ROOT, "building YooKassa's double")


def double_program() -> Path:
    """Where cargo leaves the provider's double."""
    return ROOT / "target" / _host() / PROFILE / DOUBLE_CRATE


@functools.cache
def _host() -> str:
    """This machine, as rustc calls it. cargo-lambda names it to cargo too, which keeps apart what is built for a target that is named."""
    version = subprocess.run(["rustc", "-vV"], capture_output=True, text=True, check=True, cwd=ROOT).stdout
    return next(line.removeprefix("host: ") for line in version.splitlines() if line.startswith("host: "))


def binaries(of: list[Path] | None = None) -> list[Path]:
    """The directories of the programs that the templates `of`, or all, deploy; a failure names those that were not built."""
    named = sorted({name for template in of or templates() for name in CODE_URI.findall(template.read_text())})
    if not named:
        raise Failure(f"no CodeUri of a template is under {LAMBDA_DIRECTORY.relative_to(ROOT)}")
    absent = [name for name in named if not (ROOT / name / PROGRAM).is_file()]
    if absent:
        raise Failure(f"the templates name programs that no crate builds: {', '.join(absent)}")
    return [ROOT / name for name in named]


def digest(path: Path) -> str:
    """SHA-256 of a file."""
    sha = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            sha.update(block)
    return sha.hexdigest()


def add_to(sha: Any, directories: list[Path]) -> None:
    """Adds programs to a hash, each with its name."""
    for directory in directories:
        sha.update(f"{directory.name} {digest(directory / PROGRAM)}\n".encode())


def _cargo_lambda(*options: str) -> None:
    """Runs one build over the whole workspace, so that all functions share what they have in common."""
    command = [str(TOOLS / "cargo-lambda"), "lambda", "build", "--workspace", "--output-format", "binary", *options]
    process.run(command, tool_environment(), ROOT, "building the functions")


def _without_tests() -> list[str]:
    return [argument for crate in (TEST_CRATE, LOAD_CRATE, MODEL_CRATE, DOUBLE_CRATE) for argument in ("--exclude", crate)]
