"""Transforms the root template and every nested template as CloudFormation does, and writes them to target/transformed.

The lints and the tests read what AWS deploys, not what SAM lets an author leave out. The transform runs offline: it needs no credentials, no
network and no built functions.
"""

import contextlib
import json
import logging
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import yaml
from samcli.yamlhelper import yaml_parse
from samtranslator.public.exceptions import InvalidDocumentException
from samtranslator.translator.transform import transform

from holdfast.project import LOCAL_REGION, ROOT, TEMPLATE
from holdfast.report import Failure

DIRECTORY = ROOT / "target" / "transformed"
ROOT_NAME = "root"
# Joins the logical ids on the way to a stack that is nested more than once.
SEPARATOR = "."
NESTED_STACK = "AWS::CloudFormation::Stack"
# The properties that name a local file or folder, which `sam deploy` uploads and the translator takes only as an S3 address.
UPLOADED = {
    "AWS::Serverless::Function": "CodeUri",
    "AWS::Serverless::LayerVersion": "ContentUri",
    "AWS::Serverless::Api": "DefinitionUri",
    "AWS::Serverless::HttpApi": "DefinitionUri",
    "AWS::Serverless::StateMachine": "DefinitionUri",
}
# What SAM cannot do without at this time; AWS hands it the values of all parameters.
VALUES = {"Release": "0000000000"}
BUCKET = "s3://deployment-artifacts"
# SAM has the managed policies it uses itself in its own package; any other policy is named by its ARN.
NO_POLICIES = SimpleNamespace(load=dict)
# It counts what it does and complains when no caller collects that.
logging.getLogger("samtranslator.metrics").setLevel(logging.ERROR)
# And says of features that SAM has switched off that they are.
logging.getLogger("samtranslator.feature_toggle.feature_toggle").setLevel(logging.ERROR)


def write_all(template: Path = TEMPLATE, directory: Path = DIRECTORY) -> dict[str, dict]:
    """Writes `<name>.json` for the root template (`root`) and each nested stack (its logical id). Returns the templates by these names.

    A nested stack inside another is named by both logical ids, such as `Orders.Queues`. Nested `TemplateURL`s name the files written here.
    """
    templates = transform_all(template)
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    for name, transformed in templates.items():
        (directory / f"{name}.json").write_text(json.dumps(transformed, indent=2) + "\n")
    return templates


def transform_all(template: Path) -> dict[str, dict]:
    """Returns the transformed root template and the nested ones, by name, the root first."""
    templates: dict[str, dict] = {}
    _collect(template.resolve(), ROOT_NAME, (), templates)
    return templates


def _collect(path: Path, name: str, parents: tuple[Path, ...], templates: dict[str, dict]) -> None:
    """Adds the template at `path` and those that it nests."""
    if path in parents:
        raise Failure(f"{_shown(path)} nests itself: {' -> '.join(_shown(each) for each in (*parents, path))}")
    transformed = templates[name] = transform_file(path)
    for logical_id, resource in transformed.get("Resources", {}).items():
        location = _local_template(resource)
        if location is None:
            continue
        nested = logical_id if name == ROOT_NAME else f"{name}{SEPARATOR}{logical_id}"
        if nested == ROOT_NAME:
            raise Failure(f"{_shown(path)}: no nested stack can have the logical id {ROOT_NAME}, which names the root template")
        _collect((path.parent / location).resolve(), nested, (*parents, path), templates)
        # Beside the parent's file, so that cfn-lint holds the parameters of both against each other.
        resource["Properties"]["TemplateURL"] = f"{nested}.json"


def _local_template(resource: dict) -> str | None:
    """The local path of a nested stack's template; none for other resources and for templates that are on S3 already."""
    if resource.get("Type") != NESTED_STACK:
        return None
    location = resource.get("Properties", {}).get("TemplateURL")
    return location if isinstance(location, str) and "://" not in location else None


def transform_file(path: Path) -> dict:
    """Returns one template as CloudFormation processes it; a template without SAM's transform comes back with its artifacts replaced."""
    template = _read(path)
    _replace_artifacts(template, path)
    template = _include(template, path)
    if "AWS::Serverless-2016-10-31" not in _transforms(template):
        return template
    parameters = template.get("Parameters", {})
    # AWS hands SAM the parameters' values. With a default at hand the translator would write it where a parameter is referred to.
    bare = {name: {key: value for key, value in each.items() if key != "Default"} for name, each in parameters.items()}
    try:
        with _region():
            transformed = transform({**template, **({"Parameters": bare} if bare else {})}, VALUES, NO_POLICIES)
    except InvalidDocumentException as error:
        causes = "\n".join(cause.message for cause in error.causes)
        raise Failure(f"SAM refuses {_shown(path)}:\n{causes}") from error
    # The translator returns dictionaries and texts of its own kinds.
    return json.loads(json.dumps({**transformed, **({"Parameters": parameters} if parameters else {})}))


def _read(path: Path) -> dict:
    """Reads a template in YAML, short tags included, or in JSON."""
    try:
        template = yaml_parse(path.read_text())
    except FileNotFoundError as error:
        raise Failure(f"there is no template {_shown(path)}") from error
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise Failure(f"the template {_shown(path)} cannot be read: {error}") from error
    if not isinstance(template, dict) or not isinstance(template.get("Resources"), dict):
        raise Failure(f"{_shown(path)} is no template: it has no mapping named Resources")
    # Plain dictionaries, and no object that a YAML anchor shares.
    return json.loads(json.dumps(template))


def _transforms(template: dict) -> list[str]:
    """The names of the transforms that a template declares."""
    declared = template.get("Transform", [])
    return [each for each in (declared if isinstance(declared, list) else [declared]) if isinstance(each, str)]


def _replace_artifacts(template: dict, path: Path) -> None:
    """Puts an S3 address in the place of each local path that `sam deploy` uploads."""
    uploads = {**UPLOADED, "Function": "CodeUri"}
    holders = [(kind, settings) for kind, settings in template.get("Globals", {}).items()]
    holders += [(each.get("Type"), each.get("Properties")) for each in template["Resources"].values() if isinstance(each, dict)]
    for kind, properties in holders:
        name = uploads.get(kind)
        location = properties.get(name) if name and isinstance(properties, dict) else None
        if isinstance(location, str) and "://" not in location:
            properties[name] = f"{BUCKET}/{_shown((path.parent / location).resolve())}"


def _include(node: Any, path: Path) -> Any:
    """Puts a local file in the place of each `AWS::Include` that names one, as CloudFormation does with the uploaded file."""
    if isinstance(node, list):
        return [_include(each, path) for each in node]
    if not isinstance(node, dict):
        return node
    node = {key: _include(value, path) for key, value in node.items()}
    macro = node.get("Fn::Transform")
    if not isinstance(macro, dict) or macro.get("Name") != "AWS::Include":
        return node
    location = (macro.get("Parameters") or {}).get("Location")
    if not isinstance(location, str) or "://" in location:
        return node
    file = (path.parent / location).resolve()
    try:
        included = json.loads(json.dumps(yaml_parse(file.read_text())))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise Failure(f"{_shown(path)} includes {location}, which cannot be read: {error}") from error
    siblings = {key: value for key, value in node.items() if key != "Fn::Transform"}
    return {**included, **siblings} if isinstance(included, dict) else included


@contextlib.contextmanager
def _region() -> Iterator[None]:
    """Names a region for the translator, which asks the AWS configuration for the partition's name."""
    former = os.environ.get("AWS_DEFAULT_REGION")
    os.environ["AWS_DEFAULT_REGION"] = LOCAL_REGION
    try:
        yield
    finally:
        if former is None:
            del os.environ["AWS_DEFAULT_REGION"]
        else:
            os.environ["AWS_DEFAULT_REGION"] = former


def _shown(path: Path) -> str:
    """The path as messages show it: from the checkout's root where it is inside."""
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)
