"""Gives the emulator's HTTP API the routes that it does not read from the OpenAPI document SAM makes.

On AWS the document in the API's `Body` is the routes. The emulator stores the API and ignores the document, so after
each deployment the routes and integrations are brought in line with it through the API Gateway API. Repeating
this changes nothing; routes that the template no longer has are removed.
"""

import re
from collections.abc import Iterator
from typing import Any

from stack.report import Failure

METHODS = ("get", "post", "put", "patch", "delete", "head", "options")
ANY_METHOD = "x-amazon-apigateway-any-method"
INTEGRATION = "x-amazon-apigateway-integration"
FUNCTION_IN_URI = re.compile(r":lambda:path/.*/functions/\$\{(\w+)\.Arn\}/invocations$")
# More than an API of the allowed size has, so that one page is all.
PAGE = "1000"


def synchronise(session: Any, stack_name: str, processed: dict) -> int:
    """Makes each API's routes those of the processed template; how many there are now.

    `session` makes clients for the emulator.
    """
    account = session.client("sts").get_caller_identity()["Account"]
    functions = f"arn:aws:lambda:{session.region_name}:{account}:function"
    gateway, formation = session.client("apigatewayv2"), session.client("cloudformation")
    resources = formation.describe_stack_resources(StackName=stack_name)["StackResources"]
    physical = {each["LogicalResourceId"]: each["PhysicalResourceId"] for each in resources}
    count = 0
    for name, resource in processed["Resources"].items():
        if resource["Type"] != "AWS::ApiGatewayV2::Api":
            continue
        written = declared(resource["Properties"].get("Body", {}))
        wanted = {key: f"{functions}:{physical[function]}" for key, function in written}
        _apply(gateway, physical[name], wanted)
        count += len(wanted)
    return count


def declared(body: dict) -> Iterator[tuple[str, str]]:
    """Each route key of an OpenAPI document with the logical name of its function."""
    for path, operations in body.get("paths", {}).items():
        for method, operation in operations.items():
            if method not in METHODS and method != ANY_METHOD:
                continue
            uri = operation.get(INTEGRATION, {}).get("uri", "")
            template = uri.get("Fn::Sub", "") if isinstance(uri, dict) else uri
            found = FUNCTION_IN_URI.search(template if isinstance(template, str) else "")
            if not found:
                raise Failure(f"{method.upper()} {path} names no function of the template: {uri}")
            verb = "ANY" if method == ANY_METHOD else method.upper()
            yield ("$default" if path in ("$default", "/$default") else f"{verb} {path}"), found.group(1)


def _apply(gateway: Any, api: str, wanted: dict[str, str]) -> None:
    """Adds, changes and removes routes until they are those in `wanted`: route key to function ARN."""
    integrations = {
        each["IntegrationUri"]: each["IntegrationId"]
        for each in gateway.get_integrations(ApiId=api, MaxResults=PAGE)["Items"]
        if "IntegrationUri" in each
    }
    for arn in sorted(set(wanted.values()) - set(integrations)):
        integrations[arn] = gateway.create_integration(
            ApiId=api, IntegrationType="AWS_PROXY", IntegrationUri=arn, PayloadFormatVersion="2.0"
        )["IntegrationId"]
    present = {each["RouteKey"]: each for each in gateway.get_routes(ApiId=api, MaxResults=PAGE)["Items"]}
    for key, arn in wanted.items():
        target = f"integrations/{integrations[arn]}"
        if key not in present:
            gateway.create_route(ApiId=api, RouteKey=key, Target=target, AuthorizationType="NONE")
        elif present[key].get("Target") != target:
            gateway.update_route(ApiId=api, RouteId=present[key]["RouteId"], Target=target)
    for key in set(present) - set(wanted):
        gateway.delete_route(ApiId=api, RouteId=present[key]["RouteId"])
    for arn in set(integrations) - set(wanted.values()):
        gateway.delete_integration(ApiId=api, IntegrationId=integrations[arn])
