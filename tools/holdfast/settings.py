"""Reads a stage's settings from samconfig.toml with SAM's own reader, so that both understand the file alike."""

import re
from typing import Any

from holdfast.project import ROOT, stack_name
from holdfast.report import Failure

SAMCONFIG = "samconfig.toml"


def of(stage: str) -> dict[str, Any]:
    """Returns the settings of `sam deploy` for a stage."""
    # SAM takes a moment to load: only commands for a stage on AWS need it.
    from samcli.lib.config.exceptions import SamConfigFileReadException
    from samcli.lib.config.samconfig import SamConfig

    try:
        found = SamConfig(str(ROOT), SAMCONFIG).get_all(["deploy"], "parameters", env=stage)
    except KeyError:
        found = {}
    except SamConfigFileReadException as error:
        raise Failure(f"{SAMCONFIG} cannot be read: {error}") from error
    if not found:
        raise Failure(f"{SAMCONFIG} has no section [{stage}.deploy.parameters]", "Add it; the one of dev is an example.")
    return found


def stack(settings: dict[str, Any], stage: str) -> str:
    """Returns the name of the stage's stack."""
    return settings.get("stack_name") or stack_name(stage)


def parameters(settings: dict[str, Any]) -> dict[str, str]:
    """Returns the template parameters that the settings name, in any of SAM's syntaxes."""
    return parse(settings.get("parameter_overrides", ""))


def parse(overrides: Any) -> dict[str, str]:
    """Parses `parameter_overrides`: `Key=Value`, `ParameterKey=Key,ParameterValue=Value`, a table or a list of these."""
    import click
    from samcli.cli.types import CfnParameterOverridesType

    for text in _texts(overrides):
        _refuse_remainder(text, CfnParameterOverridesType.ordered_pattern_match)
    try:
        return CfnParameterOverridesType().convert(overrides, None, None)
    except click.ClickException as error:
        raise Failure(f"parameter_overrides in {SAMCONFIG}: {error.format_message()}") from error


def written(parameters: dict[str, str]) -> list[str]:
    """Returns the parameters as arguments of `--parameter-overrides`; fails for a value that SAM would change."""
    arguments = [f"ParameterKey={name},ParameterValue={_quoted(value)}" for name, value in parameters.items()]
    read = parse(arguments)
    changed = [name for name, value in parameters.items() if read.get(name) != value]
    if changed:
        raise Failure(f"SAM cannot pass on the value of {', '.join(changed)}", "Write it without a backslash before a quote or a space.")
    return arguments


def _quoted(value: str) -> str:
    return '"' + value.replace('"', '\\"') + '"'


def _texts(overrides: Any) -> list[str]:
    """Returns the texts in which parameters are written one after another; a file is SAM's own to read."""
    if isinstance(overrides, str):
        return [] if overrides.startswith("file://") or not overrides.strip() else [overrides]
    return [text for each in overrides for text in _texts(each)] if isinstance(overrides, (list, tuple)) else []


def _refuse_remainder(text: str, patterns: list[str]) -> None:
    """Fails for text that SAM would drop in silence, such as the second word of a value without quotes."""
    for pattern in patterns:
        if re.search(pattern, f" {text.strip()}"):
            rest = re.sub(pattern, "", f" {text.strip()}").strip()
            if rest:
                raise Failure(
                    f"parameter_overrides in {SAMCONFIG}: {rest!r} belongs to no parameter",
                    'Quote a value with spaces: parameter_overrides = "EmailSender=\\"Shop <shop@example.com>\\""',
                )
            return
