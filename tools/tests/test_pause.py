"""Pausing and resuming a stage, with botocore's stubbed clients."""

import contextlib
import datetime
import io
import json
import unittest
from unittest import mock

import boto3
from botocore.stub import Stubber

from holdfast import pause
from holdfast.report import Failure
from holdfast.stage import Stage

ON, OFF = "11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"
NOW = datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone.utc)
PARTS = (
    (pause.FUNCTION, "GetOrder", "holdfast-dev-GetOrder"),
    (pause.FUNCTION, "ExpireOrder", "holdfast-dev-ExpireOrder"),
    (pause.MAPPING, "Due", ON),
    (pause.MAPPING, "Off", OFF),
    (pause.SCHEDULE, "EveryMinute", "s-1"),
)
PARAMETER = "/holdfast/holdfast-dev/paused"
BEFORE = {"concurrency": {"holdfast-dev-ExpireOrder": 7}, "mappings": [OFF], "schedules": []}


class Paused(unittest.TestCase):
    def setUp(self):
        self.clients = {
            each: boto3.client(each, region_name="eu-central-1", aws_access_key_id="x", aws_secret_access_key="x") for each in ("cloudformation", "lambda", "scheduler", "ssm")
        }
        self.stubs = {each: Stubber(client) for each, client in self.clients.items()}
        for stub in self.stubs.values():
            stub.activate()
        session = mock.Mock()
        session.client = self.clients.__getitem__
        self.stage = Stage("dev", "holdfast-dev", session, "111122223333")
        silence = contextlib.redirect_stdout(io.StringIO())
        silence.__enter__()
        self.addCleanup(silence.__exit__, None, None, None)
        listed = [
            {"LogicalResourceId": logical, "PhysicalResourceId": physical, "ResourceType": kind, "ResourceStatus": "CREATE_COMPLETE", "LastUpdatedTimestamp": NOW}
            for kind, logical, physical in PARTS
        ]
        self.stubs["cloudformation"].add_response("list_stack_resources", {"StackResourceSummaries": listed}, {"StackName": "holdfast-dev"})

    def answer(self, service, operation, response, **expected):
        self.stubs[service].add_response(operation, response, expected)

    def recorded(self, times):
        for _ in range(times):
            self.answer("ssm", "get_parameter", {"Parameter": {"Name": PARAMETER, "Value": json.dumps(BEFORE)}}, Name=PARAMETER)

    def mapping(self, uuid, state, function="ExpireOrder"):
        self.answer(
            "lambda",
            "get_event_source_mapping",
            {"UUID": uuid, "State": state, "FunctionArn": f"arn:aws:lambda:eu-central-1:111122223333:function:holdfast-dev-{function}"},
            UUID=uuid,
        )

    def schedule(self, state, times=1):
        about = {"Arn": "arn:aws:scheduler:eu-central-1:111122223333:schedule/default/s-1", "GroupName": "default", "ScheduleExpression": "rate(1 minute)", "CreationDate": NOW}
        target = {"Arn": "arn:aws:lambda:eu-central-1:111122223333:function:f", "RoleArn": "arn:aws:iam::111122223333:role/r"}
        self.target = {"FlexibleTimeWindow": {"Mode": "OFF"}, "Target": target}
        for _ in range(times):
            self.answer("scheduler", "get_schedule", {**about, **self.target, "Name": "s-1", "State": state}, Name="s-1")

    def schedule_becomes(self, state):
        self.answer(
            "scheduler",
            "update_schedule",
            {"ScheduleArn": "arn:aws:scheduler:eu-central-1:111122223333:schedule/default/s-1"},
            Name="s-1",
            GroupName="default",
            ScheduleExpression="rate(1 minute)",
            State=state,
            **self.target,
        )

    def functions_stop(self):
        for function in ("GetOrder", "ExpireOrder"):
            self.answer("lambda", "put_function_concurrency", {}, FunctionName=f"holdfast-dev-{function}", ReservedConcurrentExecutions=0)

    def done(self):
        for stub in self.stubs.values():
            stub.assert_no_pending_responses()

    def test_what_was_set_is_recorded_before_anything_is_changed(self):
        self.stubs["ssm"].add_client_error("get_parameter", "ParameterNotFound")
        self.answer("lambda", "get_function_concurrency", {}, FunctionName="holdfast-dev-GetOrder")
        self.answer("lambda", "get_function_concurrency", {"ReservedConcurrentExecutions": 7}, FunctionName="holdfast-dev-ExpireOrder")
        self.mapping(ON, "Enabled")
        self.mapping(OFF, "Disabled")
        self.schedule("ENABLED", 2)
        self.answer("ssm", "put_parameter", {}, Name=PARAMETER, Value=json.dumps(BEFORE), Type="String", Overwrite=False)
        self.schedule_becomes("DISABLED")
        self.mapping(ON, "Enabled")
        self.answer("lambda", "update_event_source_mapping", {}, UUID=ON, Enabled=False)
        self.mapping(OFF, "Disabled")
        self.functions_stop()
        self.mapping(ON, "Disabling")
        self.mapping(ON, "Disabled")
        self.mapping(OFF, "Disabled")
        with mock.patch("time.sleep"):
            pause.pause(self.stage)
        self.done()

    def test_a_second_pause_keeps_the_record(self):
        self.recorded(1)
        self.schedule("DISABLED")
        for uuid in (ON, OFF):
            self.mapping(uuid, "Disabled")
        self.functions_stop()
        for uuid in (ON, OFF):
            self.mapping(uuid, "Disabled")
        pause.pause(self.stage)
        self.done()

    def test_resuming_restores_what_was_set(self):
        self.recorded(1)
        self.answer("lambda", "delete_function_concurrency", {}, FunctionName="holdfast-dev-GetOrder")
        self.answer("lambda", "put_function_concurrency", {}, FunctionName="holdfast-dev-ExpireOrder", ReservedConcurrentExecutions=7)
        self.mapping(ON, "Disabled")
        self.answer("lambda", "update_event_source_mapping", {}, UUID=ON, Enabled=True)
        self.schedule("DISABLED")
        self.schedule_becomes("ENABLED")
        self.answer("ssm", "delete_parameter", {}, Name=PARAMETER)
        pause.resume(self.stage)
        self.done()

    def test_the_record_takes_a_note(self):
        self.recorded(1)
        self.answer("ssm", "put_parameter", {}, Name=PARAMETER, Value=json.dumps({**BEFORE, "restoring": "x"}), Type="String", Overwrite=True)
        pause.note(self.stage, "restoring", "x")
        self.stubs["ssm"].assert_no_pending_responses()

    def test_some_functions_are_started_alone(self):
        self.recorded(1)
        self.answer("lambda", "put_function_concurrency", {}, FunctionName="holdfast-dev-ExpireOrder", ReservedConcurrentExecutions=7)
        self.mapping(ON, "Disabled")
        self.mapping(OFF, "Disabled", "GetOrder")
        self.mapping(ON, "Disabled")
        self.answer("lambda", "update_event_source_mapping", {}, UUID=ON, Enabled=True)
        self.mapping(ON, "Enabled")
        pause.release(self.stage, ("ExpireOrder",))
        self.done()

    def test_a_stage_that_is_not_paused_is_not_resumed(self):
        self.stubs["ssm"].add_client_error("get_parameter", "ParameterNotFound")
        with mock.patch("holdfast.stage.choose", return_value=self.stage), self.assertRaisesRegex(Failure, "is not paused"):
            pause.run("resume", "dev")

    def test_a_mapping_that_never_settles_is_named(self):
        self.mapping(ON, "Disabling")
        with mock.patch("time.sleep"), mock.patch("time.monotonic", side_effect=[0, 1, 1000]), self.assertRaisesRegex(Failure, f"{ON} stays Disabling"):
            pause._settle(self.clients["lambda"], [ON], "Disabled")


if __name__ == "__main__":
    unittest.main()
