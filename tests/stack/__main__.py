"""The commands behind the Makefile: `python -m stack <command>`."""

import argparse
import os
import signal
import sys

from stack.report import Failure


def main() -> int:
    """Runs one command; its failure is shown with its cause."""
    parser = argparse.ArgumentParser(prog="stack", description="Holdfast's local stack and its deployment.")
    commands = ["up", "down", "clean", "logs", "deploy", "demo", "double", "test", "lint", "grant", "client", "rotate-keys", "rotate-snapshot-keys", "import", "trace", "browser", "redrive", "replay", "republish"]
    commands += ["invoke", "sam-local", "test-against", "expire", "reconcile", "fuzz"]
    parser.add_argument("command", choices=commands)
    parser.add_argument("--stage", default="", help="local, dev or prod; dev for deploy and local for all others when none is named")
    parser.add_argument("--yes", action="store_true", help="remove a stack that never became complete without asking")
    parser.add_argument("--email", default="", help="whom to grant scopes")
    parser.add_argument("--name", default="", help="what the machine client is called")
    parser.add_argument("--scopes", default="", help="the scopes, with spaces between")
    parser.add_argument("--file", default="", help="the products to import: .ndjson, .json or .csv, or - for a pipe of NDJSON")
    parser.add_argument("--from", dest="start", default="", help="the first moment of what is told again, such as 2026-03-03T14:00Z")
    parser.add_argument("--to", dest="end", default="", help="the last one; now, where there is none")
    parser.add_argument("--rules", default="", help="which rules are told again, or all")
    parser.add_argument("--aggregate", default="", help="whose events are published again, such as order/<uuid>")
    parser.add_argument("--dry-run", action="store_true", help="only say what would be published or redriven")
    parser.add_argument("--order", default="", help="the order to trace, by id or number")
    parser.add_argument("--queue", default="", help="the queue of dead letters to redrive; all of them when none is named")
    parser.add_argument("--function", default="", help="the function to invoke, as template.yaml calls it")
    parser.add_argument("--event", default="", help="the event to invoke it with; its sample in events/ otherwise")
    parser.add_argument("--filter", default="", help="which black-box tests to run, by a part of their names; all otherwise")
    parser.add_argument("--hurry", action="store_true", help="rotate keys without keeping the waiting times")
    parser.add_argument("--seconds", type=int, default=600, help="how long to fuzz")
    parser.add_argument("--seed", default="random", help="where fuzzing begins: a number, or random")
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
    """Runs the command. Each is imported when it is used: the AWS clients take a moment to load."""
    command = arguments.command
    stage = arguments.stage or ("dev" if command == "deploy" else "local")
    if command in ("up", "down", "clean"):
        from stack import local

        {"up": local.up, "down": local.down, "clean": local.clean}[command]()
    elif command in ("test", "lint"):
        from stack import checks

        {"test": checks.test, "lint": checks.lint}[command]()
    elif command == "browser":
        from stack import browser

        browser.test_running()
    elif command == "logs":
        from stack import logs

        logs.follow(stage)
    elif command == "deploy":
        from stack import release

        release.deploy_to(stage, arguments.yes)
    elif command == "grant":
        from stack import accounts

        accounts.grant(stage, arguments.email, arguments.scopes)
    elif command == "client":
        from stack import accounts

        accounts.client(stage, arguments.name, arguments.scopes)
    elif command == "rotate-keys":
        from stack import rotation

        rotation.rotate(stage, arguments.hurry)
    elif command == "rotate-snapshot-keys":
        from stack import snapshot_keys

        snapshot_keys.rotate(stage, arguments.hurry)
    elif command == "import":
        from stack import importer

        importer.import_file(stage, arguments.file)
    elif command == "replay":
        from stack import replay

        replay.replay(stage, arguments.start, arguments.end, arguments.rules)
    elif command == "republish":
        from stack import republish

        republish.republish(stage, arguments.start, arguments.end, arguments.aggregate, arguments.dry_run)
    elif command == "trace":
        from stack import trace

        trace.trace(stage, arguments.order)
    elif command == "redrive":
        from stack import redrive

        redrive.redrive(stage, arguments.queue, arguments.dry_run)
    elif command == "invoke":
        from stack import invoke

        invoke.invoke(stage, arguments.function, arguments.event)
    elif command == "sam-local":
        from stack import sam_local

        sam_local.check_all()
    elif command == "test-against":
        from stack import against

        against.test(arguments.filter)
    elif command in ("expire", "reconcile"):
        from stack import jobs

        jobs.run(command, stage)
    elif command == "double":
        from stack import double

        double.serve()
    elif command == "fuzz":
        from stack import fuzz

        fuzz.fuzz(arguments.seconds, arguments.seed)
    elif command == "demo":
        from stack import demo

        demo.tell()


if __name__ == "__main__":
    sys.exit(main())
