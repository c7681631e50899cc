"""The stage that a command works on: its stack, region and account, printed before anything else is done.

`local` is the running stack, or the one that the environment names (see `target.py`). `dev` and `prod` are on AWS, with the caller's own credentials.
"""

import functools
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import boto3
import botocore.session
from botocore.exceptions import BotoCoreError, ClientError

from holdfast import settings, target
from holdfast.deploy import LOCAL_STAGE
from holdfast.report import Failure

REMOTE = ("dev", "prod")
# Also begins the variables of single services, such as AWS_ENDPOINT_URL_DYNAMODB.
ENDPOINT = "AWS_ENDPOINT_URL"
# Names an endpoint that stands in for AWS when STAGE is dev or prod, so that what is done there can be tried without an account.
SIMULATED = "HOLDFAST_REMOTE_ENDPOINT"
# With such an endpoint these say where the stack is, instead of samconfig.toml.
SIMULATED_STACK, SIMULATED_REGION = "STACK_NAME", "AWS_REGION"


@dataclass(frozen=True)
class Stage:
    """A stage that a command works on."""

    name: str
    stack: str
    session: boto3.Session
    account: str
    # Empty for AWS itself.
    endpoint: str = ""

    @property
    def is_local(self) -> bool:
        """Whether the stack is an emulator's and no remote one."""
        return self.name == LOCAL_STAGE

    def client(self, service: str) -> Any:
        """Makes a client of a service for this stage."""
        made: Any = self.session
        return made.client(service)

    def __str__(self) -> str:
        place = f" at {self.endpoint}" if self.endpoint else ""
        return f"account {self.account}, region {self.session.region_name}, stack {self.stack}{place}"


@functools.cache
def choose(name: str) -> Stage:
    """Finds a stage and prints what it is. From then on, AWS clients of this process go there."""
    check(name)
    chosen = _local() if name == LOCAL_STAGE else _remote(name)
    show(str(chosen))
    return chosen


def show(text: str) -> None:
    """Prints what a command works on. Standard output is left to the command's own result, which may be JSON."""
    print(f"Target: {text}", file=sys.stderr, flush=True)


def check(name: str, environment: Mapping[str, str] = os.environ) -> None:
    """Refuses a stage that does not exist, and one on AWS while the environment names another endpoint."""
    if name not in (LOCAL_STAGE, *REMOTE):
        raise Failure(f"there is no stage {name!r}", f"Choose one: {', '.join(f'STAGE={each}' for each in (LOCAL_STAGE, *REMOTE))}")
    if name == LOCAL_STAGE:
        return
    redirecting = sorted(variable for variable in environment if variable.startswith(ENDPOINT) and environment[variable])
    if redirecting:
        raise Failure(
            f"STAGE={name} is on AWS, but {', '.join(f'{each} is {environment[each]}' for each in redirecting)}",
            f"Run `unset {' '.join(redirecting)}`, or use STAGE=local. To try out a remote stage on an emulator: {SIMULATED} (docs/using.md).",
        )


def _local() -> Stage:
    stack = target.chosen()
    stack.use_in_this_process()
    session = boto3.Session()
    return Stage(LOCAL_STAGE, stack.name, session, _account(session, "Is it an emulator of AWS?"), stack.endpoint)


def _remote(name: str) -> Stage:
    configured = settings.of(name)
    simulated = os.environ.get(SIMULATED, "").rstrip("/")
    if simulated:
        return _simulated(name, simulated, configured)
    profile = configured.get("profile") or None
    _refuse_configured_endpoint(profile)
    session = boto3.Session(region_name=configured.get("region"), profile_name=profile)
    if not session.region_name:
        raise Failure(f"the stage {name} has no region", "Set region in samconfig.toml.")
    advice = "Set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, and try again."
    return Stage(name, settings.stack(configured, name), session, _account(session, advice))


def _simulated(name: str, endpoint: str, configured: dict[str, Any]) -> Stage:
    """Makes a stage of an endpoint in AWS's place, also for the tools that this process starts."""
    os.environ[ENDPOINT] = endpoint
    session = boto3.Session(region_name=os.environ.get(SIMULATED_REGION) or configured.get("region"))
    stack = os.environ.get(SIMULATED_STACK) or settings.stack(configured, name)
    return Stage(name, stack, session, _account(session, "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY."), endpoint)


def _refuse_configured_endpoint(profile: str | None) -> None:
    """Refuses an endpoint in the AWS configuration file, which redirects as silently as the variable does."""
    endpoint = botocore.session.Session(profile=profile).get_scoped_config().get("endpoint_url")
    if endpoint:
        raise Failure(f"the AWS profile sends every call to {endpoint}", "Remove its endpoint_url, or set AWS_PROFILE to another profile.")


def _account(session: boto3.Session, advice: str) -> str:
    """Returns the account that the credentials belong to."""
    try:
        return session.client("sts").get_caller_identity()["Account"]
    except (BotoCoreError, ClientError) as error:
        raise Failure(f"the credentials are not accepted: {error}", advice) from error
