"""`make test-against`: the black-box tests on an endpoint that somebody else keeps running, such as an emulator of another make.

AWS_ENDPOINT_URL says where. Without API_URL the stack is deployed there first, as the tests want it; with it, it is there already and is taken as it is.
"""

import os
import secrets

from holdfast import build, deploy, process, target
from holdfast.api import Api
from holdfast.prerequisites import check
from holdfast.project import ROOT, write_env_file
from holdfast.report import Failure, say, step
from stack import checks, local, seed
from stack.emulator import answers

DIRECTORY = ROOT / "target" / "test-against"
# Tests that read messages captured by our emulator, which no other endpoint returns, by the beginnings of their names. A test in
# tests/blackbox/repo_checks holds this list against the tests.
NEED_CAPTURED_MESSAGES = (
    "identity::account_notices::",
    "identity::add_login::",
    "identity::confirm_email::",
    "identity::confirm_login::",
    "identity::confirm_password_reset::",
    "identity::confirm_phone::",
    "identity::remove_login::",
    "identity::request_password_reset::",
    "identity::send_email_code::",
    "identity::send_phone_code::",
    "journey::",
    "notifications::deliver_code::",
    "notifications::send_notification::",
    "ordering::look_up_order::",
    "ordering::notify_customer::",
    "ordering::true_when_sent::",
    "service::publish_events::",
    "service::redrive_dead_letters::",
    "service::telling_again::",
    "telemetry::trace::",
)
# The stack's parameter that says how long a customer has to pay.
WINDOW = "PaymentWindowSeconds"


def test(wanted: str) -> None:
    """Runs the black-box tests whose names contain `wanted`, or all, on the endpoint."""
    stack = target.given(DIRECTORY)
    if stack is None:
        raise Failure("AWS_ENDPOINT_URL is not set", "Say where: AWS_ENDPOINT_URL=http://127.0.0.1:4566 make test-against FILTER=catalog::")
    check()
    DIRECTORY.mkdir(parents=True, exist_ok=True)
    captures = answers(stack)
    say(f"Testing on {stack.endpoint}, stack {stack.name}:")
    with step("building the functions", quiet=False):
        build.tested()
    window = _take(stack) if stack.api else _deploy(stack)
    environment = {**checks.variables(stack), "PAYMENT_WINDOW_SECONDS": window}
    skipped = () if captures else NEED_CAPTURED_MESSAGES
    if skipped:
        say(f"\nThe endpoint tells of no captured messages, so these are skipped: {', '.join(skipped)}")
    say()
    filters = [*([wanted] if wanted else []), *(part for name in skipped for part in ("--skip", name))]
    process.run(["cargo", *build.test(), *checks.BLACKBOX, "--", *filters], environment, ROOT, "the black-box tests")


def _deploy(stack: target.GivenStack) -> str:
    """Deploys the stack as the tests want it, with its routes and its operator; the payment window."""
    password = os.environ.get("OPERATOR_PASSWORD")
    if password:
        write_env_file(stack.env_file, {"OPERATOR_PASSWORD": password})
    local.converge(stack, checks.PARAMETERS)
    return checks.PARAMETERS[WINDOW]


def _take(stack: target.GivenStack) -> str:
    """Takes a deployed stack as it is, with an operator: the one that the environment names, or a new one; the payment window."""
    # A process that uses a stack is free of what the caller said of AWS, and of nothing else.
    stack.use_in_this_process()
    email = os.environ.get("OPERATOR_EMAIL") or f"operator-{secrets.token_hex(6)}@holdfast.test"
    operator = local.Operator(email, os.environ.get("OPERATOR_PASSWORD") or seed.new_password())
    described = deploy.describe(local.session(), stack.name)
    if described is None:
        raise Failure(f"{stack.endpoint} has no stack {stack.name}", "Name it with STACK_NAME, or leave API_URL out to have it deployed.")
    with step("logging the operator in"):
        seed.operator(Api(stack.api_url), local.session().client("lambda"), stack.name, operator.password, operator.email)
    local.write_env(stack, operator)
    parameters = {each["ParameterKey"]: each["ParameterValue"] for each in described.get("Parameters", [])}
    return parameters[WINDOW]
