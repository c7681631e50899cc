"""`make deploy`: the same template on AWS, with the caller's own credentials."""

from pathlib import Path
from typing import Any

import boto3
import tomlkit
from botocore.exceptions import BotoCoreError, ClientError

from stack import build, deploy, keys, process
from stack.prerequisites import check
from stack.project import ROOT, stack_name, tool_environment
from stack.report import Failure, say, step

STAGES = ("dev", "prod")
SAMCONFIG = ROOT / "samconfig.toml"
# What the functions are built for when samconfig.toml does not say: the cheaper one.
ARCHITECTURE = "arm64"
# The template's output that tells the API's address.
API_OUTPUT = "ApiUrl"


def deploy_stage(stage: str, session: Any, settings: dict) -> str:
    """Builds and deploys one stage; the API's address.

    PublicBaseUrl stays empty unless samconfig.toml names one, such as a custom domain: the functions then go by the
    host that each request came to.
    """
    parameters = _written_parameters(settings)
    with step("building the functions for AWS", quiet=False):
        build.release(parameters.get("Architecture", ARCHITECTURE))
        build.binaries()
    with step("finding or making the token signing key"):
        parameters |= deploy.key_parameters(keys.ensure(session.client("secretsmanager"), stage))
    # Its output is shown, since it may ask.
    command = deploy.sam_deploy(["--config-env", stage], parameters)
    process.run(command, tool_environment(), ROOT, "sam deploy")
    return parameters.get("PublicBaseUrl") or deploy.output(session, stage, API_OUTPUT)


def deploy_to(stage: str) -> None:
    """Deploys a stage to AWS."""
    _known(stage)
    check()
    settings = _settings(stage)
    aws = session(stage)
    account = _account(aws)
    say(f"Deploying {stack_name(stage)} to account {account}, region {aws.region_name}:")
    say(f"\nHoldfast answers at {deploy_stage(stage, aws, settings)}")


def session(stage: str) -> boto3.Session:
    """Makes clients for a stage on AWS, with the caller's own credentials."""
    _known(stage)
    return boto3.Session(region_name=_settings(stage).get("region"))


def _known(stage: str) -> None:
    """Refuses a stage that there is none of."""
    if stage not in STAGES:
        raise Failure(f"there is no stage {stage!r}", f"Choose one: {', '.join(f'STAGE={each}' for each in STAGES)}")


def _settings(stage: str) -> dict:
    """The stage's settings in samconfig.toml."""
    config = tomlkit.parse(Path(SAMCONFIG).read_text()).unwrap()
    return config[stage]["deploy"]["parameters"]


def _written_parameters(settings: dict) -> dict[str, str]:
    """The template parameters written in samconfig.toml. Those given on the command line replace them all there,
    so they are read here and given along."""
    written = settings.get("parameter_overrides", "")
    pairs = written.split() if isinstance(written, str) else written
    return dict(pair.split("=", 1) for pair in pairs)


def _account(session: Any) -> str:
    """The account that the caller's credentials belong to."""
    try:
        return session.client("sts").get_caller_identity()["Account"]
    except (BotoCoreError, ClientError) as error:
        raise Failure(
            f"AWS does not accept your credentials: {error}",
            "Set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, and try again.",
        ) from error
