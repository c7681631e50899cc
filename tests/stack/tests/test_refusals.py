"""What the launcher has the emulator refuse, on an emulator of its own."""

import contextlib
import http.client
import io
import json
import tempfile
import unittest
import zipfile
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import WaiterError

from holdfast import local_stack, process
from holdfast.project import LOCAL_KEY, LOCAL_REGION, LocalStack
from stack import emulator
from stack.refusals import can_be_generated, joined

PUNCTUATION = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"
ECHO = "def handler(event, context):\n    return {'statusCode': 200, 'body': __import__('json').dumps(event)}\n"
QUICK = {"Delay": 0.2, "MaxAttempts": 50}
# One named resource of each kind that Holdfast names, all with the name `taken`.
NAMED = {
    "AWS::SQS::Queue": {"QueueName": "taken"},
    "AWS::SNS::Topic": {"TopicName": "taken"},
    "AWS::DynamoDB::Table": {
        "TableName": "taken",
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": "PK", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "PK", "KeyType": "HASH"}],
    },
    "AWS::Lambda::Function": {
        "FunctionName": "taken",
        "Runtime": "python3.12",
        "Handler": "index.handler",
        "Role": "arn:aws:iam::000000000000:role/any",
        "Code": {"ZipFile": ECHO},
    },
    "AWS::Events::Rule": {"Name": "taken", "ScheduleExpression": "rate(1 day)", "State": "DISABLED"},
    "AWS::Scheduler::Schedule": {
        "Name": "taken",
        "ScheduleExpression": "rate(1 day)",
        "State": "DISABLED",
        "FlexibleTimeWindow": {"Mode": "OFF"},
        "Target": {"Arn": "arn:aws:lambda:eu-central-2:000000000000:function:any", "RoleArn": "arn:aws:iam::000000000000:role/any"},
    },
    "AWS::Logs::LogGroup": {"LogGroupName": "/a/taken"},
}


def setUpModule():
    directory = tempfile.TemporaryDirectory()
    unittest.addModuleCleanup(directory.cleanup)
    Emulated.stack = LocalStack(Path(directory.name), process.any_free_port(), persistent=False)
    emulator.start(Emulated.stack, follow_parent=True)
    unittest.addModuleCleanup(local_stack.stop, Emulated.stack)


class Emulated(unittest.TestCase):
    """On the one emulator that all tests here share."""

    stack: LocalStack
    session: Any
    cloudformation: Any

    @classmethod
    def setUpClass(cls):
        cls.session = boto3.Session(LOCAL_KEY, LOCAL_KEY, region_name=LOCAL_REGION)
        cls.cloudformation = cls.client("cloudformation")

    @classmethod
    def client(cls, service: str):
        return cls.session.client(service, endpoint_url=cls.stack.endpoint)

    def deploy(self, name: str, resources: dict) -> str:
        """Creates a stack, or updates it, and returns the reason for which it failed; empty when it did not."""
        body, known = json.dumps({"Resources": resources}), self.status(name)
        operation, verb = (self.cloudformation.update_stack, "update") if known else (self.cloudformation.create_stack, "create")
        operation(StackName=name, TemplateBody=body, Capabilities=["CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"])
        try:
            self.cloudformation.get_waiter(f"stack_{verb}_complete").wait(StackName=name, WaiterConfig=QUICK)
            return ""
        except WaiterError:
            events = self.cloudformation.describe_stack_events(StackName=name)["StackEvents"]
            failed = [event["ResourceStatusReason"] for event in events if event["ResourceStatus"] == f"{verb.upper()}_FAILED"]
            return failed[-1]

    def status(self, name: str) -> str:
        with contextlib.suppress(self.cloudformation.exceptions.ClientError):
            return self.cloudformation.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"]
        return ""

    def delete(self, name: str) -> None:
        self.cloudformation.delete_stack(StackName=name)
        self.cloudformation.get_waiter("stack_delete_complete").wait(StackName=name, WaiterConfig=QUICK)


class Secrets(Emulated):
    def secret(self, **asked) -> dict:
        return {"Secret": {"Type": "AWS::SecretsManager::Secret", "Properties": {"GenerateSecretString": asked}}}

    def test_a_secret_without_a_required_type_is_refused(self):
        reason = self.deploy("excludes", self.secret(ExcludeCharacters=PUNCTUATION))
        self.assertIn("All characters of the desired type have been excluded.", reason)
        self.assertEqual("", self.deploy("leaves-out", self.secret(ExcludePunctuation=True)))

    def test_types_that_are_left_out_need_no_character(self):
        self.assertFalse(can_be_generated({"ExcludeCharacters": "0123456789"}))
        self.assertTrue(can_be_generated({"ExcludeCharacters": "012345678"}))
        self.assertTrue(can_be_generated({"ExcludeCharacters": "0123456789", "ExcludeNumbers": "true"}))
        self.assertTrue(can_be_generated({"ExcludeCharacters": PUNCTUATION, "RequireEachIncludedType": False}))
        everything = {"ExcludeLowercase": True, "ExcludeUppercase": True, "ExcludeNumbers": True, "ExcludePunctuation": True}
        self.assertFalse(can_be_generated(everything))
        self.assertFalse(can_be_generated({**everything, "RequireEachIncludedType": False}))


class Names(Emulated):
    def test_a_name_of_another_stack_is_refused(self):
        resources = {f"R{index}": {"Type": kind, "Properties": props} for index, (kind, props) in enumerate(NAMED.items())}
        self.assertEqual("", self.deploy("first", resources))
        for index, (kind, props) in enumerate(NAMED.items()):
            with self.subTest(kind):
                reason = self.deploy(f"second-{index}", {"Other": {"Type": kind, "Properties": props}})
                self.assertRegex(reason, r"taken already exists in stack arn:aws:cloudformation:.*:stack/first/")
        self.assertEqual("", self.deploy("first", {**resources, "More": {"Type": "AWS::SQS::Queue"}}))
        self.delete("first")
        self.assertEqual("", self.deploy("third", resources))

    def test_a_rename_to_a_name_of_another_stack_is_refused(self):
        queue = {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "one"}}
        self.assertEqual("", self.deploy("one", {"Queue": queue}))
        self.assertEqual("", self.deploy("two", {"Queue": {**queue, "Properties": {"QueueName": "two"}}}))
        self.assertIn("one already exists in stack", self.deploy("two", {"Queue": queue}))
        self.assertEqual("UPDATE_ROLLBACK_COMPLETE", self.status("two"))

    def test_a_rule_of_another_bus_and_a_schedule_of_another_group_may_have_the_name(self):
        rule, schedule = NAMED["AWS::Events::Rule"], NAMED["AWS::Scheduler::Schedule"]
        made = {"Rule": {"Type": "AWS::Events::Rule", "Properties": {**rule, "Name": "shared"}}}
        self.assertEqual("", self.deploy("default-bus", made))
        pattern = {"Name": "shared", "EventBusName": {"Ref": "Bus"}, "EventPattern": {"source": ["a"]}}
        other = {"Bus": {"Type": "AWS::Events::EventBus", "Properties": {"Name": "other"}}, "Rule": {"Type": "AWS::Events::Rule", "Properties": pattern}}
        self.assertEqual("", self.deploy("other-bus", other))
        grouped = {**schedule, "Name": "shared"}
        self.assertEqual("", self.deploy("default-group", {"Schedule": {"Type": "AWS::Scheduler::Schedule", "Properties": grouped}}))
        group = {"Type": "AWS::Scheduler::ScheduleGroup", "Properties": {"Name": "other"}}
        grouped = {"Type": "AWS::Scheduler::Schedule", "Properties": {**grouped, "GroupName": {"Ref": "Group"}}}
        self.assertEqual("", self.deploy("other-group", {"Group": group, "Schedule": grouped}))

    def test_a_failed_nested_stack_leaves_its_names_free(self):
        s3 = self.client("s3")
        s3.create_bucket(Bucket="templates", CreateBucketConfiguration={"LocationConstraint": LOCAL_REGION})
        queue = {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "nested"}}
        broken = {"Type": "AWS::SecretsManager::Secret", "DependsOn": "Queue", "Properties": {"GenerateSecretString": {"ExcludeCharacters": PUNCTUATION}}}
        nested = {"Child": {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": "https://s3.amazonaws.com/templates/child.json"}}}
        s3.put_object(Bucket="templates", Key="child.json", Body=json.dumps({"Resources": {"Queue": queue, "Broken": broken}}))
        self.assertIn("All characters", self.deploy("parent", nested))
        self.delete("parent")
        s3.put_object(Bucket="templates", Key="child.json", Body=json.dumps({"Resources": {"Queue": queue}}))
        self.assertEqual("", self.deploy("parent", nested))


class Requests(Emulated):
    api: str

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as file:
            file.writestr("index.py", ECHO)
        role = cls.client("iam").create_role(RoleName="echo", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
        made = cls.client("lambda").create_function(
            FunctionName="echo", Runtime="python3.12", Handler="index.handler", Role=role, Code={"ZipFile": archive.getvalue()}
        )
        gateway = cls.client("apigatewayv2")
        cls.api = gateway.create_api(Name="echo", ProtocolType="HTTP")["ApiId"]
        target = {"IntegrationType": "AWS_PROXY", "IntegrationUri": made["FunctionArn"], "PayloadFormatVersion": "2.0"}
        integration = gateway.create_integration(ApiId=cls.api, **target)["IntegrationId"]
        gateway.create_route(ApiId=cls.api, RouteKey="$default", Target=f"integrations/{integration}")
        gateway.create_stage(ApiId=cls.api, StageName="$default", AutoDeploy=True)

    def event(self, headers: list[tuple[str, str]], body: bytes = b"") -> dict:
        """The event that the function got for a request."""
        connection = http.client.HTTPConnection("127.0.0.1", self.stack.port, timeout=30)
        self.addCleanup(connection.close)
        connection.putrequest("POST", f"/_aws/execute-api/{self.api}/x")
        for name, value in [*headers, ("Content-Length", str(len(body)))]:
            connection.putheader(name, value)
        connection.endheaders(body)
        answer = connection.getresponse()
        text = answer.read()
        self.assertEqual(200, answer.status, text)
        return json.loads(text)

    def test_repeated_headers_are_joined_by_commas(self):
        headers = self.event([("X-One", "a"), ("x-one", "b, c"), ("X-Two", "a,  b")])["headers"]
        self.assertEqual("a,b, c", headers["x-one"])
        self.assertEqual("a,  b", headers["x-two"])

    def test_text_is_decoded_and_all_else_is_in_base64(self):
        for kind in ("text/plain", "application/json; charset=utf-8", "application/xml", "application/javascript"):
            with self.subTest(kind):
                event = self.event([("Content-Type", kind)], b"a\xff\xd0\xb1")
                self.assertEqual(("a\ufffd\u0431", False), (event["body"], event["isBase64Encoded"]))
        for kind in ("application/octet-stream", "application/x-www-form-urlencoded", "application/merge-patch+json"):
            with self.subTest(kind):
                event = self.event([("Content-Type", kind)], b"a\xff")
                self.assertEqual(("Yf8=", True), (event["body"], event["isBase64Encoded"]))

    def test_cookies_are_not_joined_by_commas(self):
        self.assertEqual([(b"cookie", b"a=1"), (b"cookie", b"b=2")], joined([(b"cookie", b"a=1"), (b"Cookie", b"b=2")]))
