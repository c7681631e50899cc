"""docs/emulator.md lists every patch of the emulator, and none that is gone."""

import ast
import re
import unittest
from pathlib import Path

from holdfast.project import ROOT

HERE = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "emulator.md"
# Entry points that consist of patches: the page lists these one by one. The others it lists as a whole.
DIVIDED = {"monitoring.watch", "recovery.restore_to_a_second", "refusals.apply", "economy.apply"}


def calls(module: str, function: str) -> list[str]:
    """The calls of functions, by their names in the source, in a function of a module beside the launcher."""
    tree = ast.parse((HERE / f"{module}.py").read_text())
    body = next(node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == function)
    names = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    modules = {path.stem for path in HERE.glob("*.py")}
    found = [ast.unparse(node.func) for node in ast.walk(body) if isinstance(node, ast.Call)]
    # A function that is put in the place of the emulator's, or runs in a thread, is named and not called.
    found += [node.id for node in ast.walk(body) if isinstance(node, ast.Name) and node.id in names]
    return [each for each in dict.fromkeys(found) if each in names or each.partition(".")[0] in modules]


def patches() -> set[str]:
    """The patches that the launcher applies."""
    applied = set(calls("launcher", "main")) - {"nemesis.wanted"}
    inner = {each for entry in DIVIDED & applied for each in calls(*entry.split("."))}
    return (applied - DIVIDED) | inner


class Page(unittest.TestCase):
    def test_it_lists_the_patches_that_there_are(self):
        listed = set(re.findall(r"(?m)^\| `([a-z_.]+)` \|", PAGE.read_text()))
        self.assertEqual(listed, patches())
        self.assertGreater(len(listed), 30)

    def test_it_names_the_version_that_is_pinned(self):
        pinned = re.search(r"(?m)^ministack==(.+)$", (HERE / "requirements-stack.txt").read_text())
        assert pinned
        self.assertIn(f"MiniStack {pinned[1]}", PAGE.read_text())


if __name__ == "__main__":
    unittest.main()
