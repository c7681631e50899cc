"""Replacing the code of one function."""

import io
import unittest
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory

from holdfast.project import LocalStack
from stack import one

STACK = LocalStack(Path("/nowhere"), 4566, name="holdfast-local")


class Functions:
    """Notes what is asked of Lambda, and answers as it does."""

    def __init__(self, *aliases):
        self.asked, self.aliases = [], aliases

    def __getattr__(self, name):
        def call(**given):
            self.asked.append((name, given))
            return {"list_aliases": {"Aliases": [{"Name": alias} for alias in self.aliases]}, "publish_version": {"Version": "7"}}.get(name)

        return call


class One(unittest.TestCase):
    def test_the_archive_has_the_program_and_it_can_be_run(self):
        with TemporaryDirectory() as directory:
            program = Path(directory) / "get-order"
            program.write_bytes(b"\x7fELF")
            archive = zipfile.ZipFile(io.BytesIO(one.packed(program)))
        self.assertEqual([(entry.filename, entry.external_attr >> 16) for entry in archive.infolist()], [("bootstrap", 0o755)])
        self.assertEqual(archive.read("bootstrap"), b"\x7fELF")

    def test_each_alias_leads_to_the_new_version(self):
        functions = Functions("live")
        one.replace(functions, STACK, "GetOrder", b"zip")
        name = "holdfast-local-GetOrder"
        update = ("update_alias", {"FunctionName": name, "Name": "live", "FunctionVersion": "7"})
        self.assertEqual(functions.asked[0], ("update_function_code", {"FunctionName": name, "ZipFile": b"zip"}))
        self.assertEqual(functions.asked[-1], update)

    def test_a_function_without_an_alias_gets_no_version(self):
        functions = Functions()
        one.replace(functions, STACK, "GetOrder", b"zip")
        self.assertEqual([name for name, _ in functions.asked], ["update_function_code", "list_aliases"])


if __name__ == "__main__":
    unittest.main()
