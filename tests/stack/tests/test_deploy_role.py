"""Holds the example role against the template: for every type of resource that is deployed, it may call what creates that type."""

import fnmatch
import json
import unittest

from samtranslator.yaml_helper import yaml_parse

from holdfast.project import ROOT, TEMPLATE
from stack import transformed

ROLE = ROOT / "examples" / "deploy-role.yaml"
# The call that makes each type, as far as IAM can forbid it. A type that is missing here fails the test: add it, and allow the role what it needs.
CREATED_BY = {
    "AWS::ApiGatewayV2::Api": "apigateway:POST",
    "AWS::ApiGatewayV2::Stage": "apigateway:POST",
    "AWS::CloudFormation::Stack": "cloudformation:CreateStack",
    "AWS::CloudWatch::Alarm": "cloudwatch:PutMetricAlarm",
    "AWS::CloudWatch::Dashboard": "cloudwatch:PutDashboard",
    "AWS::CodeDeploy::Application": "codedeploy:CreateApplication",
    "AWS::CodeDeploy::DeploymentGroup": "codedeploy:CreateDeploymentGroup",
    "AWS::DynamoDB::Table": "dynamodb:CreateTable",
    "AWS::Events::Archive": "events:CreateArchive",
    "AWS::Events::EventBus": "events:CreateEventBus",
    "AWS::Events::Rule": "events:PutRule",
    "AWS::IAM::Role": "iam:CreateRole",
    "AWS::KMS::Key": "kms:CreateKey",
    "AWS::Lambda::Alias": "lambda:CreateAlias",
    "AWS::Lambda::EventSourceMapping": "lambda:CreateEventSourceMapping",
    "AWS::Lambda::Function": "lambda:CreateFunction",
    "AWS::Lambda::Version": "lambda:PublishVersion",
    "AWS::Logs::LogGroup": "logs:CreateLogGroup",
    "AWS::SES::ConfigurationSet": "ses:CreateConfigurationSet",
    "AWS::SES::ConfigurationSetEventDestination": "ses:CreateConfigurationSetEventDestination",
    "AWS::SNS::Subscription": "sns:Subscribe",
    "AWS::SNS::Topic": "sns:CreateTopic",
    "AWS::SNS::TopicPolicy": "sns:SetTopicAttributes",
    "AWS::SQS::Queue": "sqs:CreateQueue",
    "AWS::SQS::QueuePolicy": "sqs:SetQueueAttributes",
    "AWS::Scheduler::Schedule": "scheduler:CreateSchedule",
    "AWS::SecretsManager::Secret": "secretsmanager:CreateSecret",
}
# What a managed policy may have, without spaces.
MOST_CHARACTERS = 6144
READS_OR_RUNS = ("dynamodb:GetItem", "dynamodb:Query", "dynamodb:Scan", "lambda:InvokeFunction", "sqs:ReceiveMessage", "logs:GetLogEvents", "iam:CreateUser", "iam:PutUserPolicy")


def as_list(value):
    return value if isinstance(value, list) else [value]


class DeployRole(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.resources = yaml_parse(ROLE.read_text())["Resources"]
        policies = [each["Properties"]["PolicyDocument"] for each in cls.resources.values() if each["Type"] == "AWS::IAM::ManagedPolicy"]
        cls.sizes = [len(json.dumps(policy, separators=(",", ":"))) for policy in policies]
        cls.statements = [statement for policy in policies for statement in policy["Statement"]]
        cls.deployed = transformed.transform_all(TEMPLATE)

    def allows(self, action):
        return any(fnmatch.fnmatchcase(action, pattern) for statement in self.statements for pattern in as_list(statement["Action"]))

    def test_it_may_create_every_type_of_the_template(self):
        types = {each["Type"] for template in self.deployed.values() for each in template["Resources"].values()}
        self.assertEqual({each for each in types if each not in CREATED_BY or not self.allows(CREATED_BY[each])}, set())

    def test_it_may_attach_the_managed_policies_of_the_template(self):
        roles = [each["Properties"] for template in self.deployed.values() for each in template["Resources"].values() if each["Type"] == "AWS::IAM::Role"]
        attached = {(arn if isinstance(arn, str) else arn["Fn::Sub"]).rpartition(":policy/")[2] for role in roles for arn in role.get("ManagedPolicyArns", [])}
        statement = next(each for each in self.statements if "iam:AttachRolePolicy" in as_list(each["Action"]))
        allowed = {each["Fn::Sub"].rpartition(":policy/")[2] for each in statement["Condition"]["ArnEquals"]["iam:PolicyARN"]}
        self.assertEqual(attached, allowed)

    def test_it_may_pass_roles_to_the_services_of_the_template(self):
        roles = [each["Properties"] for template in self.deployed.values() for each in template["Resources"].values() if each["Type"] == "AWS::IAM::Role"]
        trusted = {service for role in roles for each in role["AssumeRolePolicyDocument"]["Statement"] for service in as_list(each["Principal"]["Service"])}
        statement = next(each for each in self.statements if each["Action"] == "iam:PassRole")
        self.assertEqual(trusted, set(statement["Condition"]["StringEquals"]["iam:PassedToService"]))

    def test_it_reads_no_data_and_runs_nothing(self):
        self.assertEqual([action for action in READS_OR_RUNS if self.allows(action)], [])

    def test_only_one_environment_of_one_repository_may_take_it(self):
        statement = self.resources["Role"]["Properties"]["AssumeRolePolicyDocument"]["Statement"]
        self.assertEqual(len(statement), 1)
        equal = statement[0]["Condition"]["StringEquals"]
        self.assertEqual(equal["token.actions.githubusercontent.com:sub"], {"Fn::Sub": "repo:${Repository}:environment:${Stage}"})
        self.assertEqual(equal["token.actions.githubusercontent.com:aud"], "sts.amazonaws.com")

    def test_its_policies_fit(self):
        self.assertTrue(all(size < MOST_CHARACTERS for size in self.sizes), self.sizes)


if __name__ == "__main__":
    unittest.main()
