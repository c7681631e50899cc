"""Parameters against the template: constraints, pairs, and what the stage prod needs."""

import re
import unittest

from holdfast import parameters, release, settings
from holdfast.project import ROOT
from holdfast.report import Failure

TEMPLATE = parameters.load()
YOOKASSA = {"PaymentProvider": "yookassa", "YooKassaSecretArn": "arn:aws:secretsmanager:eu-central-1:111122223333:secret:x"}
EMAIL = {"EmailSender": "Shop <shop@example.com>", "EmailSenderIdentity": "example.com"}
ALARMS = {"AlarmTopicArn": "arn:aws:sns:eu-central-1:111122223333:alarms"}


def faults(stage="dev", **given):
    return TEMPLATE.faults(stage, given)


class Readme(unittest.TestCase):
    def test_it_lists_every_parameter(self):
        rows = [line.split("|")[1] for line in (ROOT / "README.md").read_text().splitlines() if line.startswith("| `")]
        listed = {name for row in rows for name in re.findall(r"`(\w+)`", row)}
        self.assertEqual(listed, set(TEMPLATE.parameters))


class Constraints(unittest.TestCase):
    def test_none_given_is_fine_in_dev(self):
        self.assertEqual(faults(), [])

    def test_each_fault_is_named(self):
        found = faults(Nope="1", PaymentProvider="cash", PaymentWindowSeconds="0", AlarmTopicArn="alarms", TokenPublicKeys="x", ProtectTables="true")
        for name in (
            "Nope is no parameter",
            "PaymentProvider is 'cash'",
            "PaymentWindowSeconds is 0",
            "AlarmTopicArn is 'alarms'",
            "TokenPublicKeys is set by",
            "ProtectTables is set by",
        ):
            self.assertTrue(any(name in fault for fault in found), (name, found))

    def test_number_has_to_be_one(self):
        self.assertEqual(faults(PaymentWindowSeconds="soon"), ["PaymentWindowSeconds is 'soon': a number is needed"])
        self.assertEqual(len(faults(PaymentWindowSeconds="nan")), 1)

    def test_merchant(self):
        good = {
            "MerchantName": ["Tea", "Чай & Co", "a" * 40],
            "MerchantAddress": ["", "ул. Тверская, 1, Москва"],
            "SupportContact": ["", "help@tea.example", "+7 (495) 123-45-67", "https://tea.example/help"],
            "MerchantTimeZone": ["UTC", "Europe/Moscow", "Etc/GMT+3", "America/Argentina/Buenos_Aires"],
            "OrderPageUrl": ["", "https://tea.example/orders/{number}?from=mail"],
        }
        bad = {
            "MerchantName": ["", " ", " Tea", "Tea\nCo", "a" * 41],
            "MerchantAddress": ["a\nb", "a" * 201],
            "SupportContact": ["call us", "javascript:alert(1)", "help @tea.example"],
            "MerchantTimeZone": ["", "+03:00", "Europe/", "Europe Moscow"],
            "OrderPageUrl": ["https://tea.example/orders", "http://tea.example/{number}", "https://tea.example/ {number}"],
        }
        for name, values in good.items():
            for value in values:
                self.assertEqual(faults(**{name: value}), [], value)
        for name, values in bad.items():
            for value in values:
                self.assertIn(f"{name} is {value!r}", "".join(faults(**{name: value})))

    def test_stage_of_another_section(self):
        self.assertEqual(faults("prod", Stage="dev")[0], "Stage is 'dev' in the section of the stage prod")

    def test_required_parameter_without_value(self):
        template = parameters.Template({"Size": {"Type": "String"}, "Stage": {"Type": "String"}}, {})
        self.assertEqual(template.faults("dev", {}), ["Size has no value and no default"])

    def test_what_is_not_given_has_its_default(self):
        values = TEMPLATE.complete({"Stage": "dev"})
        self.assertEqual((values["PaymentWindowSeconds"], values["EmailSender"], values["ProtectTables"]), ("600", "", "false"))
        self.assertEqual(set(TEMPLATE.parameters) - set(values), {"TokenPublicKeys", "TokenSigningSecretArn"})


class Rules(unittest.TestCase):
    def test_pairs(self):
        self.assertRegex(faults(PaymentProvider="yookassa")[0], "needs YooKassaSecretArn")
        self.assertRegex(faults(EmailSender="a@b.c")[0], "needs EmailSenderIdentity")
        self.assertRegex(faults(EmailSenderIdentity="b.c")[0], "needs EmailSender")
        self.assertEqual(faults(**YOOKASSA, **EMAIL), [])

    def test_prod_names_all_three(self):
        self.assertEqual([fault.split(",")[0].split(" needs ")[0] for fault in faults("prod")], ["Stage=prod"] * 3)

    def test_prod_with_everything(self):
        self.assertEqual(faults("prod", **YOOKASSA, **EMAIL, **ALARMS), [])

    def test_prod_where_each_lack_is_meant(self):
        meant = {"AllowSandboxInProd": "true", "AllowNoAlarmTopicInProd": "true", "AllowEmailTopicInProd": "true"}
        self.assertEqual(faults("prod", **meant), [])
        for name in meant:
            self.assertRegex("".join(faults("prod", **{**meant, name: "false"})), name)

    def test_unknown_function_is_no_silent_pass(self):
        with self.assertRaises(ValueError):
            parameters.broken({"A": {"Assertions": [{"Assert": {"Fn::EachMemberIn": [["a"], ["b"]]}}]}}, {})


class Samconfig(unittest.TestCase):
    def test_dev_can_be_deployed_as_it_is(self):
        self.assertEqual(release.planned("dev", settings.of("dev"))["Stage"], "dev")

    def test_prod_as_shipped_is_refused(self):
        with self.assertRaisesRegex(Failure, "AllowSandboxInProd"):
            release.planned("prod", settings.of("prod"))
