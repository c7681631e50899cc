"""Recognising, explaining and removing a stack that never became complete, with botocore's stubbed clients."""

import datetime
from unittest import mock

from holdfast import events, incomplete, resources, update
from holdfast.report import Failure
from tests import stubbed

ROOT_ID = "arn:aws:cloudformation:eu-central-1:111122223333:stack/holdfast-dev/1"
CHILD_ID = "arn:aws:cloudformation:eu-central-1:111122223333:stack/holdfast-dev-Data/2"
NOW = datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone.utc)


def event(stack, logical, kind, status, physical="", reason=""):
    about = {"StackId": stack, "EventId": logical + status, "StackName": "holdfast-dev", "Timestamp": NOW}
    return {**about, "LogicalResourceId": logical, "ResourceType": kind, "ResourceStatus": status, "PhysicalResourceId": physical, "ResourceStatusReason": reason}


def summary(logical, kind, status, physical):
    return {"LogicalResourceId": logical, "ResourceType": kind, "ResourceStatus": status, "PhysicalResourceId": physical, "LastUpdatedTimestamp": NOW}


def described(status):
    return {"Stacks": [{"StackName": "holdfast-dev", "StackId": ROOT_ID, "CreationTime": NOW, "StackStatus": status}]}


class Stubbed(stubbed.Stubbed):
    def answer(self, operation, response, **expected):
        self.asked.add_response(operation, response, expected or None)

    def table(self, name, protected=False):
        self.kept.add_response("describe_table", {"Table": {"TableName": name, "TableStatus": "ACTIVE", "DeletionProtectionEnabled": protected}}, {"TableName": name})

    def no_table(self, name):
        self.kept.add_client_error("describe_table", "ResourceNotFoundException", expected_params={"TableName": name})

    def scanned(self, name, *items):
        self.kept.add_response("scan", {"Items": list(items)}, {"TableName": name, "Limit": 1, "ConsistentRead": True})

    def failed_creation(self, status="ROLLBACK_COMPLETE"):
        """A stack whose nested data stack failed, with one table left."""
        self.answer("describe_stacks", described(status), StackName="holdfast-dev")
        self.answer("describe_stack_events", {"StackEvents": [event(ROOT_ID, "holdfast-dev", resources.NESTED, "CREATE_IN_PROGRESS", ROOT_ID)]})
        self.answer("list_stack_resources", {"StackResourceSummaries": [summary("Data", resources.NESTED, "DELETE_COMPLETE", CHILD_ID)]}, StackName="holdfast-dev")
        self.answer(
            "list_stack_resources",
            {"StackResourceSummaries": [summary("Orders", resources.TABLE, "DELETE_SKIPPED", "orders-1"), summary("Carts", resources.TABLE, "DELETE_COMPLETE", "carts-1")]},
            StackName=CHILD_ID,
        )

    def done(self):
        self.asked.assert_no_pending_responses()
        self.kept.assert_no_pending_responses()


class MakeWay(Stubbed):
    def test_no_stack(self):
        self.asked.add_client_error("describe_stacks", "ValidationError", "Stack with id holdfast-dev does not exist")
        self.assertFalse(incomplete.make_way(self.stage, False))

    def test_complete_stacks_are_left_alone(self):
        for status in resources.COMPLETE:
            self.answer("describe_stacks", described(status))
            self.assertTrue(incomplete.make_way(self.stage, False))
        self.done()

    def test_busy_and_stuck_stacks_are_refused_with_advice(self):
        for status, advice in (("UPDATE_IN_PROGRESS", "Wait"), ("ROLLBACK_IN_PROGRESS", "Wait"), ("UPDATE_ROLLBACK_FAILED", "continue-update-rollback")):
            self.answer("describe_stacks", described(status))
            with self.assertRaisesRegex(Failure, status) as caught:
                incomplete.make_way(self.stage, True)
            self.assertIn(advice, caught.exception.advice)

    def test_every_hopeless_status_is_recognised(self):
        for status in ("CREATE_FAILED", "ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "DELETE_FAILED"):
            self.assertTrue(incomplete.is_hopeless(self.formation, "holdfast-dev", status))

    def test_stack_under_review_is_hopeless_only_with_nothing_in_it(self):
        self.answer("list_stack_resources", {"StackResourceSummaries": []})
        self.assertTrue(incomplete.is_hopeless(self.formation, "holdfast-dev", incomplete.EMPTY))
        self.answer("list_stack_resources", {"StackResourceSummaries": [summary("A", "AWS::SQS::Queue", "CREATE_COMPLETE", "a")]})
        self.assertFalse(incomplete.is_hopeless(self.formation, "holdfast-dev", incomplete.EMPTY))

    def test_nothing_is_deleted_without_an_answer(self):
        self.failed_creation()
        self.table("orders-1")
        self.scanned("orders-1")
        with mock.patch("sys.stdin.isatty", return_value=False), self.assertRaises(Failure) as caught:
            incomplete.make_way(self.stage, False)
        self.assertIn("YES=1", caught.exception.advice)
        self.done()

    def test_answer_on_a_terminal(self):
        for answer in ("", "n", "no", "what?"):
            with mock.patch("sys.stdin.isatty", return_value=True), mock.patch("builtins.input", return_value=answer):
                self.assertRaises(Failure, incomplete._ask, "Delete?", False)
        with mock.patch("sys.stdin.isatty", return_value=True), mock.patch("builtins.input", return_value="y"):
            incomplete._ask("Delete?", False)

    def test_table_with_an_item_is_never_deleted(self):
        self.failed_creation("ROLLBACK_FAILED")
        self.table("orders-1", protected=True)
        self.scanned("orders-1", {"PK": {"S": "x"}})
        with self.assertRaisesRegex(Failure, "orders-1"):
            incomplete.make_way(self.stage, True)
        self.done()

    def test_empty_tables_go_with_the_stack(self):
        self.failed_creation("ROLLBACK_FAILED")
        self.table("orders-1", protected=True)
        self.scanned("orders-1")
        self.table("orders-1", protected=True)
        self.kept.add_response("update_table", {}, {"TableName": "orders-1", "DeletionProtectionEnabled": False})
        self.table("orders-1")
        self.answer("describe_stacks", described("ROLLBACK_FAILED"), StackName="holdfast-dev")
        self.answer("delete_stack", {}, StackName="holdfast-dev")
        self.answer("describe_stacks", described("DELETE_COMPLETE"), StackName=ROOT_ID)
        # CloudFormation kept it: DeletionPolicy.
        self.table("orders-1")
        self.scanned("orders-1")
        self.kept.add_response("delete_table", {}, {"TableName": "orders-1"})
        self.no_table("orders-1")
        self.assertFalse(incomplete.make_way(self.stage, True, poll_seconds=1))
        self.done()


class Explain(Stubbed):
    def test_first_cause_is_found_in_the_nested_stack(self):
        nested = resources.NESTED
        self.answer("describe_stack_events", {"StackEvents": [
            event(ROOT_ID, "holdfast-dev", nested, "ROLLBACK_IN_PROGRESS", ROOT_ID, "The following resource(s) failed to create: [Data]."),
            event(ROOT_ID, "Topic", "AWS::SNS::Topic", "CREATE_FAILED", "", "Resource creation cancelled"),
            event(ROOT_ID, "Data", nested, "CREATE_FAILED", CHILD_ID, "Embedded stack was not successfully created"),
            event(ROOT_ID, "holdfast-dev", nested, "CREATE_IN_PROGRESS", ROOT_ID),
            event(ROOT_ID, "Old", "AWS::SNS::Topic", "CREATE_FAILED", "", "of an earlier operation"),
        ]}, StackName="holdfast-dev")
        self.answer("describe_stack_events", {"StackEvents": [
            event(CHILD_ID, "Later", "AWS::SQS::Queue", "CREATE_FAILED", "", "second"),
            event(CHILD_ID, "Secret", "AWS::SecretsManager::Secret", "CREATE_FAILED", "", "excludes all punctuation"),
            event(CHILD_ID, "holdfast-dev-Data", nested, "CREATE_IN_PROGRESS", CHILD_ID),
        ]}, StackName=CHILD_ID)
        self.assertEqual(events.explain(self.formation, "holdfast-dev"), "Secret (AWS::SecretsManager::Secret): excludes all punctuation")
        self.done()

    def test_no_failure(self):
        self.answer("describe_stack_events", {"StackEvents": []})
        self.assertEqual(events.explain(self.formation, "holdfast-dev"), "")


class Update(Stubbed):
    def stack(self):
        answer = described("CREATE_COMPLETE")
        answer["Stacks"][0] |= {
            "Parameters": [{"ParameterKey": "A", "ParameterValue": "1"}, {"ParameterKey": "B", "ParameterValue": "2"}],
            "Capabilities": ["CAPABILITY_NAMED_IAM"],
        }
        self.answer("describe_stacks", answer)

    def test_only_the_named_parameters_change(self):
        self.stack()
        self.answer("update_stack", {"StackId": ROOT_ID}, StackName="holdfast-dev", UsePreviousTemplate=True,
                    Parameters=[{"ParameterKey": "A", "UsePreviousValue": True}, {"ParameterKey": "B", "ParameterValue": "3"}],
                    Capabilities=["CAPABILITY_AUTO_EXPAND", "CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"])
        self.answer("describe_stacks", described("UPDATE_COMPLETE"))
        self.assertTrue(update.change(self.formation, "holdfast-dev", {"B": "3"}))
        self.done()

    def test_same_values_are_no_failure(self):
        self.stack()
        self.asked.add_client_error("update_stack", "ValidationError", "No updates are to be performed.")
        self.assertFalse(update.change(self.formation, "holdfast-dev", {"B": "2"}))

    def test_parameter_that_the_deployed_template_lacks(self):
        self.stack()
        with self.assertRaisesRegex(Failure, "no parameter C"):
            update.change(self.formation, "holdfast-dev", {"C": "1"})
