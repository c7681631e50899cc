"""Which actions of a workflow count as pinned."""

import unittest

from stack.workflows import unpinned

DIGEST = "0123456789abcdef0123456789abcdef01234567"


class Unpinned(unittest.TestCase):
    def test_digest_with_its_version_and_own_workflow(self):
        self.assertEqual(unpinned(f"      - uses: a/b@{DIGEST} # v1.2.3\n    uses: ./.github/workflows/ci.yml\n"), [])

    def test_tag_short_digest_and_missing_version(self):
        for use in ("a/b@v4", "a/b@main", f"a/b@{DIGEST[:12]} # v1.2.3", f"a/b@{DIGEST}", f"a/b@{DIGEST} # v1", "a/b # v1.2.3"):
            with self.subTest(use):
                self.assertEqual(unpinned(f"      - name: x\n        uses: {use}\n"), [use.split()[0]])


if __name__ == "__main__":
    unittest.main()
