"""The archive of a release."""

import os
import tarfile
import tempfile
import unittest
from pathlib import Path

from holdfast import package
from holdfast.report import Failure


class Write(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.root = Path(directory.name)
        self.files = [self.root / "target" / "lambda" / name / "bootstrap" for name in ("place-order", "get-order")]
        for number, file in enumerate(self.files):
            file.parent.mkdir(parents=True)
            file.write_bytes(bytes([number]) * 1000)

    def test_the_same_files_give_the_same_bytes(self):
        first, second = self.root / "first.tar.gz", self.root / "second.tar.gz"
        package.write(first, self.files, self.root)
        os.utime(self.files[0], (1, 1))
        self.files[0].chmod(0o700)
        package.write(second, self.files[::-1], self.root)
        self.assertEqual(first.read_bytes(), second.read_bytes())

    def test_it_unpacks_to_where_the_template_looks(self):
        archive = self.root / "a.tar.gz"
        package.write(archive, self.files, self.root)
        with tarfile.open(archive) as tar:
            members = tar.getmembers()
            self.assertEqual([each.name for each in members], ["target/lambda/get-order/bootstrap", "target/lambda/place-order/bootstrap"])
            self.assertTrue(all(each.mode == 0o755 and each.uid == 0 for each in members))
            self.assertEqual(tar.extractfile(members[1]).read(), self.files[0].read_bytes())


class Make(unittest.TestCase):
    def test_unknown_architecture_is_refused(self):
        with self.assertRaisesRegex(Failure, "no architecture 'arm'"):
            package.make("arm")


if __name__ == "__main__":
    unittest.main()
