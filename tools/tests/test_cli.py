"""The program `holdfast`: its help, its exit codes, and what the Makefile passes to it."""

import ast
import contextlib
import io
import os
import shlex
import shutil
import subprocess
import unittest
from pathlib import Path
from unittest import mock

from botocore.exceptions import NoCredentialsError

from holdfast.cli import program
from holdfast.project import ROOT
from holdfast.report import Failure

# A terminal has 80 columns: the name of the longest command and some blanks leave this for its line in the list.
LONGEST_HELP = 52
# What each target of the Makefile is given, so that every option of it is passed on.
GIVEN = {
    "grant": ["EMAIL=ada@example.com", "SCOPES=loms", "ADD=loms", "REMOVE=loms"],
    "client-rotate": ["OVERLAP=2"],
    "deploy": ["YES=1", "APPROVED=1"],
    "restore": ["DRY_RUN=1", "YES=1"],
    **{name: ["DRY_RUN=1"] for name in ("redrive", "republish", "backfill")},
    **{name: ["HURRY=1"] for name in ("rotate-keys", "rotate-snapshot-keys")},
}


def run(*arguments: str) -> tuple[int, str, str]:
    """Runs the program. Returns its exit code and what it wrote to standard output and standard error."""
    said, complained = io.StringIO(), io.StringIO()
    code: int | str | None = 0
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(complained), mock.patch("signal.signal"):
        try:
            program(list(arguments), prog_name="holdfast")
        except SystemExit as ending:
            code = ending.code
    assert isinstance(code, int)
    return code, said.getvalue(), complained.getvalue()


class Help(unittest.TestCase):
    def test_each_command_says_in_a_line_what_it_does(self):
        for name, command in program.commands.items():
            with self.subTest(name):
                self.assertRegex(command.help or "", r"^[A-Z][^\n]*\.$")
                self.assertLessEqual(len(command.help or ""), LONGEST_HELP)
                code, said, _ = run(name, "--help")
                self.assertEqual(code, 0)
                self.assertIn(command.help or "", said)

    def test_each_option_says_what_it_is(self):
        for name, command in program.commands.items():
            for option in command.params:
                with self.subTest(f"{name} {option.name}"):
                    self.assertRegex(getattr(option, "help", None) or "", r"^[A-Z].*[.]$")


class Ends(unittest.TestCase):
    def ended(self, error: BaseException) -> tuple[int, str]:
        """The exit code and the complaint of a command that raises an error."""
        with mock.patch("holdfast.accounts.clients", side_effect=error):
            code, _, complaint = run("clients")
        return code, complaint

    def test_a_failure_is_shown_with_its_advice(self):
        self.assertEqual(self.ended(Failure("there is no stack", "Start it with: make up")), (1, "\nFailed: there is no stack\nStart it with: make up\n"))

    def test_an_answer_of_aws_is_shown_in_its_words(self):
        self.assertEqual(self.ended(NoCredentialsError()), (1, "\nFailed: NoCredentialsError: Unable to locate credentials\n"))

    def test_an_interruption_is_none_of_our_faults(self):
        self.assertEqual(self.ended(KeyboardInterrupt()), (130, "\nInterrupted.\n"))

    def test_a_fault_of_ours_shows_where_it_is(self):
        with self.assertRaises(ZeroDivisionError):
            self.ended(ZeroDivisionError())

    def test_what_is_not_understood_is_refused(self):
        for arguments in (["frobnicate"], ["clients", "--frob"], ["client-rotate", "--overlap", "x"]):
            with self.subTest(arguments):
                self.assertEqual(run(*arguments)[0], 2)


class Stages(unittest.TestCase):
    def stage(self, command: str, called: str, *arguments: str) -> str:
        """The stage that a command works on."""
        with mock.patch(called) as function:
            self.assertEqual(run(command, *arguments)[0], 0)
        return str(function.call_args.args[0])

    def test_a_command_works_on_the_local_stack_and_deploy_on_dev(self):
        for given in ((), ("--stage", "")):
            self.assertEqual(self.stage("clients", "holdfast.accounts.clients", *given), "local")
            self.assertEqual(self.stage("deploy", "holdfast.release.deploy_to", *given), "dev")
        self.assertEqual(self.stage("clients", "holdfast.accounts.clients", "--stage", "prod"), "prod")


class Makefile(unittest.TestCase):
    @unittest.skipUnless(shutil.which("make"), "no make")
    def test_each_command_has_a_target_and_gets_options_that_it_has(self):
        for name, command in program.commands.items():
            with self.subTest(name):
                written = self.written(name, *GIVEN.get(name, []))
                self.assertEqual(written[0], name)
                passed = {each for each in written if each.startswith("--")}
                known = {each for option in command.params for each in option.opts}
                self.assertEqual(passed, known)
                command.make_context(name, written[1:])

    def written(self, target: str, *given: str) -> list[str]:
        """The words after `holdfast` that a target passes."""
        # Not those of the `make test` that this runs under.
        environment = {"PATH": os.environ["PATH"]}
        done = subprocess.run(["make", "--dry-run", target, *given], cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
        line = next(each for each in done.stdout.splitlines() if "-m holdfast" in each)
        return shlex.split(line.partition("-m holdfast")[2])


class Imports(unittest.TestCase):
    def test_nothing_comes_from_the_tests(self):
        for file in (ROOT / "tools").rglob("*.py"):
            names = set(imported(file))
            with self.subTest(file.name):
                self.assertFalse(names & {path.name for path in (ROOT / "tests").iterdir() if path.is_dir()}, file)


def imported(file: Path) -> list[str]:
    """The packages that a module imports."""
    found = []
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            found += [each.name.partition(".")[0] for each in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.append(node.module.partition(".")[0])
    return found


if __name__ == "__main__":
    unittest.main()
