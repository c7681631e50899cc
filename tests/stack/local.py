"""`make up`: builds, starts, deploys and seeds the local stack. `holdfast/local_stack.py` stops it."""

from dataclasses import dataclass
from pathlib import Path

import boto3

from holdfast import build, deploy, local_stack, resources, saved_state
from holdfast.api import Api
from holdfast.prerequisites import check
from holdfast.project import ROOT, LocalStack, read_env_file, write_env_file
from holdfast.report import Failure, say, step
from stack import emulator, seed


@dataclass(frozen=True)
class Operator:
    """The account that keeps the catalog, made by the seed."""

    email: str
    password: str


def up() -> None:
    """Builds, starts, deploys and seeds the checkout's stack, without the steps that are done already."""
    say("Bringing Holdfast up:")
    check()
    with step("building the functions", quiet=False):
        build.local()
    stack = local_stack.checkout_stack()
    _start(stack)
    converge(stack, {})
    with step("saving the state") as current:
        if not emulator.save(stack):
            current.end("not done yet; the stack tries again")
    _invite(stack)


def session() -> boto3.Session:
    """Makes clients for the stack that this process uses: endpoint, region and credentials come from the environment. See `converge`."""
    return boto3.Session()


def converge(stack: LocalStack, parameters: dict[str, str]) -> Operator:
    """Brings a running emulator to the state that the checkout describes; repeating it changes nothing."""
    stack.use_in_this_process()
    aws = session()
    with step("deploying the stack") as current:
        if not deploy.deploy_local(stack, aws, parameters, current):
            current.end("unchanged")
    deploy.prune_uploads(aws, stack.name)
    operator = Operator(seed.OPERATOR_EMAIL, read_env_file(stack.env_file).get("OPERATOR_PASSWORD") or seed.new_password())
    write_env(stack, operator)
    with step("seeding the catalog") as current:
        api = Api(stack.api_url)
        seed.operator(api, aws.client("lambda"), stack.name, operator.password)
        added = seed.catalog(api, current.note)
        current.end(f"{added} products added" if added else "unchanged")
    with step("seeding the settings of pricing") as current:
        added = seed.pricing(api)
        current.end(f"{added} settings added" if added else "unchanged")
    return operator


def _start(stack: LocalStack) -> None:
    """Starts the emulator unless it runs, and says so when it had ended by itself."""
    with step("starting the emulator") as current:
        if local_stack.running(stack):
            if not emulator.answers(stack):
                raise Failure("the emulator runs but does not answer", "Try: make down && make up", stack.emulator_log)
            current.end(f"running on port {stack.port}")
            return
        lost, saved = local_stack.died(stack), local_stack.saved(stack)
        emulator.start(stack)
        current.end(f"port {stack.port}, " + (f"its state of {saved_state.age(saved)} ago" if saved else "without a state"))
    if lost:
        say("  It had ended without `make down`: " + (f"what changed after {saved_state.moment(saved)} is lost." if saved else "it had saved nothing."))


def write_env(stack: LocalStack, operator: Operator) -> None:
    """Writes what a person or a test needs to use the stack, which this process uses already."""
    walked = resources.walk(session().client("cloudformation"), stack.name)
    email = [each.physical_id for each in walked if each.logical_id == local_stack.CAPTURED_EMAIL]
    variables = {
        **stack.operator_variables(),
        "OPERATOR_EMAIL": operator.email,
        "OPERATOR_PASSWORD": operator.password,
        **({"EMAIL_QUEUE_URL": email[0]} if email else {}),
    }
    write_env_file(stack.env_file, variables)


def _invite(stack: LocalStack) -> None:
    """Ends `make up`: where the API is and what to try next."""
    shown = _relative(stack.env_file)
    say(f"\nHoldfast answers at {stack.api_url}\n\nTry:")
    say(f"  curl '{stack.api_url}/api/v1/products?limit=3'")
    say(f"  set -a; . {shown}; set +a; .venv/tools/bin/aws dynamodb list-tables")
    say("  make demo")


def _relative(path: Path) -> Path:
    """The path as seen from the checkout."""
    return path.relative_to(ROOT) if path.is_relative_to(ROOT) else path
