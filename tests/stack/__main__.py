"""The commands behind the Makefile: `python -m stack <command>`."""

import argparse
import importlib
import os
import signal
import sys

from holdfast.report import Failure


# Each command: its module, and how it is called with the stage and the arguments.
COMMANDS = {
    "up": ("stack.local", lambda module, stage, given: module.up()),
    "down": ("holdfast.local_stack", lambda module, stage, given: module.down()),
    "clean": ("holdfast.local_stack", lambda module, stage, given: module.clean()),
    "test": ("stack.checks", lambda module, stage, given: module.test()),
    "lint": ("stack.checks", lambda module, stage, given: module.lint()),
    "permissions": ("stack.permissions", lambda module, stage, given: module.compare_running()),
    "browser": ("stack.browser", lambda module, stage, given: module.test_running()),
    "logs": ("holdfast.logs", lambda module, stage, given: module.follow(stage)),
    "deploy": ("holdfast.release", lambda module, stage, given: module.deploy_to(stage, given.yes, given.approved)),
    "package": ("holdfast.package", lambda module, stage, given: module.make(given.architecture)),
    "grant": ("holdfast.accounts", lambda module, stage, given: module.grant(stage, given.email, given.scopes, given.add, given.remove)),
    "client": ("holdfast.accounts", lambda module, stage, given: module.client(stage, given.name, given.scopes)),
    "clients": ("holdfast.accounts", lambda module, stage, given: module.clients(stage)),
    "client-rotate": ("holdfast.accounts", lambda module, stage, given: module.rotate_client(stage, given.client, given.overlap)),
    "client-revoke": ("holdfast.accounts", lambda module, stage, given: module.revoke_client(stage, given.client)),
    "rotate-keys": ("holdfast.rotation", lambda module, stage, given: module.rotate(stage, given.hurry)),
    "rotate-snapshot-keys": ("holdfast.snapshot_keys", lambda module, stage, given: module.rotate(stage, given.hurry)),
    "import": ("holdfast.importer", lambda module, stage, given: module.import_file(stage, given.file, given.encoding)),
    "replay": ("holdfast.replay", lambda module, stage, given: module.replay(stage, given.start, given.end, given.rules)),
    "republish": ("holdfast.republish", lambda module, stage, given: module.republish(stage, given.start, given.end, given.aggregate, given.dry_run)),
    "pause": ("holdfast.pause", lambda module, stage, given: module.run("pause", stage)),
    "resume": ("holdfast.pause", lambda module, stage, given: module.run("resume", stage)),
    "restore": ("holdfast.restore", lambda module, stage, given: module.restore(stage, given.at, given.yes, given.dry_run)),
    "trace": ("holdfast.trace", lambda module, stage, given: module.trace(stage, given.order)),
    "backfill": ("holdfast.backfill", lambda module, stage, given: module.run(stage, given.table, given.rate, given.limit, given.dry_run)),
    "failed-logins": ("holdfast.failed_logins", lambda module, stage, given: module.show(stage, given.login)),
    "redrive": ("holdfast.redrive", lambda module, stage, given: module.redrive(stage, given.queue, given.dry_run)),
    "invoke": ("holdfast.invoke", lambda module, stage, given: module.invoke(stage, given.function, given.event)),
    "sam-local": ("stack.sam_local", lambda module, stage, given: module.check_all()),
    "test-against": ("stack.against", lambda module, stage, given: module.test(given.filter)),
    "expire": ("holdfast.jobs", lambda module, stage, given: module.run("expire", stage)),
    "reconcile": ("holdfast.jobs", lambda module, stage, given: module.run("reconcile", stage)),
    "double": ("stack.double", lambda module, stage, given: module.serve()),
    "fuzz": ("stack.fuzz", lambda module, stage, given: module.fuzz(given.seconds, given.seed)),
    "soak": ("stack.soak", lambda module, stage, given: module.run(given.hours, given.seed)),
    "fuzz-parsers": ("stack.fuzz_targets", lambda module, stage, given: module.fuzz(given.minutes, given.family)),
    "demo": ("stack.demo", lambda module, stage, given: module.tell()),
}


def main() -> int:
    """Runs one command; its failure is shown with its cause."""
    parser = argparse.ArgumentParser(prog="stack", description="Holdfast's local stack and its deployment.")
    parser.add_argument("command", choices=COMMANDS)
    parser.add_argument("--stage", default="", help="local, dev or prod; dev for deploy and local for all others when none is named")
    parser.add_argument("--yes", action="store_true", help="deploy: remove a stack that never became complete without asking; restore: go on although the restored tables have faults")
    parser.add_argument("--approved", action="store_true", help="execute the change set without asking: it was approved elsewhere")
    parser.add_argument("--architecture", default="arm64", help="what the package is built for: arm64 or x86_64")
    parser.add_argument("--email", default="", help="whom to grant scopes")
    parser.add_argument("--name", default="", help="what the machine client is called")
    parser.add_argument("--scopes", help="the scopes, with spaces between; an empty text for none")
    parser.add_argument("--client", default="", help="the id of the machine client")
    parser.add_argument("--overlap", type=int, help="client-rotate: hours for which the old secret stays good")
    parser.add_argument("--add", help="grant: scopes to add, with spaces between")
    parser.add_argument("--remove", help="grant: scopes to remove, with spaces between")
    parser.add_argument("--file", default="", help="the products to import: .ndjson, .json or .csv, or - for a pipe of NDJSON")
    parser.add_argument("--encoding", default="", help="the encoding that the products were saved in, such as cp1251; without it they are UTF-8")
    parser.add_argument("--from", dest="start", default="", help="the first moment of what is told again, such as 2026-03-03T14:00Z")
    parser.add_argument("--to", dest="end", default="", help="the last one; now, where there is none")
    parser.add_argument("--at", default="", help="the second to restore all tables to, such as 2026-11-29T10:30:00Z, or none for the stack's own tables")
    parser.add_argument("--rules", default="", help="which rules are told again, or all")
    parser.add_argument("--aggregate", default="", help="whose events are published again, such as order/<uuid>")
    parser.add_argument("--dry-run", action="store_true", help="only say what would be published, redriven, restored or rewritten")
    parser.add_argument("--order", default="", help="the order to trace, by id or number")
    parser.add_argument("--login", default="", help="whose failed logins to show: an email address or a phone number")
    parser.add_argument("--queue", default="", help="the queue of dead letters to redrive; all of them when none is named")
    parser.add_argument("--table", default="orders", help="the table whose items are written in the newest form")
    parser.add_argument("--rate", type=float, default=50, help="the most items that are read in a second")
    parser.add_argument("--limit", type=int, default=0, help="stop when so many items were rewritten; 0 for no limit")
    parser.add_argument("--function", default="", help="the function to invoke, as its template calls it")
    parser.add_argument("--event", default="", help="the event to invoke it with; its sample in events/ otherwise")
    parser.add_argument("--filter", default="", help="which black-box tests to run, by a part of their names; all otherwise")
    parser.add_argument("--hurry", action="store_true", help="rotate keys without keeping the waiting times")
    parser.add_argument("--seconds", type=int, default=600, help="how long to fuzz")
    parser.add_argument("--hours", type=float, default=1.0, help="how long to soak; 0 for one round")
    parser.add_argument("--minutes", type=float, default=1, help="how long to fuzz each family of parsers")
    parser.add_argument("--family", default="", help="the family of parsers to fuzz; all of them when none is named")
    parser.add_argument("--seed", default="random", help="where fuzzing or soaking begins: a number, or random")
    arguments = parser.parse_args()
    # An ending asked for from outside still stops what was started: see `checks.py`.
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        _run(arguments)
    except Failure as failure:
        failure.show()
        return 1
    except KeyboardInterrupt:
        print("\nInterrupted.", file=sys.stderr)
        return 130
    except BrokenPipeError:
        # The reader of our output, such as `head`, has gone: nothing is wrong.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except Exception as error:
        if not type(error).__module__.startswith("botocore"):
            raise
        # AWS, or the emulator in its place, said no: its words are the cause, a traceback would hide them.
        Failure(f"{type(error).__name__}: {error}").show()
        return 1
    return 0


def _run(arguments: argparse.Namespace) -> None:
    """Runs the command. Its module is imported when it is used: the AWS clients take a moment to load."""
    stage = arguments.stage or ("dev" if arguments.command == "deploy" else "local")
    module, call = COMMANDS[arguments.command]
    call(importlib.import_module(module), stage, arguments)


if __name__ == "__main__":
    sys.exit(main())
