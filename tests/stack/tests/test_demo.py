"""What the demo does for its order that expires: it moves the deadline of that one order, and changes nothing that other orders go by."""

import contextlib
import datetime
import io
import json
import unittest
from pathlib import Path
from unittest import mock

import boto3
from botocore.exceptions import ClientError
from botocore.response import StreamingBody
from botocore.stub import Stubber

from holdfast.project import LocalStack
from stack import demo

NOW = datetime.datetime(2026, 11, 30, 9, 30, 0, 123_456, datetime.timezone.utc)
ORDER = {
    "id": "5f0c",
    "number": 7,
    "status": "awaiting_payment",
    "totalAmount": 100,
    "currency": "RUB",
    "paymentUrl": "https://pay.example/7",
    "expiresAt": "2026-11-30T09:45:00.000Z",
}
CHANGED = {
    "TableName": "orders",
    "Key": {"PK": {"S": "ORDER#5f0c"}, "SK": {"S": "ORDER"}},
    "UpdateExpression": "SET expiresAt = :now, expiryKey = :now",
    "ConditionExpression": "attribute_exists(expiryKey)",
    "ExpressionAttributeValues": {":now": {"S": "2026-11-30T09:30:00.123Z"}},
}


class Expiry(unittest.TestCase):
    def setUp(self):
        self.clients = {service: boto3.client(service, region_name="eu-central-1", aws_access_key_id="x", aws_secret_access_key="x") for service in ("lambda", "dynamodb")}
        self.stubs = {service: Stubber(each) for service, each in self.clients.items()}
        for stub in self.stubs.values():
            stub.activate()
        self.said = io.StringIO()

    def story(self) -> None:
        """Runs the chapter; a call that no stub expects fails."""
        session = mock.Mock()
        session.client = self.clients.__getitem__
        with contextlib.ExitStack() as patched:
            patched.enter_context(contextlib.redirect_stdout(self.said))
            patched.enter_context(mock.patch("stack.local.session", return_value=session))
            patched.enter_context(mock.patch.multiple(demo, _order=mock.Mock(return_value=ORDER), _stock=mock.Mock(return_value=5), _becomes=mock.DEFAULT))
            clock = patched.enter_context(mock.patch("stack.demo.datetime"))
            clock.now.return_value = NOW
            demo._forgets(demo.Story(mock.Mock()), LocalStack(Path("."), 1))

    def expect_table(self) -> None:
        self.stubs["lambda"].add_response(
            "get_function_configuration", {"Environment": {"Variables": {"ORDERS_TABLE": "orders"}}}, {"FunctionName": "holdfast-local-SweepExpiredOrders"}
        )

    def test_the_deadline_of_its_own_order_moves_and_the_sweep_runs_and_nothing_else_changes(self):
        self.expect_table()
        self.stubs["dynamodb"].add_response("update_item", {}, CHANGED)
        answer = json.dumps({"queued": 1}).encode()
        sweep = {"FunctionName": "holdfast-local-SweepExpiredOrders", "Payload": demo.SWEEP_SAMPLE.read_bytes()}
        self.stubs["lambda"].add_response("invoke", {"StatusCode": 200, "Payload": StreamingBody(io.BytesIO(answer), len(answer))}, sweep)
        self.story()
        for stub in self.stubs.values():
            stub.assert_no_pending_responses()
        self.assertRegex(self.said.getvalue(), r"the deadline of this order alone, by hand\) +2026-11-30T09:45:00\.000Z -> 2026-11-30T09:30:00\.123Z")

    def test_an_order_that_awaits_no_payment_is_left_alone(self):
        self.expect_table()
        self.stubs["dynamodb"].add_client_error("update_item", "ConditionalCheckFailedException", expected_params=CHANGED)
        with self.assertRaises(ClientError):
            self.story()


if __name__ == "__main__":
    unittest.main()
