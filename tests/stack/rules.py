"""Holds the transformed templates against two packs of rules: cfn-lint, and cdk-preflight for what AWS refuses only at deployment.

Every finding counts, warnings included, except those that tests/templates/lint.json ignores with a reason.
"""

import json
import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from holdfast.project import ROOT, TOOLS, tool_environment
from holdfast.report import Failure, say, step
from stack import browser, transformed

DIRECTORY = ROOT / "tests" / "templates"
SETTINGS = DIRECTORY / "lint.json"
# Checks that find nothing but how cfn-lint is used here. E2900: it takes sample values for parameters only as those of a deployment, and misses the
# values that a nested stack gets from its parent. W3002: a nested stack names its template's file, which lets E3043 compare the parameters of both.
NOT_APPLICABLE = ("E2900", "W3002")
# How many templates cfn-lint checks at a time.
WORKERS = 2
# cfn-lint's exit code has bits for errors (2), warnings (4) and informational findings (8); 1 and 32 and more mean that it could not run.
RAN = range(0, 16, 2)


@dataclass(frozen=True)
class Finding:
    """One finding of one rule in one template."""

    rule: str
    template: str
    where: str
    message: str

    def __str__(self) -> str:
        return f"{self.template}: {self.where}: {self.rule}: {self.message}"


@dataclass(frozen=True)
class Ignored:
    """A rule's findings that do not count, and why."""

    rule: str
    reason: str
    containing: str = ""

    def covers(self, finding: Finding) -> bool:
        """Whether this entry says that the finding does not count."""
        return finding.rule == self.rule and self.containing in finding.message


def check() -> None:
    """Transforms the templates and applies both packs; a finding that counts is a failure."""
    with step("transforming the templates") as current:
        templates = transformed.write_all()
        current.end(f"{len(templates)} templates, {sum(len(each['Resources']) for each in templates.values())} resources")
    settings = read_settings()
    failures = _judge("cfn-lint", settings, lambda: cfn_lint(templates, settings))
    failures += _judge("cdk-preflight", settings, lambda: preflight(templates))
    for failure in failures:
        say(f"  {failure}")
    if failures:
        raise Failure(f"{len(failures)} findings in the transformed templates", f"A finding that is no fault goes into {SETTINGS.relative_to(ROOT)}, with its reason.")


def read_settings(path: Path = SETTINGS) -> dict:
    """Reads the settings; a broken file or an entry without a reason is a failure."""
    try:
        settings = json.loads(path.read_text())
        for pack in ("cfn-lint", "cdk-preflight"):
            settings[pack] = [Ignored(**entry) for entry in settings[pack]]
            if not all(entry.reason for entry in settings[pack]):
                raise ValueError(f"every entry of {pack} needs a reason")
        return {**settings, "region": str(settings["region"]), "parameters": dict(settings["parameters"])}
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise Failure(f"the settings {path} cannot be used: {error!r}") from error


def judge(findings: list[Finding], ignored: list[Ignored]) -> list[str]:
    """Returns the findings that count, and the entries that ignore nothing."""
    counted = [str(finding) for finding in findings if not any(entry.covers(finding) for entry in ignored)]
    idle = [entry for entry in ignored if not any(entry.covers(finding) for finding in findings)]
    return counted + [f"{SETTINGS.name} ignores {entry.rule}, which finds nothing to ignore: remove the entry" for entry in idle]


def _judge(pack: str, settings: dict, find: Callable[[], list[Finding]]) -> list[str]:
    """Applies one pack and shows how many of its findings count."""
    with step(f"checking them with {pack}") as current:
        findings = find()
        failures = judge(findings, settings[pack])
        current.end(f"{len(findings)} findings, {len(failures)} count")
    return failures


def cfn_lint(templates: dict[str, dict], settings: dict) -> list[Finding]:
    """Returns cfn-lint's errors and warnings."""

    def lint(name: str) -> list[Finding]:
        declared = templates[name].get("Parameters", {})
        samples = [f"{key}={value}" for key, value in settings["parameters"].items() if key in declared]
        command = [str(TOOLS / "cfn-lint"), "--format", "json", "--regions", settings["region"], "--ignore-checks", *NOT_APPLICABLE]
        command += [*(["--parameters", *samples] if samples else []), "--", f"{name}.json"]
        done = subprocess.run(command, env=tool_environment(), cwd=transformed.DIRECTORY, capture_output=True, text=True)
        return [_cfn_lint_finding(name, each) for each in _output(done, "cfn-lint", RAN)]

    with ThreadPoolExecutor(WORKERS) as pool:
        return [finding for findings in pool.map(lint, templates) for finding in findings]


def _cfn_lint_finding(name: str, found: dict) -> Finding:
    """One finding from cfn-lint's JSON."""
    path = found["Location"].get("Path") or ["the template"]
    return Finding(found["Rule"]["Id"], f"{name}.json", ".".join(str(part) for part in path), found["Message"])


def preflight(templates: dict[str, dict]) -> list[Finding]:
    """Returns the findings of cdk-preflight's rules."""
    browser.install(DIRECTORY)
    command = [str(browser.NODE), str(DIRECTORY / "preflight.mjs"), str(SETTINGS), *(f"{name}.json" for name in templates)]
    done = subprocess.run(command, env=tool_environment(), cwd=transformed.DIRECTORY, capture_output=True, text=True)
    report = _output(done, "cdk-preflight", (0,))
    if not report["relevant"]:
        raise Failure("none of cdk-preflight's rules applies to the transformed templates: its package has changed its format")
    return [Finding(each["rule"], each["template"], each["where"], each["message"]) for each in report["findings"]]


def _output(done: subprocess.CompletedProcess, what: str, ran: range | tuple[int, ...]):
    """The JSON that a tool printed; a tool that could not do its work is a failure."""
    try:
        if done.returncode in ran:
            return json.loads(done.stdout or "[]")
    except ValueError:
        pass
    raise Failure(f"{what} could not check the templates (it ended with {done.returncode}):\n{(done.stderr or done.stdout)[-2000:]}")
