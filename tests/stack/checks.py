"""`make test` and `make lint`: everything that says whether the checkout is sound."""

import os

from holdfast import build, process
from holdfast.prerequisites import check
from holdfast.project import LOCAL_REGION, ROOT, TOOLS, LocalStack, read_env_file, tool_environment
from holdfast.report import say, step
from stack import (
    browser,
    client,
    cloud_events,
    double,
    fuzz,
    https,
    local,
    older,
    python,
    receipts,
    rehearsal,
    route_check,
    route_lists,
    rules,
    style,
    temporary,
    transformed,
    untouched,
    workflows,
)

# Long enough for a test to pay in, short enough to wait for.
TEST_PAYMENT_WINDOW_SECONDS = 45
# How the stack under test differs from the one of `make up`. A run leaves more orders unpaid than customers do.
PARAMETERS = {
    "PaymentWindowSeconds": str(TEST_PAYMENT_WINDOW_SECONDS),
    "CorsOrigins": "https://shop.example,http://localhost:5173",
    # A test that makes a setting waits for it.
    "PricingSettingsSeconds": "1",
    "UnpaidOrdersPerAccount": "100000",
    "UnpaidUnitsPerAccount": "1000000000",
}
BLACKBOX = ("--test", "blackbox")
# Black-box tests at a time: most of a test is waiting, for the stack or for a schedule. On two cores a fifth of them took 220 s by four and 249 s by two.
TEST_THREADS = "4"
# Where Python has unit tests: the directory that modules are imported from, and the one of the tests.
UNIT_TESTS = (("tools", "tools/tests"), ("tests", "tests/stack/tests"))


def test() -> None:
    """Runs the tests that need no stack, then the black-box tests on a stack of their own."""
    check()
    say("Tests without a stack:")
    _commands()
    # The libraries alone, and the provider's double: a binary is three lines, and linking a test of each would take a minute.
    _cargo("the unit tests", *build.test(), "--lib", "--test", "double")
    receipts.test()
    _cargo("the documentation's examples", *build.test(), "--doc")
    say("\nTests on a deployed stack:")
    with step("building the functions and the black-box tests", quiet=False):
        build.tested()
    with step("building YooKassa's double", quiet=False):
        build.double()
    with step("transforming the templates, which they read"):
        transformed.write_all()
    with temporary.stack() as stack:
        local.converge(stack, PARAMETERS)
        say()
        _cargo("the black-box tests", *build.test(), *BLACKBOX, environment=variables(stack))
        https.test(stack)
        route_check.test(stack)
        say("\nTests in a browser, on the same stack:")
        browser.test(variables(stack))
        say("\nThe API document, by machines, on the same stack:")
        with cloud_events.read_afterwards(stack):
            client.test(stack)
            older.test(stack)
        fuzz.run(stack)
        say("\nA restore of all tables, rehearsed on the same stack, which keeps the restored ones:")
        rehearsal.run(stack)
        _test_yookassa(stack)


def _commands() -> None:
    """Runs the tests of the operators' program, of the drivers of tests and of the emulator's repairs, some of which start a small emulator. Nothing is compiled for them."""
    environment = {**tool_environment(), "PYTHONPATH": f"tests{os.pathsep}tools"}
    for top, directory in UNIT_TESTS:
        command = [str(TOOLS / "python"), "-W", "ignore", "-m", "unittest", "discover", "--top-level-directory", top, "--start-directory", directory]
        process.run(command, environment, ROOT, f"the tests in {directory}")


def _test_yookassa(stack: LocalStack) -> None:
    """Makes YooKassa's double the provider of a stack that had the sandbox, and runs the black-box tests that need it."""
    say("\nTests on the same stack, with YooKassa's double for a provider:")
    with double.running(stack) as provider:
        secrets = local.session().client("secretsmanager")
        with untouched.data(stack):
            local.converge(stack, {**PARAMETERS, **provider.parameters(secrets)})
        say()
        _cargo("the black-box tests of YooKassa", *build.test(), *double.TESTS, environment=variables(stack))
        say("\nThe same, for a merchant who sends receipts:")
        with untouched.data(stack):
            local.converge(stack, {**PARAMETERS, **provider.parameters(secrets), **double.RECEIPTS})
        say()
        _cargo("the black-box tests of receipts", *build.test(), *double.RECEIPT_TESTS, environment=variables(stack))


def variables(stack: LocalStack) -> dict[str, str]:
    """The environment that black-box tests of this stack need."""
    given = {"PAYMENT_WINDOW_SECONDS": PARAMETERS["PaymentWindowSeconds"], "CORS_ORIGINS": PARAMETERS["CorsOrigins"]}
    given["RUST_TEST_THREADS"] = os.environ.get("RUST_TEST_THREADS", TEST_THREADS)
    return {**stack.environment(), **read_env_file(stack.env_file), **given}


def lint() -> None:
    """Checks the code, its language, the templates before and after their transform, the API document, the workflows and the dependencies.

    A warning fails it.
    """
    check()
    _cargo("cargo fmt", "fmt", "--all", "--check")
    python.check()
    style.check()
    _cargo("clippy", "clippy", "--workspace", "--all-targets", "--", "--deny", "warnings")
    process.run(
        [str(TOOLS / "sam"), "validate", "--lint", "--template-file", str(ROOT / "template.yaml")],
        {**tool_environment(), "AWS_DEFAULT_REGION": LOCAL_REGION},
        ROOT,
        "sam validate",
    )
    rules.check()
    route_lists.check()
    workflows.check()
    workflows.dependencies()
    browser.run("redocly", "lint", "--config", "tests/browser/redocly.yaml", "holdfast")
    client.check()


def _cargo(what: str, *arguments: str, environment: dict[str, str] | None = None) -> None:
    """Runs cargo in the checkout."""
    process.run(["cargo", *arguments], environment or tool_environment(), ROOT, what)
