"""The comparison of calls with grants: on a made-up stack, and on an emulator of its own."""

import contextlib
import io
import json
import tempfile
import types
import unittest
from pathlib import Path
from unittest import mock

import boto3

from holdfast import local_stack, process
from holdfast.project import LOCAL_KEY, LOCAL_REGION, LocalStack
from holdfast.report import Failure
from stack import emulator, permissions
from stack.calls import FILE, recording
from stack.permissions import MANAGED, Call, Exempt, Grant, canonical, in_arn, judge, of_role

ARN = "arn:aws:{}:eu-central-2:000000000000:{}"
ORDERS = ARN.format("dynamodb", "table/shop-Data-1a-Orders-9F")
NAMES = {"shop-Data-1a-Orders-9F": "OrdersTable", "shop-Data-1a-Orders-9F2": "OtherTable", "shop-Data-1a-Key-5D": "KeySecret", "shop-GetOrder": "GetOrder"}


def role(*statements, managed=()):
    """A role as IAM describes it."""
    return {
        "RoleName": "shop-GetOrderRole-77",
        "AttachedManagedPolicies": [{"PolicyName": name, "PolicyArn": f"arn:aws:iam::aws:policy/{name}"} for name in managed],
        "RolePolicyList": [{"PolicyName": "own", "PolicyDocument": {"Statement": list(statements)}}],
    }


def allow(actions, resources):
    return {"Effect": "Allow", "Action": actions, "Resource": resources}


def held(*statements, **given):
    return tuple(of_role(role(*statements, **given), "GetOrderRole", NAMES))


def call(action, resource=ORDERS):
    return Call("shop-GetOrderRole-77", action, resource)


def grant(action, resource="table/OrdersTable"):
    return Grant("GetOrderRole", action, resource)


class Names(unittest.TestCase):
    def test_resources_go_by_the_names_in_the_template(self):
        cases = {
            ORDERS: "table/OrdersTable",
            f"{ORDERS}/index/ByUser": "table/OrdersTable/index/ByUser",
            f"{ORDERS}-20261129T103000Z/stream/2026-11-29T10:30:00.000": "table/OrdersTable/stream",
            f"{ORDERS}2": "table/OtherTable",
            f"{ORDERS}3": "table/shop-Data-1a-Orders-9F3",
            ARN.format("secretsmanager", "secret:shop-Data-1a-Key-5D-1a2b3c"): "secret:KeySecret",
            ARN.format("secretsmanager", "secret:shop/yookassa-1a2b3c"): "secret:shop/yookassa",
            ARN.format("events", "event-bus/shop"): "event-bus/shop",
            ARN.format("lambda", "function:shop-GetOrder:live"): "function:GetOrder:live",
        }
        self.assertEqual({arn: canonical(arn, NAMES) for arn in cases}, cases)

    def test_what_cloudformation_calls_a_resource_is_found_in_arns(self):
        self.assertEqual(in_arn("http://127.0.0.1:4566/000000000000/shop-Queue-1"), "shop-Queue-1")
        self.assertEqual(in_arn(ARN.format("secretsmanager", "secret:shop/key-1a2b3c")), "secret:shop/key")
        self.assertEqual(in_arn("shop-Data-1a-Orders-9F"), "shop-Data-1a-Orders-9F")


class Grants(unittest.TestCase):
    def test_each_action_on_each_resource_is_one(self):
        found = held(allow(["dynamodb:GetItem", "dynamodb:PutItem"], [ORDERS, f"{ORDERS}/index/ByUser"]), managed=["AWSXrayWriteOnlyAccess"])
        by_user = "table/OrdersTable/index/ByUser"
        expected = [
            grant(MANAGED, "AWSXrayWriteOnlyAccess"),
            *(grant(f"dynamodb:{action}", resource) for resource in ("table/OrdersTable", by_user) for action in ("GetItem", "PutItem")),
        ]
        self.assertEqual([each.grant for each in found], expected)

    def test_a_statement_that_can_not_be_compared_is_a_failure(self):
        conditional = {**allow("dynamodb:GetItem", ORDERS), "Condition": {"StringEquals": {"aws:RequestedRegion": "eu-central-2"}}}
        denying = {**allow("dynamodb:GetItem", ORDERS), "Effect": "Deny"}
        for statement in (conditional, denying):
            with self.assertRaises(Failure):
                held(statement)

    def test_all_but_some_resources(self):
        (all_but,) = held({"Effect": "Allow", "Action": "sns:Publish", "NotResource": "arn:aws:sns:*:*:*"})
        self.assertEqual(all_but.grant, grant("sns:Publish", "all but *"))
        self.assertTrue(all_but.allows(call("sns:Publish", "*")))
        self.assertFalse(all_but.allows(call("sns:Publish", ARN.format("sns", "topic"))))


class Judged(unittest.TestCase):
    READS = held(allow(["dynamodb:GetItem", "dynamodb:PutItem"], ORDERS))

    def test_a_grant_that_no_call_used_is_named(self):
        verdict = judge([self.READS], [call("dynamodb:GetItem")], [])
        self.assertEqual((verdict.grants, verdict.used, verdict.unused), (2, 1, (grant("dynamodb:PutItem"),)))
        self.assertEqual(verdict.faults(), ["unused: GetOrderRole: dynamodb:PutItem on table/OrdersTable"])

    def test_calls_of_another_role_or_on_another_resource_use_nothing(self):
        others = [Call("shop-PutOrderRole-78", "dynamodb:GetItem", ORDERS), call("dynamodb:GetItem", f"{ORDERS}/index/ByUser"), call("dynamodb:Query")]
        self.assertEqual(judge([self.READS], others, []).used, 0)

    def test_an_exception_excuses_a_grant_until_a_call_uses_it(self):
        excuse = [Exempt("Get*Role", "dynamodb:PutItem", "table/*", "a reason")]
        calls = [call("dynamodb:GetItem")]
        self.assertEqual(judge([self.READS], calls, excuse).faults(), [])
        verdict = judge([self.READS], [*calls, call("dynamodb:PutItem")], excuse)
        self.assertEqual((verdict.excepted, verdict.stale), (0, (grant("dynamodb:PutItem"),)))

    def test_an_exception_for_nothing_is_named(self):
        nothing = Exempt("Get*Role", "dynamodb:Scan", "*", "a reason")
        calls = [call("dynamodb:GetItem"), call("dynamodb:PutItem")]
        self.assertEqual(judge([self.READS], calls, [nothing]).pointless, (nothing,))

    def test_a_grant_in_two_statements_is_named_and_one_in_two_moments_is_not(self):
        calls = [call("dynamodb:GetItem"), call("dynamodb:PutItem")]
        self.assertEqual(judge([self.READS, self.READS], calls, []).faults(), [])
        twice = held(allow("dynamodb:GetItem", ORDERS), allow(["dynamodb:GetItem", "dynamodb:PutItem"], ORDERS))
        self.assertEqual(judge([twice], calls, []).repeated, (grant("dynamodb:GetItem"),))

    def test_a_call_before_a_restore_uses_the_grant_that_there_is_after_it(self):
        restored = held(allow("dynamodb:GetItem", f"{ORDERS}-20261129T103000Z"))
        before = held(allow("dynamodb:GetItem", ORDERS))
        verdict = judge([before, restored], [call("dynamodb:GetItem")], [])
        self.assertEqual((verdict.grants, verdict.used), (1, 1))

    def test_every_exception_has_a_reason(self):
        self.assertTrue(all(each.reason for each in permissions.EXCEPTIONS))


class Recorded(unittest.TestCase):
    def test_allowed_calls_of_roles_once(self):
        def context(arn, kind="AssumedRole", action="dynamodb:GetItem"):
            return types.SimpleNamespace(principal_arn=arn, principal_type=kind, action=action, resource_arn=ORDERS)

        session = "arn:aws:sts::000000000000:assumed-role/shop-GetOrderRole-77/shop-GetOrder"
        with tempfile.TemporaryDirectory() as directory:
            file = Path(directory) / FILE
            file.write_text("of a former emulator")
            decide = recording(lambda given, *_: types.SimpleNamespace(decision="Deny" if given.action == "dynamodb:Scan" else "Allow"), file)
            for _ in range(2):
                self.assertEqual(decide(context(session), []).decision, "Allow")
            decide(context(session, action="dynamodb:Scan"), [])
            decide(context("arn:aws:iam::000000000000:user/operator", "User"), [])
            self.assertEqual([json.loads(line) for line in file.read_text().splitlines()], [["shop-GetOrderRole-77", "dynamodb:GetItem", ORDERS]])


TEMPLATE = {
    "Resources": {
        "OrdersTable": {
            "Type": "AWS::DynamoDB::Table",
            "Properties": {
                "BillingMode": "PAY_PER_REQUEST",
                "AttributeDefinitions": [{"AttributeName": "PK", "AttributeType": "S"}],
                "KeySchema": [{"AttributeName": "PK", "KeyType": "HASH"}],
            },
        },
        "GetOrderRole": {
            "Type": "AWS::IAM::Role",
            "Properties": {
                "AssumeRolePolicyDocument": {"Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "*"}}]},
                "Policies": [
                    {
                        "PolicyName": "own",
                        "PolicyDocument": {
                            "Statement": [
                                {
                                    "Effect": "Allow",
                                    "Action": ["dynamodb:GetItem", "dynamodb:PutItem"],
                                    "Resource": {"Fn::GetAtt": ["OrdersTable", "Arn"]},
                                }
                            ]
                        },
                    }
                ],
            },
        },
    }
}


class Emulated(unittest.TestCase):
    """A stack of one table and one role."""

    def test_calls_and_grants_meet(self):
        with tempfile.TemporaryDirectory() as directory, mock.patch.dict("os.environ"):
            stack = LocalStack(Path(directory), process.any_free_port(), persistent=False, name="shop")
            emulator.start(stack, follow_parent=True)
            try:
                self._compare(stack)
            finally:
                local_stack.stop(stack)

    def _compare(self, stack):
        session = boto3.Session(LOCAL_KEY, LOCAL_KEY, region_name=LOCAL_REGION)
        formation = session.client("cloudformation", endpoint_url=stack.endpoint)
        formation.create_stack(StackName=stack.name, TemplateBody=json.dumps(TEMPLATE), Capabilities=["CAPABILITY_NAMED_IAM"])
        formation.get_waiter("stack_create_complete").wait(StackName=stack.name, WaiterConfig={"Delay": 0.2, "MaxAttempts": 50})
        table, name = (
            formation.describe_stack_resource(StackName=stack.name, LogicalResourceId=each)["StackResourceDetail"]["PhysicalResourceId"]
            for each in ("OrdersTable", "GetOrderRole")
        )
        role_arn = session.client("iam", endpoint_url=stack.endpoint).get_role(RoleName=name)["Role"]["Arn"]
        taken = session.client("sts", endpoint_url=stack.endpoint).assume_role(RoleArn=role_arn, RoleSessionName="get-order")["Credentials"]
        of_the_role = boto3.Session(taken["AccessKeyId"], taken["SecretAccessKey"], taken["SessionToken"], region_name=LOCAL_REGION)
        dynamodb = of_the_role.client("dynamodb", endpoint_url=stack.endpoint)
        dynamodb.get_item(TableName=table, Key={"PK": {"S": "1"}})
        with self.assertRaises(dynamodb.exceptions.ClientError):
            dynamodb.delete_item(TableName=table, Key={"PK": {"S": "1"}})
        self.assertEqual([each.action for each in permissions.recorded(stack)], ["dynamodb:GetItem"])

        said = io.StringIO()
        with contextlib.redirect_stdout(said), mock.patch.object(permissions, "EXCEPTIONS", ()), self.assertRaises(Failure):
            permissions.compare(stack)
        self.assertIn("2 grants: 1 used, 0 excepted, 1 unused", said.getvalue())
        self.assertIn("unused: GetOrderRole: dynamodb:PutItem on table/OrdersTable", said.getvalue())

        # As a transaction each write is authorized by itself.
        dynamodb.transact_write_items(TransactItems=[{"Put": {"TableName": table, "Item": {"PK": {"S": "1"}}}}])
        with contextlib.redirect_stdout(io.StringIO()), mock.patch.object(permissions, "EXCEPTIONS", ()):
            permissions.compare(stack)
