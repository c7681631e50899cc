"""The saved state of a local stack on disk: what is kept when a save, or a move to another port, ends in the middle."""

import json
import os
import tempfile
import unittest
from pathlib import Path
from unittest import mock

from holdfast import saved_state
from holdfast.saved_state import About


class Saved(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.state = Path(directory.name) / "state"

    def save(self, text: str, at: float = 1000.0, seconds: float = 0.0) -> None:
        directory = saved_state.begin(self.state)
        saved_state.write(directory / "sqs.json", text)
        saved_state.complete(directory, About(at, seconds))

    def kept(self) -> str:
        latest = saved_state.latest(self.state)
        assert latest
        return (latest / "sqs.json").read_text()

    def test_there_is_none_at_first(self):
        self.assertIsNone(saved_state.latest(self.state))
        self.assertIsNone(saved_state.about(self.state))

    def test_the_last_save_replaces_the_one_before(self):
        self.save("first", 1000)
        self.save("second", 2000)
        self.assertEqual((self.kept(), saved_state.about(self.state)), ("second", About(2000, 0)))
        self.assertEqual(len(list(self.state.iterdir())), 2, "one save and the link to it")

    def test_a_save_that_ends_in_the_middle_leaves_the_last_one_and_is_removed_by_the_next(self):
        self.save("first")
        half = saved_state.begin(self.state)
        saved_state.write(half / "sqs.json", "ha")
        self.assertEqual(self.kept(), "first")
        with mock.patch("os.replace", side_effect=OSError), self.assertRaises(OSError):
            saved_state.complete(half, About(2000))
        self.assertEqual((self.kept(), saved_state.about(self.state).at), ("first", 1000))
        self.save("third", 3000)
        self.assertEqual(self.kept(), "third")
        self.assertEqual(len(list(self.state.iterdir())), 2)

    def test_what_else_is_there_stays(self):
        (self.state / "s3").mkdir(parents=True)
        (self.state / "lambda-blobs").mkdir()
        self.save("first")
        self.save("second")
        self.assertTrue((self.state / "s3").is_dir() and (self.state / "lambda-blobs").is_dir())

    def test_a_state_of_the_former_form_is_found_and_replaced_by_the_first_save(self):
        self.state.mkdir()
        (self.state / "sqs.json").write_text("former")
        os.utime(self.state / "sqs.json", (500, 500))
        self.assertEqual((self.kept(), saved_state.about(self.state)), ("former", About(500)))
        half = saved_state.begin(self.state)
        self.assertEqual(self.kept(), "former")
        saved_state.write(half / "sqs.json", "first")
        saved_state.complete(half, About(1000))
        self.assertEqual(self.kept(), "first")
        self.assertFalse((self.state / "sqs.json").exists())

    def test_a_move_to_another_port_changes_addresses_and_not_the_time(self):
        self.save(json.dumps(["http://localhost:4566/000000000000/q", "http://127.0.0.1:4566/q", "45661"]), 1000, 3)
        saved_state.move(self.state, 4566, 4570)
        self.assertEqual(json.loads(self.kept()), ["http://localhost:4570/000000000000/q", "http://127.0.0.1:4570/q", "45661"])
        self.assertEqual(saved_state.about(self.state), About(1000, 3))

    def test_a_move_that_ends_in_the_middle_changes_nothing(self):
        self.save("http://localhost:4566/q")
        with mock.patch("holdfast.saved_state.complete", side_effect=KeyboardInterrupt), self.assertRaises(KeyboardInterrupt):
            saved_state.move(self.state, 4566, 4570)
        self.assertEqual(self.kept(), "http://localhost:4566/q")

    def test_patience_grows_with_what_the_last_save_took(self):
        self.assertEqual(saved_state.patience(self.state), saved_state.SAVE_PATIENCE_SECONDS)
        self.save("small", seconds=0.2)
        self.assertEqual(saved_state.patience(self.state), saved_state.SAVE_PATIENCE_SECONDS)
        self.save("large", seconds=30.0)
        self.assertEqual(saved_state.patience(self.state), 300)

    def test_ages_are_told_in_words(self):
        self.assertEqual(
            [saved_state.age(1000 - each, 1000) for each in (-5, 0.2, 1, 45, 119, 300, 7200, 200_000)],
            ["0 seconds", "0 seconds", "1 second", "45 seconds", "119 seconds", "5 minutes", "2 hours", "2 days"],
        )


if __name__ == "__main__":
    unittest.main()
