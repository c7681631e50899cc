"""The commands of the local stack and of its tests behind the Makefile: `python -m stack <command>`. What operators run is `holdfast`."""

import argparse
import importlib
import sys
from collections.abc import Callable
from types import ModuleType

from holdfast.guard import guarded

# Each command: its module, and how it is called with the arguments.
COMMANDS: dict[str, tuple[str, Callable[[ModuleType, argparse.Namespace], object]]] = {
    "up": ("local", lambda module, given: module.up()),
    "up-one": ("one", lambda module, given: module.up(given.function)),
    "test": ("checks", lambda module, given: module.test()),
    "lint": ("checks", lambda module, given: module.lint()),
    "permissions": ("permissions", lambda module, given: module.compare_running()),
    "browser": ("browser", lambda module, given: module.test_running()),
    "sam-local": ("sam_local", lambda module, given: module.check_all()),
    "test-against": ("against", lambda module, given: module.test(given.filter)),
    "double": ("double", lambda module, given: module.serve()),
    "fuzz": ("fuzz", lambda module, given: module.fuzz(given.seconds, given.seed)),
    "soak": ("soak", lambda module, given: module.run(given.hours, given.seed)),
    "fuzz-parsers": ("fuzz_targets", lambda module, given: module.fuzz(given.minutes, given.family)),
    "routes": ("route_lists", lambda module, given: module.make()),
    "new-route": ("new_route", lambda module, given: module.make(given.name, given.method, given.path, given.context)),
    "demo": ("demo", lambda module, given: module.tell()),
}


def main() -> int:
    """Runs one command; its failure is shown with its cause."""
    parser = argparse.ArgumentParser(prog="stack", description="Holdfast's local stack and its tests.")
    parser.add_argument("command", choices=COMMANDS)
    parser.add_argument("--function", default="", help="the function to build and replace, such as GetOrder")
    parser.add_argument("--filter", default="", help="which black-box tests to run, by a part of their names; all otherwise")
    parser.add_argument("--seconds", type=int, default=600, help="how long to fuzz")
    parser.add_argument("--hours", type=float, default=1.0, help="how long to soak; 0 for one round")
    parser.add_argument("--minutes", type=float, default=1, help="how long to fuzz each family of parsers")
    parser.add_argument("--family", default="", help="the family of parsers to fuzz; all of them when none is named")
    for part, example in (("name", "CountProducts"), ("method", "GET"), ("path", "/api/v1/products/count"), ("context", "catalog")):
        parser.add_argument(f"--{part}", default="", help=f"of a new route, such as {example}")
    parser.add_argument("--seed", default="random", help="where fuzzing or soaking begins: a number, or random")
    return guarded(lambda: _run(parser.parse_args()))


def _run(arguments: argparse.Namespace) -> None:
    """Runs the command. Its module is imported when it is used: the AWS clients take a moment to load."""
    module, call = COMMANDS[arguments.command]
    call(importlib.import_module(f"stack.{module}"), arguments)


if __name__ == "__main__":
    sys.exit(main())
