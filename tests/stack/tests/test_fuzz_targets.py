"""The fuzzing of parsers, as far as nothing has to be built for it."""

import re
import unittest

from holdfast.report import Failure
from stack import fuzz_targets

OUTPUT = """#2 INITED cov: 4081 ft: 6712 corp: 9/2871b exec/s: 0 rss: 71Mb
#65536	pulse  cov: 5120 ft: 9001 corp: 210/60Kb lim: 4096 exec/s: 5041 rss: 90Mb
Done 300123 runs in 61 second(s)
stat::number_of_executed_units: 300123
stat::average_exec_per_sec:     4920
"""


class FuzzTargets(unittest.TestCase):
    def test_statistics_are_the_last_ones(self):
        self.assertEqual(fuzz_targets.statistics(OUTPUT), (300_123, 5_120))
        self.assertEqual(fuzz_targets.statistics("killed"), (0, 0))

    def test_every_family_has_seeds_and_a_program(self):
        names = fuzz_targets.families()
        self.assertEqual(sorted(path.name for path in fuzz_targets.CORPUS.iterdir()), names)
        manifest = (fuzz_targets.CRATE / "Cargo.toml").read_text()
        self.assertEqual(sorted(re.findall(r'^path = "fuzz_targets/(\w+)\.rs"$', manifest, re.MULTILINE)), names)

    def test_an_unknown_family_is_named_with_those_there_are(self):
        with self.assertRaises(Failure) as failed:
            fuzz_targets.fuzz(1, "no-such-family")
        self.assertIn("requests", failed.exception.advice)
