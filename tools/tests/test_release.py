"""A deployment that would have to ask."""

import io
import unittest
from unittest import mock

from holdfast import release
from holdfast.report import Failure


class RefuseSilentQuestion(unittest.TestCase):
    def judge(self, confirms, approved, terminal):
        stdin = io.StringIO()
        stdin.isatty = lambda: terminal
        with mock.patch("sys.stdin", stdin):
            release._refuse_silent_question("prod", {"confirm_changeset": confirms}, approved)

    def test_nobody_could_answer(self):
        with self.assertRaisesRegex(Failure, "no terminal to ask on"):
            self.judge(confirms=True, approved=False, terminal=False)

    def test_somebody_can_answer_or_has_or_need_not(self):
        for confirms, approved, terminal in ((True, True, False), (True, False, True), (False, False, False)):
            with self.subTest((confirms, approved, terminal)):
                self.judge(confirms, approved, terminal)


if __name__ == "__main__":
    unittest.main()
