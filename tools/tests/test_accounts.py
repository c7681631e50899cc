"""What `make grant` refuses, how the Makefile calls it, and what `make client` says."""

import contextlib
import io
import json
import os
import shutil
import subprocess
import unittest
from unittest import mock

from holdfast import accounts, failed_logins
from holdfast.project import ROOT
from holdfast.report import Failure


class Grant(unittest.TestCase):
    def granted(self, scopes, add=None, remove=None):
        """The order that is sent, and what is said of it."""
        self.said = io.StringIO()
        with mock.patch.object(accounts, "functions"), mock.patch.object(accounts, "deployed_name"), mock.patch.object(accounts, "change_scopes") as granted:
            granted.return_value = {"before": ["loms"], "scopes": ["orders:read"], "verified": False}
            with contextlib.redirect_stdout(self.said):
                accounts.grant("local", "ada@example.com", scopes, add, remove)
        return granted.call_args.args[-1]

    def test_scopes_that_are_not_given_are_not_removed(self):
        with self.assertRaisesRegex(Failure, "no scopes are named") as caught:
            self.granted(None)
        self.assertIn('SCOPES=""', caught.exception.advice)

    def test_an_empty_text_removes_all(self):
        self.assertEqual(self.granted(""), {"email": "ada@example.com", "scopes": ()})
        self.assertEqual(self.granted("loms, orders:read")["scopes"], ("loms", "orders:read"))

    def test_scopes_are_added_and_removed(self):
        order = self.granted(None, "loms", "orders:read, stock:write")
        self.assertEqual(order, {"email": "ada@example.com", "add": ("loms",), "remove": ("orders:read", "stock:write")})
        with self.assertRaisesRegex(Failure, "together"):
            self.granted("loms", add="orders:read")

    def test_before_and_after_are_shown(self):
        self.granted(None, "orders:read", "loms")
        for part in ("before  loms", "after   orders:read", "Nobody has verified"):
            self.assertIn(part, self.said.getvalue())

    @unittest.skipUnless(shutil.which("make"), "no make")
    def test_make_passes_scopes_on_only_where_they_are_given(self):
        def command(*given):
            # Not those of the `make test` that this runs under.
            environment = {"PATH": os.environ["PATH"]}
            written = ["make", "--dry-run", "grant", "EMAIL=ada@example.com", *given]
            return subprocess.run(written, cwd=ROOT, env=environment, capture_output=True, text=True, check=True).stdout

        self.assertNotIn("--scopes", command())
        self.assertIn('--scopes ""', command("SCOPES="))
        self.assertIn('--scopes "loms"', command("SCOPES=loms"))
        self.assertIn('--add "loms orders:read"', command("ADD=loms orders:read"))
        self.assertIn('--remove "loms"', command("REMOVE=loms"))


class Client(unittest.TestCase):
    def test_a_second_client_of_a_name_is_told_apart_by_its_id(self):
        made = {"Payload": io.BytesIO(json.dumps({"clientId": "c-2", "clientSecret": "s"}).encode())}
        said = io.StringIO()
        with mock.patch.object(accounts, "functions") as functions, mock.patch.object(accounts, "deployed_name"), contextlib.redirect_stdout(said):
            functions.return_value.invoke.return_value = made
            accounts.client("local", "warehouse", None)
        self.assertIn("Names are not unique", said.getvalue())


class Clients(unittest.TestCase):
    def asked(self, command, answer):
        """What ManageClients is asked for, and what is said of its answer."""
        said = io.StringIO()
        with mock.patch.object(accounts, "functions") as functions, mock.patch.object(accounts, "deployed_name"), contextlib.redirect_stdout(said):
            functions.return_value.invoke.return_value = {"Payload": io.BytesIO(json.dumps(answer).encode())}
            command()
        return json.loads(functions.return_value.invoke.call_args.kwargs["Payload"]), said.getvalue()

    def test_clients_are_listed_with_their_last_use(self):
        client = {"clientId": "c-1", "name": "warehouse", "scopes": ["loms"], "createdAt": "2026-03-03T14:25:00.000Z"}
        used = {**client, "lastUsedAt": "2026-06-03T08:12:00.000Z"}
        order, said = self.asked(lambda: accounts.clients("local"), {"items": [client, used]})
        self.assertEqual(order, {"action": "list"})
        self.assertIn("not used yet", said)
        self.assertIn("last used 2026-06-03T08:12", said)

    def test_a_leaked_secret_is_refused_at_once(self):
        made = {"clientId": "c-1", "clientSecret": "s"}
        order, said = self.asked(lambda: accounts.rotate_client("local", "c-1", 0), made)
        self.assertEqual(order, {"action": "rotate", "clientId": "c-1", "overlapHours": 0})
        self.assertIn("refused from now on", said)
        order, said = self.asked(lambda: accounts.rotate_client("local", "c-1", None), {**made, "previousSecretUntil": "2026-06-04T09:00:00.000Z"})
        self.assertEqual(order, {"action": "rotate", "clientId": "c-1"})
        self.assertIn("good until 2026-06-04", said)

    def test_a_client_has_to_be_named(self):
        for command in (lambda: accounts.rotate_client("local", "", None), lambda: accounts.revoke_client("local", "")):
            with self.assertRaisesRegex(Failure, "no client is named"):
                command()


class FailedLogins(unittest.TestCase):
    def test_one_is_not_many(self):
        self.assertEqual([failed_logins.counted(count).split(" in ")[0] for count in (0, 1, 2)], ["No login failed", "1 login failed", "2 logins failed"])


if __name__ == "__main__":
    unittest.main()
