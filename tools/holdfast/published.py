"""Decides when a new version of the functions with an alias is published.

The gateway, queues and schedules call a published version, which keeps its code, its settings and what its processes have read at their start. SAM names a
version after the template as it is written: it sees other code, and neither another value of a parameter nor another text of a secret. So the
parameter `Release` is a hash of all of these, and a version is named after it (docs/releasing.md, "The canary").
"""

import hashlib
import json
from typing import Any

from botocore.exceptions import ClientError

from holdfast import build, resources
from holdfast.project import COMMIT, RELEASE, ROOT, TEMPLATE
from holdfast.report import say

# The stack of the functions with an alias, as the root template calls it, and its template.
STACK = "Ordering"
PATH = ROOT / "functions" / "ordering" / "template.yaml"
# Parameters of that stack that no version has in it.
BESIDE = frozenset({COMMIT, RELEASE, "Canary", "AlarmTopicArn", "MoneyPathConcurrency"})
# The parameter that names a secret which functions read at their start.
SECRET = "YooKassaSecretArn"
ROLLED_BACK = "UPDATE_ROLLBACK_COMPLETE"


def settings() -> set[str]:
    """Returns the parameters of the root template that a published version has in it, by way of a variable, a role or a table's name."""
    from samcli.yamlhelper import yaml_parse

    given = yaml_parse(TEMPLATE.read_text())["Resources"][STACK]["Properties"]["Parameters"].values()
    return ({value["Ref"] for value in given if "Ref" in value} | set(resources.RESTORED)) - BESIDE


def release(values: dict[str, str], secrets: Any, described: dict[str, Any] | None) -> str:
    """Returns the parameter `Release` for a deployment with these parameters.

    `secrets` is a Secrets Manager client, `described` what CloudFormation says of the stack, if there is one.
    """
    kept = {name: values[name] for name in sorted(settings() & values.keys())}
    sha = hashlib.sha256(json.dumps([kept, _version(secrets, values.get(SECRET, "")), attempt(described)]).encode())
    sha.update(PATH.read_bytes())
    build.add_to(sha, build.binaries([PATH]))
    return sha.hexdigest()


def changed(described: dict[str, Any], parameters: dict[str, str]) -> str:
    """Returns the parameter `Release` once these parameters of a deployed stack have changed; empty when no version has any of them in it."""
    present = {each["ParameterKey"]: each.get("ParameterValue", "") for each in described.get("Parameters", [])}
    concerned = {name: parameters[name] for name in sorted(settings() & parameters.keys())}
    if not concerned or RELEASE not in present:
        return ""
    return hashlib.sha256(json.dumps([present[RELEASE], concerned, attempt(described)]).encode()).hexdigest()


def attempt(described: dict[str, Any] | None) -> str:
    """Returns a text that distinguishes an attempt from the one that was rolled back: its versions stay, and Lambda publishes no second one of the same."""
    if described is None or described["StackStatus"] != ROLLED_BACK:
        return ""
    return str(described.get("LastUpdatedTime", ""))


def _version(secrets: Any, arn: str) -> str:
    """The current version of a secret; empty when there is none, or when the caller may not look."""
    if not arn:
        return ""
    try:
        versions = secrets.describe_secret(SecretId=arn).get("VersionIdsToStages", {})
    except ClientError as error:
        say(f"  The version of {SECRET} cannot be read ({error.response['Error']['Code']}): a new text of it reaches the functions with their next change.")
        return ""
    return next((version for version, stages in versions.items() if "AWSCURRENT" in stages), "")
