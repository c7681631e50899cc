"""`make fuzz`, and its short form in `make test`: Schemathesis sends what the API document allows, and what it does not.

Its configuration and hooks are in tests/api/. See docs/api.md.
"""

import contextlib
import json
import secrets
import urllib.parse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3

from holdfast import local_stack, process, resources
from holdfast.accounts import change_scopes
from holdfast.api import Api, log_in
from holdfast.prerequisites import check
from holdfast.project import API_TOOLS, ROOT, LocalStack
from holdfast.report import Failure, say, step
from stack import local, seed

CONFIGURATION = ROOT / "tests" / "api" / "schemathesis.toml"
REPORTS = ROOT / "target" / "fuzz"
# How long the run of `make test` takes, and whether it is always the same one.
TEST_SECONDS, TEST_SEED = 150, 8
SCOPES = ("orders:read", "orders:write", "stock:write", "catalog:write", "pricing:write", "payments:write", "webhooks:write", "notifications:write", "operations:write", "loms")
# Customers whose accounts and sessions the run may end.
GUESTS = 12
# Shorter strings in a secret, such as the kind of a key, are no secrets.
SECRET_LENGTH = 16
# Members of a JSON Web Key that everybody may know.
PUBLIC_MEMBERS = ("kid", "x", "shopId")
# Types of resources whose names must not reach a caller.
INTERNAL = ("AWS::DynamoDB::Table", "AWS::SQS::Queue", "AWS::S3::Bucket", "AWS::SecretsManager::Secret", "AWS::Events::EventBus", "AWS::KMS::Key")


def fuzz(seconds: int, seed_text: str) -> None:
    """Tests the checkout's running stack for so long, from a seed or from a `random` one."""
    check()
    stack = local_stack.running_stack()
    stack.use_in_this_process()
    run(stack, seconds, secrets.randbelow(1 << 32) if seed_text == "random" else int(seed_text))


def run(stack: LocalStack, seconds: int = TEST_SECONDS, seed_number: int = TEST_SEED) -> None:
    """Tests a stack for about so long; failures are shown with the request that reproduces each."""
    REPORTS.mkdir(parents=True, exist_ok=True)
    aws = local.session()
    with _given(stack, aws) as given:
        settings = set(_settings(_operator(stack, given)))
        say(f"  fuzzing for {seconds} s from seed {seed_number} (again: make fuzz TIME={seconds} SEED={seed_number}) ...")
        command = [str(API_TOOLS / "st"), "--config-file", str(CONFIGURATION), "run", f"{stack.api_url}/openapi.json"]
        command += ["--checks", "all", "--max-time", str(seconds), "--seed", str(seed_number)]
        command += ["--report", "junit,json", "--report-dir", str(REPORTS), "--no-color"]
        environment = {**stack.environment(), "HOLDFAST_FUZZ": str(given), "PYTHONPATH": str(CONFIGURATION.parent)}
        try:
            process.run(command, environment, CONFIGURATION.parent, "the fuzzer", f"Its reports are in {REPORTS.relative_to(ROOT)}/")
        finally:
            with step("removing what would trouble others"):
                _forget_attempts(stack, aws)
                operator = _operator(stack, given)
                _remove_endpoints(operator)
                for path in set(_settings(operator)) - settings:
                    operator.expect((204, 404), "DELETE", path)


@contextlib.contextmanager
def _given(stack: LocalStack, aws: boto3.Session) -> Iterator[Path]:
    """Writes a file with the accounts that the run uses and the secrets that no response may contain; it is gone afterwards."""
    path = stack.directory / "fuzz.json"
    with step("making accounts for the fuzzer"):
        api = Api(stack.api_url)
        accounts = [_register(api) for _ in range(1 + GUESTS)]
        change_scopes(aws.client("lambda"), stack.name, {"email": accounts[0][0], "scopes": SCOPES})
        operator, *guests = [_tokens(api, *account) for account in accounts]
        given = {"apiUrl": stack.api_url, "operator": operator, "guests": guests, "secrets": _secrets(stack, aws)}
    path.touch(mode=0o600)
    path.write_text(json.dumps(given))
    try:
        yield path
    finally:
        path.unlink()


def _register(api: Api) -> tuple[str, str]:
    """A new account's address and password."""
    email, password = f"fuzzer-{secrets.token_hex(6)}@holdfast.test", seed.new_password()
    api.expect(201, "POST", "/api/v1/auth/register/email", {"firstName": "Fuzz", "lastName": "Er", "email": email, "password": password})
    return email, password


def _tokens(api: Api, email: str, password: str) -> dict[str, str]:
    """The tokens of a login."""
    answer = log_in(api, email, password)
    if answer.status != 200:
        raise Failure(f"logging the fuzzer's account in answered {answer.problem()}")
    return answer.json()


def _secrets(stack: LocalStack, aws: boto3.Session) -> dict[str, str]:
    """What no answer may contain, by what it is."""
    found = {}
    manager = aws.client("secretsmanager")
    for page in manager.get_paginator("list_secrets").paginate():
        for secret in page["SecretList"]:
            text = manager.get_secret_value(SecretId=secret["ARN"])["SecretString"]
            found.update({f"{member} of the secret {secret['Name']}": value for member, value in _parts(text)})
    for each in resources.walk(aws.client("cloudformation"), stack.name):
        # The bus has the name of the stack, which is the issuer of every access token.
        if each.type in INTERNAL and each.physical_id != stack.name:
            # Of a queue's address the name, which its ARN has too.
            found[f"the name of {each.logical_id}"] = each.physical_id.rpartition("/")[2]
    return found


def _parts(text: str) -> Iterator[tuple[str, str]]:
    """A secret's values, each with the member that holds it."""
    try:
        members: Any = json.loads(text)
    except ValueError:
        members = None
    if not isinstance(members, dict):
        members = {"text": text}
    for member, value in members.items():
        if isinstance(value, str) and len(value) >= SECRET_LENGTH and member not in PUBLIC_MEMBERS:
            yield member, value


def _operator(stack: LocalStack, given: Path) -> Api:
    """Requests with every scope."""
    return Api(stack.api_url, json.loads(given.read_text())["operator"]["accessToken"])


def _forget_attempts(stack: LocalStack, aws: boto3.Session) -> None:
    """Deletes the failed logins that were counted against this machine, which would otherwise block every login from it for a while."""
    table = aws.resource("dynamodb").Table(resources.live_table(aws.client("cloudformation"), stack.name, "IdentityTable"))
    options = {"FilterExpression": "begins_with(PK, :throttle)", "ExpressionAttributeValues": {":throttle": "THROTTLE#"}}
    while True:
        page = table.scan(**options)
        for item in page["Items"]:
            table.delete_item(Key={"PK": item["PK"], "SK": item["SK"]})
        if "LastEvaluatedKey" not in page:
            return
        options["ExclusiveStartKey"] = page["LastEvaluatedKey"]


def _remove_endpoints(api: Api) -> None:
    """Removes the webhook endpoints that the run made: their hosts don't exist, and each event would be tried on them for days."""
    for endpoint in _ids(api, "/api/v1/webhooks/endpoints"):
        api.expect((204, 404), "DELETE", endpoint)


def _settings(api: Api) -> Iterator[str]:
    """The paths of all settings of pricing, which would have an effect on every basket."""
    for kind in seed.SETTINGS.values():
        yield from _ids(api, f"/api/v1/admin/{kind}")


def _ids(api: Api, path: str) -> Iterator[str]:
    """The paths of all items of a list."""
    cursor: str | None = ""
    while cursor is not None:
        page = api.expect(200, "GET", f"{path}?limit=100" + (f"&cursor={urllib.parse.quote(cursor)}" if cursor else "")).json()
        yield from [f"{path}/{item['id']}" for item in page["items"]]
        cursor = page.get("nextCursor")
