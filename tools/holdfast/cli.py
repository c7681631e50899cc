"""The program `holdfast`: one subcommand for each thing that an operator runs. The Makefile calls it.

A subcommand imports its module when it runs: the AWS clients take a moment to load.
"""

import sys
from collections.abc import Callable
from typing import Any, TypeVar

import click

from holdfast.guard import guarded

Command = TypeVar("Command", bound=Callable[..., Any])
# Where a command works when no stage is named.
DEFAULT_STAGE, DEPLOYED_STAGE = "local", "dev"


class Program(click.Group):
    """The subcommands. Each shows its failure as cause and advice, and ends with the exit code of `guarded`."""

    def invoke(self, ctx: click.Context) -> Any:
        """Runs the subcommand, and ends the process."""
        sys.exit(guarded(lambda: super(Program, self).invoke(ctx)))


@click.group(cls=Program, context_settings={"help_option_names": ["-h", "--help"]})
def program() -> None:
    """Operate Holdfast: deploy it, manage accounts and clients, repair data."""


def _stage(default: str = DEFAULT_STAGE) -> Callable[[Command], Command]:
    """Adds `--stage`. An empty text is no stage, so that a variable may be empty."""
    return click.option(
        "--stage", default=default, show_default=True, callback=lambda _context, _option, value: value or default, help="The stage to work on: local, dev or prod."
    )


def _dry_run(what: str) -> Callable[[Command], Command]:
    """Adds `--dry-run`."""
    return click.option("--dry-run", is_flag=True, help=f"Only show what would be {what}.")


def _text(name: str, text: str) -> Callable[[Command], Command]:
    """Adds an option whose value is a text, empty when it is not given: the command itself says what it needs."""
    return click.option(name, default="", help=text)


@program.command()
@_stage(DEPLOYED_STAGE)
@click.option("--yes", is_flag=True, help="Delete a stack that never became complete without asking.")
@click.option("--approved", is_flag=True, help="Execute the change set without asking: it was approved elsewhere.")
def deploy(stage: str, yes: bool, approved: bool) -> None:
    """Deploy a stage to AWS with your credentials."""
    from holdfast import release

    release.deploy_to(stage, yes, approved)


@program.command()
@click.option("--architecture", default="arm64", show_default=True, help="The architecture to build for: arm64 or x86_64.")
def package(architecture: str) -> None:
    """Build the functions for AWS into one archive."""
    from holdfast import package as packages

    packages.make(architecture)


@program.command()
def down() -> None:
    """Stop the local stack and keep its data."""
    from holdfast import local_stack

    local_stack.down()


@program.command("clean-stack")
def clean_stack() -> None:
    """Stop the local stack and delete its data."""
    from holdfast import local_stack

    local_stack.clean()


@program.command()
@_stage()
def logs(stage: str) -> None:
    """Follow the logs of the functions."""
    from holdfast import logs as followed

    followed.follow(stage)


@program.command()
@_stage()
@_text("--order", "The order, by id or number.")
def trace(stage: str, order: str) -> None:
    """Show the timeline of an order."""
    from holdfast import trace as timeline

    timeline.trace(stage, order)


@program.command()
@_stage()
@_text("--function", "The function, by its logical id in the template, such as ListProducts.")
@_text("--event", "The file of the event. Default: the function's sample in events/.")
def invoke(stage: str, function: str, event: str) -> None:
    """Run a function on an event."""
    from holdfast import invoke as invocations

    invocations.invoke(stage, function, event)


@program.command()
@_stage()
def expire(stage: str) -> None:
    """Expire overdue orders and reservations now."""
    from holdfast import jobs

    jobs.run("expire", stage)


@program.command()
@_stage()
def reconcile(stage: str) -> None:
    """Reconcile open payments and recount stock now."""
    from holdfast import jobs

    jobs.run("reconcile", stage)


@program.command()
@_stage()
@_text("--email", "The email address of the account.")
@click.option("--scopes", help="All scopes of the account from now on, with spaces between; an empty text for none.")
@click.option("--add", help="The scopes to add, with spaces between.")
@click.option("--remove", help="The scopes to remove, with spaces between.")
def grant(stage: str, email: str, scopes: str | None, add: str | None, remove: str | None) -> None:
    """Change the scopes of an account."""
    from holdfast import accounts

    accounts.grant(stage, email, scopes, add, remove)


@program.command()
@_stage()
@_text("--name", "The name of the client, which need not be unique.")
@click.option("--scopes", help="The scopes of the client, with spaces between.")
def client(stage: str, name: str, scopes: str | None) -> None:
    """Create a machine client and show its secret."""
    from holdfast import accounts

    accounts.client(stage, name, scopes)


@program.command()
@_stage()
def clients(stage: str) -> None:
    """List the machine clients."""
    from holdfast import accounts

    accounts.clients(stage)


@program.command("client-rotate")
@_stage()
@_text("--client", "The id of the client.")
@click.option("--overlap", type=int, help="Hours for which the old secret stays valid.")
def client_rotate(stage: str, client: str, overlap: int | None) -> None:
    """Create another secret for a machine client."""
    from holdfast import accounts

    accounts.rotate_client(stage, client, overlap)


@program.command("client-revoke")
@_stage()
@_text("--client", "The id of the client.")
def client_revoke(stage: str, client: str) -> None:
    """Revoke a machine client."""
    from holdfast import accounts

    accounts.revoke_client(stage, client)


@program.command("import")
@_stage()
@_text("--file", "The file of the products: .ndjson, .json or .csv, or - for NDJSON from standard input.")
@_text("--encoding", "The encoding of the file, such as cp1251. Default: UTF-8.")
def import_products(stage: str, file: str, encoding: str) -> None:
    """Import products from a file."""
    from holdfast import importer

    importer.import_file(stage, file, encoding)


@program.command()
@_stage()
@_text("--queue", "The dead-letter queue. Default: all.")
@_dry_run("redriven")
def redrive(stage: str, queue: str, dry_run: bool) -> None:
    """Redrive dead letters to their consumers."""
    from holdfast import redrive as dead_letters

    dead_letters.redrive(stage, queue, dry_run)


@program.command()
@_stage()
@click.option("--from", "start", default="", help="The time of the first event, such as 2026-03-03T14:00Z.")
@click.option("--to", "end", default="", help="The time of the last event. Default: now.")
@_text("--rules", "The rules to replay to, with spaces between, or all.")
def replay(stage: str, start: str, end: str, rules: str) -> None:
    """Replay archived events to rules of the event bus."""
    from holdfast import replay as archive

    archive.replay(stage, start, end, rules)


@program.command()
@_stage()
@click.option("--from", "start", default="", help="The time of the first event, such as 2026-03-03T14:00Z.")
@click.option("--to", "end", default="", help="The time of the last event. Default: now.")
@_text("--aggregate", "The aggregate whose events are published, such as order/<uuid>.")
@_dry_run("published")
def republish(stage: str, start: str, end: str, aggregate: str, dry_run: bool) -> None:
    """Publish events of the journal again."""
    from holdfast import republish as journal

    journal.republish(stage, start, end, aggregate, dry_run)


@program.command()
@_stage()
@click.option("--table", default="orders", show_default=True, help="The table to rewrite.")
@click.option("--rate", type=float, default=50, show_default=True, help="The most items to read in a second.")
@click.option("--limit", type=int, default=0, show_default=True, help="The number of items to rewrite before stopping; 0 for no limit.")
@_dry_run("rewritten")
def backfill(stage: str, table: str, rate: float, limit: int, dry_run: bool) -> None:
    """Rewrite stored items in the newest form."""
    from holdfast import backfill as rewriting

    rewriting.run(stage, table, rate, limit, dry_run)


@program.command("failed-logins")
@_stage()
@_text("--login", "The email address or phone number of the account.")
def failed_logins(stage: str, login: str) -> None:
    """Show the failed logins of an account."""
    from holdfast import failed_logins as attempts

    attempts.show(stage, login)


@program.command()
@_stage()
def pause(stage: str) -> None:
    """Stop every function, so that nothing is written."""
    from holdfast import pause as pausing

    pausing.run("pause", stage)


@program.command()
@_stage()
def resume(stage: str) -> None:
    """Start the functions of a paused stage."""
    from holdfast import pause as pausing

    pausing.run("resume", stage)


@program.command()
@_stage()
@_text("--at", "The second to restore to, such as 2026-11-29T10:30:00Z, or none for the stack's own tables.")
@click.option("--yes", is_flag=True, help="Continue although the restored tables have faults.")
@_dry_run("restored")
def restore(stage: str, at: str, yes: bool, dry_run: bool) -> None:
    """Restore all tables to one second."""
    from holdfast import restore as restoring

    restoring.restore(stage, at, yes, dry_run)


@program.command("rotate-keys")
@_stage()
@click.option("--hurry", is_flag=True, help="Skip the waiting time: for stacks without users.")
def rotate_keys(stage: str, hurry: bool) -> None:
    """Take the next step of the signing key's rotation."""
    from holdfast import rotation

    rotation.rotate(stage, hurry)


@program.command("rotate-snapshot-keys")
@_stage()
@click.option("--hurry", is_flag=True, help="Skip the waiting time: for stacks without users.")
def rotate_snapshot_keys(stage: str, hurry: bool) -> None:
    """Take the next step of the snapshot key's rotation."""
    from holdfast import snapshot_keys

    snapshot_keys.rotate(stage, hurry)
