"""Point-in-time recovery of the emulator, on one of its own, and restoring tables there as `make restore` does."""

import contextlib
import datetime
import io
import json
import tempfile
import time
import unittest
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import ClientError

from holdfast import local_stack, process, saved_state, tables
from holdfast.project import LOCAL_KEY, LOCAL_REGION, LocalStack
from holdfast.report import Failure, Step
from stack import emulator
from stack.recovery import History

INDEX = {"IndexName": "ByColour", "KeySchema": [{"AttributeName": "colour", "KeyType": "HASH"}], "Projection": {"ProjectionType": "ALL"}}


def setUpModule():
    directory = tempfile.TemporaryDirectory()
    unittest.addModuleCleanup(directory.cleanup)
    stack = LocalStack(Path(directory.name), process.any_free_port(), persistent=False)
    emulator.start(stack, follow_parent=True)
    unittest.addModuleCleanup(local_stack.stop, stack)
    Recovered.dynamodb = boto3.client("dynamodb", LOCAL_REGION, endpoint_url=stack.endpoint, aws_access_key_id=LOCAL_KEY, aws_secret_access_key=LOCAL_KEY)


def next_second() -> datetime.datetime:
    """Waits for the next whole second to begin, and returns it."""
    second = int(time.time()) + 1
    time.sleep(max(0.0, second - time.time()) + 0.02)
    return datetime.datetime.fromtimestamp(second, datetime.timezone.utc)


class Recovered(unittest.TestCase):
    dynamodb: Any

    def table(self, name: str, recovers: bool = True) -> str:
        attributes = [{"AttributeName": each, "AttributeType": "S"} for each in ("PK", "colour")]
        self.dynamodb.create_table(
            TableName=name,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=attributes,
            KeySchema=[{"AttributeName": "PK", "KeyType": "HASH"}],
            GlobalSecondaryIndexes=[INDEX],
            StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
            SSESpecification={"Enabled": True},
            Tags=[{"Key": "team", "Value": "orders"}],
        )
        self.dynamodb.update_time_to_live(TableName=name, TimeToLiveSpecification={"Enabled": True, "AttributeName": "expiresAt"})
        self.dynamodb.update_continuous_backups(TableName=name, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": recovers})
        return name

    def put(self, table: str, pk: str, colour: str) -> None:
        self.dynamodb.put_item(TableName=table, Item={"PK": {"S": pk}, "colour": {"S": colour}})

    def colours(self, table: str) -> dict[str, str]:
        return {item["PK"]["S"]: item["colour"]["S"] for item in self.dynamodb.scan(TableName=table)["Items"]}

    def restore(self, source: str, at: datetime.datetime) -> tables.Plan:
        plan, = tables.plan(self.dynamodb, [tables.Copy("Table", (source,), f"{source}-restored")], at)
        tables.begin(self.dynamodb, [plan], at)
        return plan

    def test_a_table_is_restored_to_the_second(self):
        table = self.table("second")
        next_second()
        for pk in ("kept", "changed", "deleted"):
            self.put(table, pk, "red")
        at = next_second()
        self.put(table, "changed", "blue")
        self.put(table, "changed", "green")
        self.put(table, "new", "blue")
        self.dynamodb.update_item(TableName=table, Key={"PK": {"S": "kept"}}, UpdateExpression="SET size = :one", ExpressionAttributeValues={":one": {"N": "1"}})
        self.dynamodb.transact_write_items(TransactItems=[{"Delete": {"TableName": table, "Key": {"PK": {"S": "deleted"}}}}])
        next_second()
        plan = self.restore(table, at)
        self.assertEqual(self.colours(plan.target), dict.fromkeys(("kept", "changed", "deleted"), "red"))
        self.assertEqual(self.colours(table), {"kept": "red", "changed": "green", "new": "blue"})
        red = {"IndexName": "ByColour", "KeyConditionExpression": "colour = :red", "ExpressionAttributeValues": {":red": {"S": "red"}}}
        self.assertEqual(self.dynamodb.query(TableName=plan.target, **red)["Count"], 3)
        kept = self.dynamodb.get_item(TableName=plan.target, Key={"PK": {"S": "kept"}})["Item"]
        self.assertNotIn("size", kept)

    def test_a_restored_table_gets_the_settings_of_its_source(self):
        table = self.table("settings")
        self.dynamodb.update_table(TableName=table, DeletionProtectionEnabled=True)
        next_second()
        plan = self.restore(table, next_second())
        bare = tables.describe(self.dynamodb, plan.target)
        self.assertNotIn("StreamSpecification", bare)
        self.assertFalse(bare["DeletionProtectionEnabled"])
        with contextlib.redirect_stdout(io.StringIO()):
            tables.wait(self.dynamodb, [plan.target], Step("waiting"), 0.1)
        # As after an interruption.
        for _ in range(2):
            tables.equip(self.dynamodb, plan, 0.1)
        got = tables.describe(self.dynamodb, plan.target)
        self.assertEqual(got["StreamSpecification"], {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"})
        self.assertEqual(tables.stream_of(self.dynamodb, plan.target), got["LatestStreamArn"])
        self.assertEqual((got["SSEDescription"]["Status"], got["DeletionProtectionEnabled"]), ("ENABLED", True))
        self.assertEqual(self.dynamodb.describe_time_to_live(TableName=plan.target)["TimeToLiveDescription"], {"TimeToLiveStatus": "ENABLED", "AttributeName": "expiresAt"})
        self.assertIsNotNone(tables.period(self.dynamodb, plan.target))
        self.assertEqual(self.dynamodb.list_tags_of_resource(ResourceArn=got["TableArn"])["Tags"], [{"Key": "team", "Value": "orders"}])

    def test_every_table_that_cannot_be_restored_is_named(self):
        good, bare = self.table("good"), self.table("bare", recovers=False)
        next_second()
        at = next_second()
        copies = [tables.Copy(name, (name,), f"{name}-x") for name in (good, bare, "absent")]
        with self.assertRaises(Failure) as caught:
            tables.plan(self.dynamodb, copies, at)
        self.assertIn("bare does not exist or has no point-in-time recovery", caught.exception.cause)
        self.assertIn("absent: absent does not exist", caught.exception.cause)
        self.assertNotIn("good:", caught.exception.cause)
        self.assertIn("within all periods", caught.exception.advice)
        with self.assertRaises(Failure) as caught:
            tables.plan(self.dynamodb, copies[1:], at)
        self.assertEqual(caught.exception.advice, tables.NO_RECOVERY)
        for moment in (at - datetime.timedelta(days=1), at + datetime.timedelta(days=1)):
            with self.assertRaisesRegex(Failure, r"good: good can be restored from 20..-"):
                tables.plan(self.dynamodb, copies[:1], moment)
            with self.assertRaises(ClientError) as refused:
                self.dynamodb.restore_table_to_point_in_time(SourceTableName=good, TargetTableName="never", RestoreDateTime=moment)
            self.assertEqual(refused.exception.response["Error"]["Code"], "InvalidRestoreTimeException")

    def test_the_table_in_use_is_preferred_and_the_former_one_serves_earlier_times(self):
        former = self.table("former")
        next_second()
        early = next_second()
        next_second()
        used = self.table("used")
        next_second()
        late = next_second()
        copy = tables.Copy("Table", (used, former), "any")
        self.assertEqual([tables.plan(self.dynamodb, [copy], at)[0].source for at in (early, late)], [former, used])
        self.put(former, "x", "red")
        self.restore(former, late)
        again, = tables.plan(self.dynamodb, [tables.Copy("Table", (former,), "former-restored")], late)
        self.assertTrue(again.exists)
        # What exists is continued with, and not begun a second time.
        tables.begin(self.dynamodb, [again], late)


TEMPLATE = {
    "Resources": {
        "Table": {
            "Type": "AWS::DynamoDB::Table",
            "Properties": {
                "TableName": "declared",
                "BillingMode": "PAY_PER_REQUEST",
                "AttributeDefinitions": [{"AttributeName": "PK", "AttributeType": "S"}],
                "KeySchema": [{"AttributeName": "PK", "KeyType": "HASH"}],
                "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True},
                "SSESpecification": {"SSEEnabled": True},
            },
        }
    }
}


class Restarted(unittest.TestCase):
    """An emulator with saved state that is stopped and started again."""

    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.stack = LocalStack(Path(directory.name), process.any_free_port())
        self.addCleanup(local_stack.stop, self.stack)
        emulator.start(self.stack, follow_parent=True)
        self.formation, self.dynamodb = (
            boto3.client(service, LOCAL_REGION, endpoint_url=self.stack.endpoint, aws_access_key_id=LOCAL_KEY, aws_secret_access_key=LOCAL_KEY)
            for service in ("cloudformation", "dynamodb")
        )

    def deploy(self, change: str, **template: dict) -> None:
        getattr(self.formation, f"{change}_stack")(StackName="kept", TemplateBody=json.dumps(template or TEMPLATE))
        self.formation.get_waiter(f"stack_{change}_complete").wait(StackName="kept", WaiterConfig={"Delay": 1})

    def restart(self, forget: str = "") -> None:
        """Starts the emulator on its state, without one of the settings in it."""
        local_stack.stop(self.stack)
        latest = saved_state.latest(self.stack.directory / "state")
        assert latest
        saved = latest / "dynamodb.json"
        state = json.loads(saved.read_text())
        if forget:
            state["payload"][forget]["data"].clear()
            for table in state["payload"]["tables"]["data"].values():
                table["SSEDescription"] = None
        saved.write_text(json.dumps(state))
        emulator.start(self.stack, follow_parent=True)

    def is_declared(self) -> tuple[bool, str | None]:
        """Whether the table recovers, and the state of its encryption."""
        described = tables.describe(self.dynamodb, "declared") or {}
        return tables.period(self.dynamodb, "declared") is not None, described.get("SSEDescription", {}).get("Status")

    def test_what_a_template_declares_is_given_to_tables_by_updates_and_to_those_of_a_saved_state(self):
        bare = json.loads(json.dumps(TEMPLATE))
        for name in ("PointInTimeRecoverySpecification", "SSESpecification"):
            del bare["Resources"]["Table"]["Properties"][name]
        self.deploy("create", **bare)
        self.assertEqual(self.is_declared(), (False, None))
        self.deploy("update")
        self.assertEqual(self.is_declared(), (True, "ENABLED"))
        self.restart(forget="pitr_settings")
        self.assertEqual(self.is_declared(), (True, "ENABLED"))
        self.dynamodb.update_continuous_backups(TableName="declared", PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": False})
        self.restart()
        self.assertEqual(self.is_declared(), (False, "ENABLED"), "what was switched off by hand stays off")


class Kept(unittest.TestCase):
    def test_what_no_longer_fits_moves_the_earliest_moment(self):
        moments = iter(range(100))
        history = History(most=3, clock=lambda: next(moments))
        for former in (None, {"n": 1}, {"n": 2}, {"n": 3}):
            history.note("table", "pk", "sk", former)
        self.assertEqual(history.since, 1)
        items = {"pk": {"sk": {"n": 4}}}
        history.undo("other", 0, items)
        self.assertEqual(items, {"pk": {"sk": {"n": 4}}})
        history.undo("table", 3, items)
        self.assertEqual(items, {"pk": {"sk": {"n": 2}}})


if __name__ == "__main__":
    unittest.main()
