"""Transforming a tree of templates that is made here."""

import tempfile
import unittest
from pathlib import Path

from holdfast.report import Failure
from stack import transformed

ROOT_TEMPLATE = """
AWSTemplateFormatVersion: "2010-09-09"
Transform: AWS::Serverless-2016-10-31
Parameters:
  Origin: {Type: String, Default: "https://shop.example"}
Resources:
  Data:
    Type: AWS::CloudFormation::Stack
    Properties: {TemplateURL: shared/data.yaml}
  Orders:
    Type: AWS::Serverless::Application
    Properties:
      Location: orders/template.yaml
      Parameters: {Table: !GetAtt Data.Outputs.Table}
  Elsewhere:
    Type: AWS::CloudFormation::Stack
    Properties: {TemplateURL: "https://s3.amazonaws.com/bucket/key"}
  Api:
    Type: AWS::Serverless::HttpApi
    Properties:
      CorsConfiguration: {AllowOrigins: [!Ref Origin]}
      DefinitionBody:
        Fn::Transform: {Name: AWS::Include, Parameters: {Location: api.yaml}}
"""
DATA_TEMPLATE = """
Resources:
  Table: {Type: AWS::DynamoDB::Table, Properties: {TableName: !Sub "${AWS::StackName}-t"}}
Outputs:
  Table: {Value: !Ref Table}
"""
ORDERS_TEMPLATE = """
Transform: AWS::Serverless-2016-10-31
Parameters:
  Table: {Type: String}
Resources:
  Queues:
    Type: AWS::CloudFormation::Stack
    Properties: {TemplateURL: queues.yaml}
  GetOrder:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: ../target/lambda/get-order/
      Handler: bootstrap
      Runtime: provided.al2023
      Policies: [{DynamoDBReadPolicy: {TableName: !Ref Table}}]
"""
API_DOCUMENT = """
openapi: 3.0.1
info: {title: !Sub "${AWS::StackName}", version: "1"}
paths: {/orders: {get: {responses: {"200": {description: ok}}}}}
"""
TREE = {
    "template.yaml": ROOT_TEMPLATE,
    "shared/data.yaml": DATA_TEMPLATE,
    "orders/template.yaml": ORDERS_TEMPLATE,
    "orders/queues.yaml": "Resources: {Work: {Type: AWS::SQS::Queue}}",
    "api.yaml": API_DOCUMENT,
}


class Transformed(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.directory = Path(temporary.name)
        for name, text in TREE.items():
            self.write(name, text)

    def write(self, name: str, text: str) -> None:
        path = self.directory / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)

    def write_all(self) -> dict[str, dict]:
        return transformed.write_all(self.directory / "template.yaml", self.directory / "out")

    def refusal(self) -> str:
        with self.assertRaises(Failure) as refused:
            self.write_all()
        return refused.exception.cause

    def test_each_template_is_written_under_its_logical_id(self):
        (self.directory / "out").mkdir()
        (self.directory / "out" / "Former.json").touch()
        templates = self.write_all()
        names = {"root", "Data", "Orders", "Orders.Queues"}
        self.assertEqual(names, set(templates))
        self.assertEqual({f"{name}.json" for name in names}, {path.name for path in (self.directory / "out").iterdir()})

    def test_nested_stacks_name_the_written_files_and_remote_ones_stay(self):
        templates = self.write_all()
        resources = templates["root"]["Resources"]
        self.assertEqual("Data.json", resources["Data"]["Properties"]["TemplateURL"])
        self.assertEqual("AWS::CloudFormation::Stack", resources["Orders"]["Type"])
        self.assertEqual("Orders.json", resources["Orders"]["Properties"]["TemplateURL"])
        self.assertEqual("https://s3.amazonaws.com/bucket/key", resources["Elsewhere"]["Properties"]["TemplateURL"])
        self.assertEqual("Orders.Queues.json", templates["Orders"]["Resources"]["Queues"]["Properties"]["TemplateURL"])

    def test_functions_get_their_roles_and_short_tags_are_read(self):
        templates = self.write_all()
        self.assertIn("GetOrderRole", templates["Orders"]["Resources"])
        self.assertEqual({"Fn::GetAtt": ["Data", "Outputs.Table"]}, templates["root"]["Resources"]["Orders"]["Properties"]["Parameters"]["Table"])
        self.assertEqual({"Fn::Sub": "${AWS::StackName}-t"}, templates["Data"]["Resources"]["Table"]["Properties"]["TableName"])

    def test_parameters_are_left_to_cloudformation_with_their_defaults(self):
        root = self.write_all()["root"]
        self.assertEqual("https://shop.example", root["Parameters"]["Origin"]["Default"])
        cors = root["Resources"]["Api"]["Properties"]["Body"]["x-amazon-apigateway-cors"]
        self.assertEqual([{"Ref": "Origin"}], cors["allowOrigins"])

    def test_an_included_document_is_put_in_its_place(self):
        body = self.write_all()["root"]["Resources"]["Api"]["Properties"]["Body"]
        self.assertEqual({"Fn::Sub": "${AWS::StackName}"}, body["info"]["title"])
        self.assertIn("/orders", body["paths"])

    def test_a_missing_template_is_named(self):
        (self.directory / "shared" / "data.yaml").unlink()
        self.assertRegex(self.refusal(), r"there is no template .*shared/data\.yaml")

    def test_a_broken_template_is_named(self):
        self.write("shared/data.yaml", "Resources: {")
        self.assertRegex(self.refusal(), r"shared/data\.yaml cannot be read")
        self.write("shared/data.yaml", "- 1")
        self.assertRegex(self.refusal(), r"shared/data\.yaml is no template")

    def test_a_template_that_nests_itself_is_refused(self):
        self.write("orders/queues.yaml", "Resources: {Again: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: template.yaml}}}")
        self.assertIn("nests itself", self.refusal())

    def test_what_sam_refuses_is_named_with_its_template(self):
        self.write("orders/queues.yaml", "{Transform: AWS::Serverless-2016-10-31, Resources: {F: {Type: AWS::Serverless::Function, Properties: {Runtime: x}}}}")
        self.assertRegex(self.refusal(), r"SAM refuses .*orders/queues\.yaml:\n.*\[F\]")
