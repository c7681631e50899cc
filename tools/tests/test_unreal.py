"""The list of what is not real yet."""

import unittest

from holdfast.unreal import Sandboxes, listed

REAL = {
    "PaymentProvider": "yookassa",
    "AlarmTopicArn": "arn:aws:sns:eu-central-1:111122223333:alarms",
    "EmailSender": "a@b.c",
    "PublicBaseUrl": "https://api.example.com",
}


def topics(parameters, account):
    return [each.partition(":")[0] for each in listed(parameters, account)]


class Listed(unittest.TestCase):
    def test_nothing_is_real_by_default(self):
        self.assertEqual(topics({}, Sandboxes(sms=True, email=True)), ["Payments", "Alarms", "Email", "SMS", "Domain"])

    def test_everything_real(self):
        self.assertEqual(topics(REAL, Sandboxes(sms=False, email=False)), [])

    def test_sandboxes_of_the_account(self):
        self.assertEqual(topics(REAL, Sandboxes(sms=True, email=True)), ["Email", "SMS"])

    def test_state_that_could_not_be_read_is_said(self):
        self.assertTrue(all("could not be read" in each for each in listed(REAL, Sandboxes())))
