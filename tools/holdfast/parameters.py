"""The template's parameters: which there are, which values they take, and which of the template's rules a set of values breaks."""

import re
from dataclasses import dataclass
from typing import Any

from holdfast.project import COMMIT, RELEASE, TEMPLATE
from holdfast.resources import RESTORED

# Set by commands, never by samconfig.toml: each parameter with its command. `make deploy` keeps what `make restore` has set.
MANAGED = {"TokenPublicKeys": "deploy", "TokenSigningSecretArn": "deploy", "ProtectTables": "deploy", COMMIT: "deploy", RELEASE: "deploy", **dict.fromkeys(RESTORED, "restore")}


@dataclass(frozen=True)
class Template:
    """The two sections of the template that say which values are good."""

    parameters: dict[str, dict[str, Any]]
    rules: dict[str, dict[str, Any]]

    def defaults(self) -> dict[str, str]:
        """Returns every parameter that has a default."""
        return {name: str(about["Default"]) for name, about in self.parameters.items() if "Default" in about}

    def complete(self, given: dict[str, str]) -> dict[str, str]:
        """Returns a value for every parameter: one that is not given goes back to its default."""
        return {**self.defaults(), **given}

    def faults(self, stage: str, given: dict[str, str]) -> list[str]:
        """Returns everything that is wrong with the parameters given for a stage, a sentence each."""
        found = [f"{name} is no parameter of the template" for name in given if name not in self.parameters]
        found += [f"{name} is set by `make {command}`: remove it" for name, command in MANAGED.items() if name in given]
        if given.get("Stage") not in (None, stage):
            found.append(f"Stage is {given['Stage']!r} in the section of the stage {stage}")
        values = self.complete({"Stage": stage, **given})
        found += [f"{name} has no value and no default" for name in self.parameters if name not in values and name not in MANAGED]
        own = {name: value for name, value in values.items() if name in self.parameters}
        found += [fault for name, value in own.items() for fault in _value_faults(name, value, self.parameters[name])]
        # A rule about a missing parameter cannot be judged.
        return found or broken(self.rules, values)


def load() -> Template:
    """Reads the parameters and the rules of template.yaml."""
    from samcli.yamlhelper import yaml_parse

    template = yaml_parse(TEMPLATE.read_text())
    return Template(template.get("Parameters", {}), template.get("Rules", {}))


def broken(rules: dict[str, dict[str, Any]], values: dict[str, str]) -> list[str]:
    """Returns the description of each assertion of the template's `Rules` that the values break."""
    return [
        assertion.get("AssertDescription", f"the rule {name} is broken")
        for name, rule in rules.items()
        if "RuleCondition" not in rule or _evaluate(rule["RuleCondition"], values)
        for assertion in rule["Assertions"]
        if not _evaluate(assertion["Assert"], values)
    ]


def _evaluate(expression: Any, values: dict[str, str]) -> Any:
    """Evaluates an expression of a rule, with those functions of CloudFormation's that the template uses."""
    if not isinstance(expression, dict):
        return expression
    (function, arguments), = expression.items()
    if function == "Ref":
        return values[arguments]
    found = [_evaluate(each, values) for each in arguments]
    if function == "Fn::Equals":
        return str(found[0]) == str(found[1])
    if function == "Fn::Contains":
        return found[1] in found[0]
    operations = {"Fn::Not": lambda each: not each[0], "Fn::And": all, "Fn::Or": any}
    if function not in operations:
        raise ValueError(f"{function} in a rule of {TEMPLATE.name} is not known to tools/holdfast/parameters.py")
    return operations[function](found)


def _value_faults(name: str, value: str, about: dict[str, Any]) -> list[str]:
    """Returns what the parameter's own constraints say against a value."""
    allowed = [str(each) for each in about.get("AllowedValues", [])]
    if allowed and value not in allowed:
        return [f"{name} is {value!r}: one of {', '.join(allowed)} is allowed"]
    if about.get("Type") == "Number":
        return _number_faults(name, value, about)
    pattern = about.get("AllowedPattern")
    # CloudFormation wants the whole value to match.
    if pattern and not re.fullmatch(pattern, value):
        return [f"{name} is {value!r}: it has to match {pattern}"]
    if len(value) < int(about.get("MinLength", 0)):
        return [f"{name} is {value!r}: at least {about['MinLength']} characters are needed"]
    return []


def _number_faults(name: str, value: str, about: dict[str, Any]) -> list[str]:
    try:
        number = float(value)
    except ValueError:
        return [f"{name} is {value!r}: a number is needed"]
    low, high = float(about.get("MinValue", "-inf")), float(about.get("MaxValue", "inf"))
    if not low <= number <= high:
        return [f"{name} is {value}: {about.get('MinValue', 'any')} to {about.get('MaxValue', 'any')} is allowed"]
    return []
