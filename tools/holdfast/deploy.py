"""Deploys template.yaml and the templates that it nests with `sam deploy`: the same steps for the emulator and for AWS."""

import hashlib
import json
import re
import subprocess
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from holdfast import build, keys, published, quick_sam, resources, settings, update
from holdfast import parameters as template
from holdfast.project import API_ID, COMMIT, RELEASE, ROOT, TEMPLATE, TOOLS, LocalStack, commit, host_architecture, templates
from holdfast.report import Failure, Step

LOCAL_STAGE = "local"
# Where the emulator keeps what `sam deploy` uploads.
LOCAL_BUCKET = "holdfast-local-artifacts"
# Kept inside the emulator: an emulator that lost its state has lost this too, and is deployed to again.
FINGERPRINT = "/holdfast-local/deployed"
# A line of a stack's own events, in columns that SAM breaks where they are full.
STACK_DONE = re.compile(r"^(?:CREATE|UPDATE)_COMPLETE\s+AWS::CloudFormation::S\S*\s+(\S+)")


def key_parameters(token_keys: keys.TokenKeys) -> dict[str, str]:
    """The parameters that tell the functions of the signing key."""
    return {"TokenPublicKeys": ",".join(token_keys.public_keys), "TokenSigningSecretArn": token_keys.secret_arn}


def deploy_local(stack: LocalStack, session: Any, extra: dict[str, str], step: Step) -> bool:
    """Deploys to the emulator, unless the very same thing is deployed there already. True when it deployed."""
    token_keys = keys.ensure(session.client("secretsmanager"), LOCAL_STAGE)
    values = {
        "Stage": LOCAL_STAGE,
        "PublicBaseUrl": stack.api_url,
        "Architecture": host_architecture(),
        # A receiver on the developer's own machine can be tried out.
        "WebhookAllowLocal": "true",
        # All tests, and the demo, come from one address.
        "RegistrationsPerAddress": "100000",
        "AnonymousCartsPerAddress": "100000",
        "AccountsPerAddress": "0",
        # Messages cost nothing there.
        "SmsDailyLimit": "1000000",
        "EmailDailyLimit": "1000000",
        # The emulator has no CodeDeploy, and no clients to wait for.
        "Canary": "false",
        **key_parameters(token_keys),
        **_restored(session, stack.name),
        **extra,
    }
    wanted = _fingerprint(values)
    if _deployed(session) == wanted and stack_status(session, stack.name) in resources.COMPLETE:
        # Another commit of the very same: nothing is shipped, and only the parameter with the commit changes.
        return update.change(session.client("cloudformation"), stack.name, {COMMIT: commit()}, poll_seconds=1)
    _remove_hopeless(session, stack.name)
    _ensure_bucket(session)
    options = ["--config-env", LOCAL_STAGE, "--stack-name", stack.name, "--s3-bucket", LOCAL_BUCKET, "--no-progressbar"]
    # The tag makes the emulator give the HTTP API this id, which the address in PublicBaseUrl relies on.
    command = sam_deploy(
        [*options, "--tags", f"ms-custom-id={API_ID}"],
        template.load().complete({**values, COMMIT: commit(), RELEASE: published.release(values, session.client("secretsmanager"), describe(session, stack.name))}),
    )
    command[:1] = [str(TOOLS / "python"), str(Path(__file__).with_name("quick_sam.py"))]
    _follow(command, {**stack.environment(), "SAM_CLI_POLL_DELAY": "1"}, stack.deploy_log, step)
    session.client("ssm").put_parameter(Name=FINGERPRINT, Value=wanted, Type="String", Overwrite=True)
    return True


def _restored(session: Any, stack: str) -> dict[str, str]:
    """The parameters that a restore has set, so that a deployment keeps the tables in use."""
    return resources.restored(session.client("cloudformation"), stack) if describe(session, stack) else {}


def sam_deploy(options: list[str], parameters: dict[str, str]) -> list[str]:
    """The command that deploys the template with these parameters."""
    command = [str(TOOLS / "sam"), "deploy", "--template-file", str(TEMPLATE), *options]
    return [*command, "--parameter-overrides", *settings.written(parameters)]


def prune_uploads(session: Any, stack: str) -> None:
    """Deletes uploads that the deployed stack no longer uses; each deployment would add a hundred megabytes."""
    formation, s3 = session.client("cloudformation"), session.client("s3")
    nested = [each.physical_id for each in resources.walk(formation, stack) if each.type == resources.NESTED]
    used = "".join(json.dumps(formation.get_template(StackName=name)["TemplateBody"]) for name in [stack, *nested])
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=LOCAL_BUCKET):
        for item in page.get("Contents", []):
            if item["Key"] not in used:
                s3.delete_object(Bucket=LOCAL_BUCKET, Key=item["Key"])


def stack_status(session: Any, name: str) -> str:
    """The stack's status; empty when there is no such stack."""
    stack = describe(session, name)
    return stack["StackStatus"] if stack else ""


def describe(session: Any, name: str) -> dict[str, Any] | None:
    """The stack's description, if there is such a stack."""
    try:
        return session.client("cloudformation").describe_stacks(StackName=name)["Stacks"][0]
    except ClientError as error:
        if "does not exist" in str(error):
            return None
        raise


def output(session: Any, stack: str, name: str) -> str:
    """One of the stack's outputs; empty when the stack or the output is not there."""
    described = describe(session, stack) or {}
    return next((each["OutputValue"] for each in described.get("Outputs", []) if each["OutputKey"] == name), "")


def _follow(command: list[str], environment: dict[str, str], log: Path, step: Step) -> None:
    """Runs `sam deploy`, shows its progress, and keeps its output in `log`."""
    # The root template is uploaded last, by itself.
    files, stacks = len(build.binaries()) + len(templates()) - 1, len(templates())
    uploaded = done = 0
    step.note("packing and uploading the functions")
    with log.open("w") as kept:
        sam = subprocess.Popen(command, env=environment, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        for line in sam.stdout or ():
            kept.write(line)
            if line.startswith(quick_sam.UPLOADED):
                uploaded += 1
                step.note(f"{min(uploaded, files)} of {files} functions and templates uploaded")
            elif found := STACK_DONE.match(line):
                done += 1
                step.note(f"{done} of {stacks} stacks ready: {found.group(1)}")
    if sam.wait() != 0:
        raise Failure("sam deploy failed", log=log)


def _fingerprint(parameters: dict[str, str]) -> str:
    """What makes one deployment differ from another: the templates, their parameters and the binaries."""
    sha = hashlib.sha256(b"".join(template.read_bytes() for template in templates()))
    sha.update(json.dumps(parameters, sort_keys=True).encode())
    build.add_to(sha, build.binaries())
    return sha.hexdigest()


def _deployed(session: Any) -> str:
    """The fingerprint of what the emulator has; empty when it has nothing."""
    try:
        return session.client("ssm").get_parameter(Name=FINGERPRINT)["Parameter"]["Value"]
    except ClientError:
        return ""


def _ensure_bucket(session: Any) -> None:
    """Makes the bucket for uploads unless it is there."""
    s3 = session.client("s3")
    if all(bucket["Name"] != LOCAL_BUCKET for bucket in s3.list_buckets()["Buckets"]):
        s3.create_bucket(Bucket=LOCAL_BUCKET, CreateBucketConfiguration={"LocationConstraint": session.region_name})


def _remove_hopeless(session: Any, name: str) -> None:
    """Deletes a stack whose creation failed: CloudFormation refuses to update it."""
    if stack_status(session, name) in resources.HOPELESS:
        formation = session.client("cloudformation")
        formation.delete_stack(StackName=name)
        formation.get_waiter("stack_delete_complete").wait(StackName=name, WaiterConfig={"Delay": 1})
