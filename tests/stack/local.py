"""The local stack's life: `make up`, `make down`, `make clean-stack`."""

import shutil
from dataclasses import dataclass
from pathlib import Path

import boto3

from stack import build, deploy, emulator, resources, saved_state, seed
from stack.api import Api
from stack.prerequisites import check
from stack.project import ROOT, LocalStack, read_env_file, write_env_file
from stack.report import Failure, say, step

# The checkout's own stack.
STACK_DIRECTORY = ROOT / ".stack"
# The queue that stands in for customers' mailboxes on the local stack.
CAPTURED_EMAIL = "CapturedEmail"


@dataclass(frozen=True)
class Operator:
    """The account that keeps the catalog, made by the seed."""

    email: str
    password: str


def up() -> None:
    """Builds, starts, deploys and seeds the checkout's stack, whatever of that is not done yet."""
    say("Bringing Holdfast up:")
    check()
    with step("building the functions", quiet=False):
        build.local()
    stack = checkout_stack()
    _start(stack)
    converge(stack, {})
    with step("saving the state") as current:
        if not emulator.save(stack):
            current.end("not done yet; the stack tries again")
    _invite(stack)


def down() -> None:
    """Stops the checkout's emulator; its state stays on disk for the next `make up`."""
    stack = checkout_stack()
    with step("stopping the stack") as current:
        if not emulator.stop(stack):
            current.end("it was not running")


def clean() -> None:
    """Stops the checkout's emulator and removes all that it kept."""
    stack = checkout_stack()
    with step("removing the stack's data"):
        emulator.stop(stack)
        shutil.rmtree(STACK_DIRECTORY)


def checkout_stack() -> LocalStack:
    """This checkout's stack, on the port that the checkout keeps."""
    STACK_DIRECTORY.mkdir(exist_ok=True)
    return LocalStack(STACK_DIRECTORY, emulator.choose_port(STACK_DIRECTORY))


def running_stack() -> LocalStack:
    """This checkout's stack, which has to run."""
    stack = checkout_stack()
    if not emulator.running(stack):
        raise Failure("the stack is not running", "Start it with: make up")
    return stack


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
    return operator


def _start(stack: LocalStack) -> None:
    """Starts the emulator unless it runs, and says so when it had ended by itself."""
    with step("starting the emulator") as current:
        if emulator.running(stack):
            if not emulator.answers(stack):
                raise Failure("the emulator runs but does not answer", "Try: make down && make up", stack.emulator_log)
            current.end(f"running on port {stack.port}")
            return
        lost, saved = emulator.died(stack), emulator.saved(stack)
        emulator.start(stack)
        current.end(f"port {stack.port}, " + (f"its state of {saved_state.age(saved)} ago" if saved else "without a state"))
    if lost:
        say("  It had ended without `make down`: " + (f"what changed after {saved_state.moment(saved)} is lost." if saved else "it had saved nothing."))


def write_env(stack: LocalStack, operator: Operator) -> None:
    """Writes what a person or a test needs to use the stack, which this process uses already."""
    walked = resources.walk(session().client("cloudformation"), stack.name)
    email = [each.physical_id for each in walked if each.logical_id == CAPTURED_EMAIL]
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
