"""Checks the Python code by ruff and mypy. Their settings are in tools/pyproject.toml, tests/ruff.toml and tests/mypy.ini."""

from holdfast import process
from holdfast.project import ROOT, TOOLS, tool_environment

# Each configuration of mypy with what it is for: the program that operators run is strict, the drivers of tests are checked as far as they have types.
TYPED = {"tools/pyproject.toml": ("tools/holdfast",), "tests/mypy.ini": ("tests/stack", "tests/older", "tools/tests")}


def check() -> None:
    """Checks all Python code; a finding is a failure."""
    _run("ruff", "check", "--quiet", "--cache-dir", "target/ruff", "tools", "tests")
    for configuration, directories in TYPED.items():
        _run("mypy", "--no-error-summary", "--config-file", configuration, *directories)


def _run(name: str, *arguments: str) -> None:
    process.run([str(TOOLS / name), *arguments], tool_environment(), ROOT, name)
