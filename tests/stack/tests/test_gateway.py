"""What the emulator's gateway does by itself."""

import unittest

from stack.gateway import Bucket


class TestBucket(unittest.TestCase):
    def test_a_burst_passes_and_then_the_rate(self) -> None:
        bucket = Bucket()
        self.assertEqual([bucket.take(3, 2, 100.0) for _ in range(5)], [True, True, True, False, False])
        self.assertEqual([bucket.take(3, 2, 100.5) for _ in range(2)], [True, False])
        self.assertEqual([bucket.take(3, 2, 200.0) for _ in range(4)], [True, True, True, False])
