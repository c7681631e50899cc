"""Which findings of the rule packs count."""

import json
import tempfile
import unittest
from pathlib import Path

from holdfast.report import Failure
from stack.rules import Finding, Ignored, judge, read_settings

FINDING = Finding("W1", "root.json", "Resources.A", "an old runtime")


class Rules(unittest.TestCase):
    def test_a_finding_counts_unless_it_is_ignored(self):
        self.assertEqual([str(FINDING)], judge([FINDING], []))
        self.assertEqual([], judge([FINDING], [Ignored("W1", "why")]))

    def test_an_entry_ignores_only_what_contains_its_text(self):
        self.assertEqual([], judge([FINDING], [Ignored("W1", "why", "old")]))
        self.assertEqual(2, len(judge([FINDING], [Ignored("W1", "why", "new")])))

    def test_an_entry_that_ignores_nothing_is_reported(self):
        self.assertRegex(judge([], [Ignored("W1", "why")])[0], "ignores W1")

    def test_the_settings_of_the_checkout_can_be_read(self):
        self.assertTrue(read_settings()["region"])

    def test_settings_without_a_reason_are_refused(self):
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            json.dump({"region": "r", "parameters": {}, "cfn-lint": [{"rule": "W1", "reason": ""}], "cdk-preflight": []}, file)
            file.flush()
            with self.assertRaisesRegex(Failure, "needs a reason"):
                read_settings(Path(file.name))
