"""The command that calls a backfill page by page."""

import contextlib
import io
import json
import tempfile
import unittest
from pathlib import Path

from holdfast import backfill
from holdfast.report import Failure


class Functions:
    """A function that reads a table of so many old items, each in one of four segments, and rewrites them."""

    def __init__(self, each=3, fails_after=None):
        self.old = {(segment, number) for segment in range(backfill.SEGMENTS) for number in range(each)}
        self.each = each
        self.fails_after = fails_after
        self.calls = []

    def invoke(self, FunctionName, Payload):
        command = json.loads(Payload)
        self.calls.append(command)
        if self.fails_after is not None and len(self.calls) > self.fails_after:
            return {"FunctionError": "Unhandled", "Payload": io.BytesIO(b'{"errorType": "unavailable"}')}
        number = int(command["startAfter"]["PK"].removeprefix("ORDER#")) + 1 if command["startAfter"] else 0
        found = {(command["segment"], number)} & self.old
        if not command["dryRun"]:
            self.old -= found
        page = {"read": 1, "old": len(found), "rewritten": 0 if command["dryRun"] else len(found), "lostRaces": 0, "unreadable": []}
        page["next"] = {"PK": f"ORDER#{number}", "SK": "ORDER"} if number + 1 < self.each else None
        if found:
            page["example"] = {"key": f"ORDER#{number}", "removed": ["address"], "added": ["itemVersion"]}
        return {"Payload": io.BytesIO(json.dumps(page).encode())}


class Backfills(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.path = Path(directory.name) / "deep" / "holdfast-dev-orders.json"
        self.said = io.StringIO()
        silence = contextlib.redirect_stdout(self.said)
        silence.__enter__()
        self.addCleanup(silence.__exit__, None, None, None)
        self.slept = []

    def over(self, functions, rate=10):
        return backfill.Backfill(functions, "holdfast-dev-RewriteOrders", rate, self.slept.append)

    def test_a_dry_run_reads_every_segment_to_its_end_and_changes_nothing(self):
        functions = Functions()
        counted = self.over(functions).count()
        self.assertEqual((counted.read, counted.old, counted.rewritten, len(functions.old)), (12, 12, 0, 12))
        self.assertIn("removes address; adds itemVersion", self.said.getvalue())
        self.assertFalse(self.path.exists())

    def test_a_run_rewrites_everything_and_forgets_its_place(self):
        functions = Functions()
        self.assertTrue(self.over(functions).rewrite(self.path, 0))
        self.assertEqual((functions.old, self.path.exists()), (set(), False))
        self.assertEqual(self.over(functions).count().old, 0)

    def test_a_run_that_failed_goes_on_where_it_stopped(self):
        functions = Functions(fails_after=5)
        with self.assertRaises(Failure):
            self.over(functions).rewrite(self.path, 0)
        functions.fails_after = None
        self.assertTrue(self.over(functions).rewrite(self.path, 0))
        read = [(call["segment"], json.dumps(call["startAfter"])) for call in functions.calls]
        # The page of the failed call is the only one that is read again.
        self.assertEqual((len(read), len(set(read)), functions.old), (13, 12, set()))

    def test_a_limit_stops_and_the_next_run_goes_on(self):
        functions = Functions()
        self.assertFalse(self.over(functions).rewrite(self.path, 5))
        self.assertEqual(len(functions.old), 7)
        self.assertFalse(self.over(functions).rewrite(self.path, 5))
        self.assertTrue(self.over(functions).rewrite(self.path, 5))

    def test_reading_keeps_to_its_rate(self):
        self.over(Functions(), rate=0.5).count()
        self.assertEqual(len(self.slept), 12)
        self.assertTrue(all(1.5 < seconds <= 2 for seconds in self.slept), self.slept)

    def test_a_call_reads_no_more_than_a_second_may(self):
        for rate, page in ((0.5, 1), (20, 20), (1000, backfill.PAGE)):
            functions = Functions()
            self.over(functions, rate).count()
            self.assertEqual({call["limit"] for call in functions.calls}, {page})
        functions = Functions()
        self.over(functions, 20).rewrite(self.path, 5)
        self.assertEqual([call["limit"] for call in functions.calls], [5, 4, 3, 2, 1])

    def test_a_limit_on_a_dry_run_is_refused(self):
        with self.assertRaisesRegex(Failure, "LIMIT"):
            backfill.run("local", "orders", 1, 1, True)

    def test_a_table_without_a_backfill_is_refused(self):
        with self.assertRaises(Failure):
            backfill.run("local", "journal", 1, 0, True)
        for rate, limit in ((0, 0), (1, -1)):
            with self.assertRaises(Failure):
                backfill.run("local", "orders", rate, limit, True)
