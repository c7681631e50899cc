"""Which stages a command takes, and when it refuses one."""

import unittest

from holdfast import stage
from holdfast.report import Failure

ENDPOINT = {"AWS_ENDPOINT_URL": "http://127.0.0.1:4566"}


class Check(unittest.TestCase):
    def test_local_works_with_an_endpoint(self):
        stage.check("local", ENDPOINT)

    def test_remote_stages_are_refused_while_an_endpoint_is_set(self):
        for name in stage.REMOTE:
            with self.assertRaisesRegex(Failure, "AWS_ENDPOINT_URL is http://127.0.0.1:4566") as caught:
                stage.check(name, ENDPOINT)
            self.assertIn("unset AWS_ENDPOINT_URL", caught.exception.advice)
            self.assertIn("STAGE=local", caught.exception.advice)

    def test_endpoint_of_one_service_counts_too(self):
        with self.assertRaisesRegex(Failure, "AWS_ENDPOINT_URL_DYNAMODB"):
            stage.check("prod", {"AWS_ENDPOINT_URL_DYNAMODB": "http://127.0.0.1:1"})

    def test_simulated_remote_is_no_reason(self):
        stage.check("dev", {stage.SIMULATED: "http://127.0.0.1:4566", "AWS_ENDPOINT_URL": ""})

    def test_unknown_stage(self):
        with self.assertRaisesRegex(Failure, "no stage 'qa'"):
            stage.check("qa", {})
