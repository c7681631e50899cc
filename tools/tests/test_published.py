"""New versions of the functions with an alias, and the hash of a login by which it is found in the log."""

import unittest
from datetime import datetime, timezone

import boto3
from botocore.stub import Stubber

from holdfast import failed_logins, published
from holdfast.report import Failure

ARN = "arn:aws:secretsmanager:eu-central-1:111122223333:secret:holdfast-prod/yookassa-AbCdEf"


def described(status="UPDATE_COMPLETE", **parameters):
    listed = [{"ParameterKey": name, "ParameterValue": value} for name, value in parameters.items()]
    return {"StackStatus": status, "LastUpdatedTime": datetime(2026, 3, 3, tzinfo=timezone.utc), "Parameters": listed}


class ChangedParameters(unittest.TestCase):
    def test_what_a_version_has_in_it_publishes_a_new_one(self):
        stack = described(Release="0" * 10, TokenPublicKeys="a", RestoredAt="")
        hashes = {published.changed(stack, changed) for changed in ({"TokenPublicKeys": "b"}, {"TokenPublicKeys": "c"}, {"RestoredAt": "20261129T103000Z"})}
        self.assertEqual(len(hashes), 3)
        self.assertTrue(all(len(each) == 64 for each in hashes))

    def test_what_it_has_not_publishes_none(self):
        stack = described(Release="0" * 10)
        for changed in ({"ProtectTables": "true"}, {"MessageLinkOrigins": "x"}, {"Commit": "4f2a"}, {"AlarmTopicArn": "arn:x"}, {"Canary": "false"}, {"MoneyPathConcurrency": "5"}):
            self.assertEqual(published.changed(stack, changed), "", changed)

    def test_a_stack_of_before_has_no_such_parameter(self):
        self.assertEqual(published.changed(described(TokenPublicKeys="a"), {"TokenPublicKeys": "b"}), "")

    def test_an_attempt_after_a_rollback_is_another(self):
        changed = {"TokenPublicKeys": "b"}
        first = published.changed(described(Release="0" * 10), changed)
        self.assertNotEqual(published.changed(described("UPDATE_ROLLBACK_COMPLETE", Release="0" * 10), changed), first)


class SecretVersions(unittest.TestCase):
    def setUp(self):
        self.secrets = boto3.client("secretsmanager", region_name="eu-central-1", aws_access_key_id="x", aws_secret_access_key="y")
        self.asked = Stubber(self.secrets)
        self.asked.activate()

    def test_the_current_version_counts(self):
        self.asked.add_response("describe_secret", {"VersionIdsToStages": {"1" * 32: ["AWSPREVIOUS"], "2" * 32: ["AWSCURRENT"]}}, {"SecretId": ARN})
        self.assertEqual(published._version(self.secrets, ARN), "2" * 32)

    def test_without_the_right_to_look_it_is_left_out(self):
        self.asked.add_client_error("describe_secret", "AccessDeniedException")
        self.assertEqual(published._version(self.secrets, ARN), "")

    def test_without_a_secret_nobody_is_asked(self):
        self.assertEqual(published._version(self.secrets, ""), "")


class Logins(unittest.TestCase):
    def test_the_hash_is_the_functions(self):
        # As functions/identity/src/audit.rs has it.
        key = "0123456789abcdef0123456789abcdef"
        self.assertEqual(failed_logins.hashed(key, " Anna@Example.com "), HASH)

    def test_a_number_is_written_as_the_functions_write_it(self):
        for typed in ("+79991234567", "+7 (999) 123-45-67", " +7 999 123 45 67 "):
            self.assertEqual(failed_logins.written(typed), "phone:+79991234567")

    def test_a_number_without_its_country_is_refused_and_not_searched_for_in_vain(self):
        for typed in ("8 999 123-45-67", "9991234567", "anna", "+7"):
            with self.assertRaises(Failure):
                failed_logins.written(typed)


HASH = "88f35648a7385e4dc3061a20b6a4aa09"


if __name__ == "__main__":
    unittest.main()
