"""Parsing of `parameter_overrides`, in every syntax that SAM takes."""

import unittest

from holdfast import settings
from holdfast.report import Failure


class Parse(unittest.TestCase):
    def test_pairs_with_a_quoted_space(self):
        text = 'Stage=dev EmailSender="Shop <shop@example.com>" CorsOrigins=https://a.example,https://b.example'
        expected = {"Stage": "dev", "EmailSender": "Shop <shop@example.com>", "CorsOrigins": "https://a.example,https://b.example"}
        self.assertEqual(settings.parse(text), expected)

    def test_cloudformation_syntax(self):
        text = 'ParameterKey=Stage,ParameterValue=dev ParameterKey=EmailSender,ParameterValue="Shop <shop@example.com>"'
        self.assertEqual(settings.parse(text), {"Stage": "dev", "EmailSender": "Shop <shop@example.com>"})

    def test_list_of_both_and_table(self):
        expected = {"Stage": "dev", "EmailSender": "Shop <a@b.c>"}
        self.assertEqual(settings.parse(["Stage=dev", 'ParameterKey=EmailSender,ParameterValue="Shop <a@b.c>"']), expected)
        self.assertEqual(settings.parse({"Stage": "dev", "EmailSender": "Shop <a@b.c>"}), expected)

    def test_value_with_equals_sign_and_empty_value(self):
        self.assertEqual(settings.parse('PaymentReturnUrl=https://a.example/?n={number}&x=1 EmailSender=""')["EmailSender"], "")
        self.assertEqual(settings.parse("A=https://a.example/?n=1&x=2"), {"A": "https://a.example/?n=1&x=2"})

    def test_nothing(self):
        self.assertEqual((settings.parse(""), settings.parse([])), ({}, {}))

    def test_text_that_sam_would_drop_is_refused(self):
        for text in ("EmailSender=Shop <shop@example.com>", "Stage=dev oops", "ParameterKey=Stage,ParameterValue=dev Architecture=arm64"):
            with self.subTest(text), self.assertRaisesRegex(Failure, "belongs to no parameter"):
                settings.parse(text)

    def test_text_that_is_no_parameter_is_refused(self):
        with self.assertRaisesRegex(Failure, "parameter_overrides in samconfig.toml"):
            settings.parse("nonsense")


class Written(unittest.TestCase):
    def test_values_come_back_unchanged(self):
        values = {"A": 'Shop "x" <a@b.c>', "B": "", "C": "a,b c", "D": "it's", "E": "^(a|b)$", "F": "Магазин <a@b.c>", "G": "https://a/?b=c&d=e"}
        self.assertEqual(settings.parse(settings.written(values)), values)

    def test_value_that_sam_would_change_is_refused(self):
        with self.assertRaisesRegex(Failure, "A"):
            settings.written({"A": "back\\ slash"})


class Samconfig(unittest.TestCase):
    def test_every_stage_is_read(self):
        for stage in ("local", "dev", "prod"):
            self.assertIn("CAPABILITY_AUTO_EXPAND", settings.of(stage)["capabilities"])
        self.assertEqual(settings.stack(settings.of("prod"), "prod"), "holdfast-prod")

    def test_missing_stage_is_named(self):
        with self.assertRaisesRegex(Failure, r"\[qa\.deploy\.parameters\]"):
            settings.of("qa")
