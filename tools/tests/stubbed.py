"""A stage whose CloudFormation and DynamoDB are botocore's stubbed clients."""

import contextlib
import io
import unittest
from unittest import mock

import boto3
from botocore.stub import Stubber

from holdfast.stage import Stage


def client(service):
    return boto3.client(service, region_name="eu-central-1", aws_access_key_id="x", aws_secret_access_key="x")


class Stubbed(unittest.TestCase):
    """`asked` answers for CloudFormation, `kept` for DynamoDB; what is printed goes to `said`."""

    def setUp(self):
        self.formation, self.dynamodb = client("cloudformation"), client("dynamodb")
        self.asked, self.kept = Stubber(self.formation), Stubber(self.dynamodb)
        self.asked.activate()
        self.kept.activate()
        session = mock.Mock()
        session.client = lambda service: {"cloudformation": self.formation, "dynamodb": self.dynamodb}[service]
        self.stage = Stage("dev", "holdfast-dev", session, "111122223333")
        self.said = io.StringIO()
        silence = contextlib.redirect_stdout(self.said)
        silence.__enter__()
        self.addCleanup(silence.__exit__, None, None, None)
