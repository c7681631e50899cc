"""The ratchet on the project's language."""

import unittest
from pathlib import Path
from tempfile import TemporaryDirectory

from holdfast.project import ROOT
from stack import style


class Style(unittest.TestCase):
    def prose(self, name, text):
        with TemporaryDirectory() as directory:
            path = Path(directory) / name
            path.write_text(text)
            return style.prose(path), style.words([path])

    def test_comments_of_sources_are_read_and_code_is_not(self):
        text, counts = self.prose("a.rs", "/// Who is told.\nfn told() {} // told\n    //! Whoever\n")
        self.assertEqual((text.split("\n"), counts["told"], counts["whoever"]), ([" Who is told.", " Whoever"], 1, 1))
        _, counts = self.prose("a.py", '"""What is set aside\nand told."""\ntold = 1\n# the shop\n')
        self.assertEqual([counts[word] for word in ("set aside", "told", "the shop")], [1, 1, 1])

    def test_pages_and_texts_are_read_whole(self):
        for name in ("a.md", "a.yaml"):
            self.assertEqual(self.prose(name, "Nobody is told, nobody.")[1]["nobody"], 2)
        self.assertEqual(self.prose("a.json", "told")[0], "")

    def test_names_that_differ_by_an_s_are_found(self):
        names = ["a/session.rs", "a/sessions.rs", "b/session.rs", "a/session_tests.rs"]
        self.assertEqual(style.similar([ROOT / name for name in names]), ["a/session"])


if __name__ == "__main__":
    unittest.main()
