"""Restoring a stage: refusals before anything is changed, the parts of the run, and the tables that follow."""

import datetime
import json
import tempfile
import unittest
from pathlib import Path
from unittest import mock

from botocore.stub import ANY

from holdfast import audit, carry, lost, parameters, resources, restore, tables
from holdfast.report import Failure
from tests import stubbed

NOW = datetime.datetime(2026, 11, 29, 10, 30, tzinfo=datetime.timezone.utc)
AT, SINCE = "20261129T103000Z", "2026-11-29T10:15:00.000Z"
ORDER, PAYMENT, RESERVATION = (f"{digit}1111111-1111-4111-8111-111111111111" for digit in "123")
NAMES = {name: name.lower() for name in ("OrdersTable", "PaymentsTable", "StockTable", "JournalTable", "NotificationsTable", "WebhooksTable")}
WORLDS = carry.Tables(NAMES, {name: resources.restored_name(table, AT) for name, table in NAMES.items()})


def text(value):
    return {"S": str(value)}


def number(value):
    return {"N": str(value)}


def row(aggregate, sequence, kind="orders.order_paid", event_id="e-1"):
    event = {
        "id": text(event_id),
        "type": text(kind),
        "aggregateId": text(aggregate),
        "sequence": number(sequence),
        "occurredAt": text("2026-11-29T10:31:00.000Z"),
        "data": {"M": {"amount": number(7500), "gone": {"NULL": True}, "lines": {"L": []}}},
    }
    return {"PK": text(aggregate), "SK": text(f"{sequence:012}"), "event": {"M": event}}


class Stubbed(stubbed.Stubbed):
    def described(self, status="UPDATE_COMPLETE", **given):
        known = [{"ParameterKey": name, "ParameterValue": value} for name, value in given.items()]
        about = {"StackName": "holdfast-dev", "CreationTime": NOW, "StackStatus": status, "Parameters": known}
        self.asked.add_response("describe_stacks", {"Stacks": [about]}, {"StackName": "holdfast-dev"})

    def listed(self):
        found = [
            {"LogicalResourceId": name, "PhysicalResourceId": f"{name}-1", "ResourceType": resources.TABLE, "ResourceStatus": status, "LastUpdatedTimestamp": NOW}
            for name, status in (("OrdersTable", "CREATE_COMPLETE"), ("Old", "DELETE_COMPLETE"))
        ]
        self.asked.add_response("list_stack_resources", {"StackResourceSummaries": found}, {"StackName": "holdfast-dev"})

    def scanned(self, *items):
        self.kept.add_response("scan", {"Items": list(items)})

    def got(self, item=None):
        self.kept.add_response("get_item", {"Item": item} if item else {})

    def history(self, *rows):
        self.kept.add_response("query", {"Items": list(rows)})

    def done(self):
        self.asked.assert_no_pending_responses()
        self.kept.assert_no_pending_responses()


class Following(Stubbed):
    def test_tables_in_use_are_the_stacks_own_until_a_restore(self):
        self.listed()
        self.described(RestoredAt="")
        self.assertEqual(resources.live_tables(self.formation, "holdfast-dev"), {"OrdersTable": "OrdersTable-1"})

    def test_tables_in_use_are_the_restored_ones_afterwards(self):
        for _ in range(2):
            self.listed()
            self.described(RestoredAt=AT)
        self.assertEqual(resources.live_table(self.formation, "holdfast-dev", "OrdersTable"), f"OrdersTable-1-{AT}")
        with self.assertRaisesRegex(Failure, "no table CartsTable"):
            resources.live_table(self.formation, "holdfast-dev", "CartsTable")

    def test_a_stack_of_before_uses_its_own(self):
        self.described()
        self.assertEqual(resources.restored(self.formation, "holdfast-dev"), {"RestoredAt": "", "RestoredJournalStream": "", "RestoredStockStream": ""})

    def test_a_name_that_dynamodb_would_refuse(self):
        self.assertEqual(len(resources.restored_name("x" * 238, AT)), 255)
        with self.assertRaisesRegex(Failure, "256 characters"):
            resources.restored_name("x" * 239, AT)

    def test_samconfig_cannot_set_what_restore_sets(self):
        template = parameters.load()
        self.assertIn("RestoredAt is set by `make restore`: remove it", template.faults("dev", {"RestoredAt": AT}))
        arn = "arn:aws:dynamodb:eu-central-1:111122223333:table/t/stream/s"
        self.assertTrue(parameters.broken(template.rules, template.complete({"Stage": "dev", "RestoredAt": AT, "RestoredStockStream": arn})))
        self.assertEqual(parameters.broken(template.rules, template.complete({"Stage": "dev", "RestoredAt": AT, "RestoredStockStream": arn, "RestoredJournalStream": arn})), [])


class Refused(Stubbed):
    def test_a_time_is_a_whole_second(self):
        self.assertEqual(restore.whole_second("2026-11-29T10:30:00Z"), NOW)
        self.assertEqual(restore.whole_second("2026-11-29T13:30:00+03:00"), NOW)
        for wrong in ("2026-11-29T10:30:00.5Z", "yesterday", ""):
            self.assertRaises(Failure, restore.whole_second, wrong)

    def test_a_stack_that_could_not_be_switched_over(self):
        with mock.patch("holdfast.deploy.describe", return_value=None), self.assertRaisesRegex(Failure, "not there"):
            restore._refuse_unfit(self.stage)
        with mock.patch("holdfast.deploy.describe", return_value={"StackStatus": "UPDATE_IN_PROGRESS"}), self.assertRaisesRegex(Failure, "UPDATE_IN_PROGRESS"):
            restore._refuse_unfit(self.stage)
        with mock.patch("holdfast.deploy.describe", return_value={"StackStatus": "UPDATE_COMPLETE"}), self.assertRaisesRegex(Failure, "knows no restored tables"):
            restore._refuse_unfit(self.stage)

    def test_copies_that_may_have_been_used(self):
        plans = [tables.Plan("OrdersTable", "orders", f"orders-{AT}", True), tables.Plan("StockTable", "stock", f"stock-{AT}", False)]
        for record in ({}, {"mappings": []}, {restore.RESTORING: "20261129T103001Z"}):
            with mock.patch("holdfast.pause.recorded", return_value=record), self.assertRaisesRegex(Failure, f"orders-{AT} exist already"):
                restore._refuse_used(self.stage, plans, NOW)
        with mock.patch("holdfast.pause.recorded", return_value={restore.RESTORING: AT}):
            restore._refuse_used(self.stage, plans, NOW)
        restore._refuse_used(self.stage, plans[1:], NOW)

    def test_tables_that_do_not_fit_stop_the_run_unless_that_is_accepted(self):
        with mock.patch("holdfast.audit.faults", return_value=["order 1 is torn"]):
            with self.assertRaises(Failure) as caught:
                restore._audit(self.dynamodb, {}, SINCE, yes=False)
            restore._audit(self.dynamodb, {}, SINCE, yes=True)
        self.assertIn("YES=1", caught.exception.advice)
        self.assertIn("order 1 is torn", self.said.getvalue())

    def test_without_the_tables_in_use_nothing_is_carried_over_and_that_is_said(self):
        for _ in NAMES:
            self.kept.add_client_error("describe_table", "ResourceNotFoundException")
        self.scanned()
        restore._carry(self.dynamodb, WORLDS, SINCE, NOW, Path("never"))
        self.assertIn("may be sent again", self.said.getvalue())
        self.done()


class Carried(Stubbed):
    def test_messages_go_with_their_history_and_replace_nothing_newer(self):
        message = {"PK": text("NOTIFICATION#n"), "SK": text("NOTIFICATION"), "status": text("sent"), "version": number(1)}
        self.scanned(message, {**message, "PK": text("NOTIFICATION#m")})
        self.kept.add_response(
            "put_item", {}, {"TableName": f"notificationstable-{AT}", "Item": message, "ConditionExpression": ANY, "ExpressionAttributeValues": {":version": number(1)}}
        )
        self.history(row("notification/n", 1))
        self.kept.add_response("put_item", {}, {"TableName": f"journaltable-{AT}", "Item": row("notification/n", 1), "ConditionExpression": "attribute_not_exists(PK)"})
        self.kept.add_client_error("put_item", "ConditionalCheckFailedException")
        self.history()
        self.assertEqual(carry.messages(self.dynamodb, WORLDS, SINCE), 1)
        self.done()

    def test_a_delivery_goes_only_with_its_event(self):
        def delivery(sequence, subject="subject"):
            body = {subject: f"order/{ORDER}", "sequence": sequence}
            return {"PK": text(f"DELIVERY#{sequence}"), "SK": text("DELIVERY"), "body": text(json.dumps(body))}

        older = delivery(3, "aggregateId")
        self.scanned(delivery(1), delivery(2), older)
        key = {"PK": text(f"order/{ORDER}"), "SK": text("000000000001")}
        self.kept.add_response("get_item", {"Item": key}, {"TableName": f"journaltable-{AT}", "Key": key, "ProjectionExpression": "PK"})
        self.kept.add_response("put_item", {})
        self.got()
        self.got({"PK": key["PK"]})
        self.kept.add_response("put_item", {})
        self.assertEqual(carry.deliveries(self.dynamodb, WORLDS, SINCE), 2)
        self.done()

    def test_every_open_payment_becomes_due(self):
        entry = {"PK": text(f"PAYMENT#{PAYMENT}"), "SK": text("PAYMENT")}
        self.kept.add_response("scan", {"Items": [{**entry, "lookKey": text("2026-11-29T11:00:00.000Z")}]}, {"TableName": "payments", "IndexName": "ByLook"})
        self.kept.add_response(
            "update_item",
            {},
            {
                "TableName": "payments",
                "Key": entry,
                "UpdateExpression": ANY,
                "ExpressionAttributeNames": {"#next": "next"},
                "ExpressionAttributeValues": {":at": text("2026-11-29T10:30:00.000Z")},
            },
        )
        self.assertEqual(carry.open_payments(self.dynamodb, "payments", "2026-11-29T10:30:00.000Z"), 1)
        self.done()

    def test_what_is_lost_is_listed_with_what_the_customer_was_sent(self):
        self.scanned({"PK": text("NOTIFICATION#n"), "eventId": text("e-1"), "channel": text("email"), "status": text("sent")})
        kept, gone = row(f"order/{ORDER}", 1), row(f"payment/{PAYMENT}", 2, "payments.payment_succeeded")
        self.scanned(kept, gone)
        target = f"journaltable-{AT}"
        self.kept.add_response("batch_get_item", {"Responses": {target: [kept]}, "UnprocessedKeys": {target: {"Keys": [{name: gone[name] for name in ("PK", "SK")}]}}})
        self.kept.add_response("batch_get_item", {"Responses": {}})
        with tempfile.TemporaryDirectory() as directory:
            path = Path(directory) / "new" / "lost.ndjson"
            events = lost.write(self.dynamodb, WORLDS, SINCE, path)
            line, = path.read_text().splitlines()
            lost.show(events, path)
        self.assertEqual((json.loads(line)["sequence"], json.loads(line)["customerWasSent"], json.loads(line)["data"]), (2, ["email"], {"amount": 7500, "gone": None, "lines": []}))
        self.assertIn("1 payments took money", self.said.getvalue())
        self.done()


class Audited(Stubbed):
    ORDER_ITEM = {"id": text(ORDER), "status": text("paid"), "version": number(2), "reservationId": text(RESERVATION), "payment": {"M": {"paymentId": text(PAYMENT)}}}
    PAYMENT_ITEM = {"id": text(PAYMENT), "orderId": text(ORDER), "version": number(1)}

    def stock(self, reserved):
        take = {"M": {"sku": text("1001"), "quantity": number(2), "place": {"M": {"warehouse": text("msk-1"), "lane": number(0)}}}}
        self.scanned(
            {"PK": text("SKU#1001"), "SK": text("LOC#msk-1#000"), "available": number(5), "reserved": number(reserved)},
            {"PK": text("RESERVATION#a"), "SK": text("RESERVATION"), "status": text("reserved"), "takes": {"L": [take]}},
            {"PK": text("RESERVATION#b"), "SK": text("RESERVATION"), "status": text("released"), "takes": {"L": [take]}},
        )

    def books(self, reservation="confirmed", order_rows=2, journal=2):
        """An order with its reservation, payment and history, of which one part may be of another moment."""
        self.stock(2)
        self.scanned(self.ORDER_ITEM)
        self.got({"status": text(reservation)} if reservation else None)
        self.got(self.PAYMENT_ITEM)
        self.history(*(row(f"order/{ORDER}", each) for each in range(1, order_rows + 1)))
        self.scanned(self.PAYMENT_ITEM)
        self.history(row(f"payment/{PAYMENT}", 1))
        self.scanned(row(f"order/{ORDER}", journal), row("product/1001", 9))
        self.got(self.ORDER_ITEM)

    def faults(self):
        found = audit.faults(self.dynamodb, NAMES, SINCE)
        self.done()
        return found

    def test_books_that_fit(self):
        self.books()
        self.assertEqual(self.faults(), [])

    def test_a_reservation_of_another_moment(self):
        self.books(reservation="reserved")
        self.assertEqual(self.faults(), [f"order {ORDER} is paid, its reservation {RESERVATION} reserved"])
        self.books(reservation=None)
        self.assertEqual(self.faults(), [f"order {ORDER} is paid, its reservation {RESERVATION} missing"])

    def test_a_history_of_another_moment(self):
        self.books(order_rows=1)
        self.assertEqual(self.faults(), [f"order/{ORDER} has version 2, and its history 1 rows up to 1"])
        self.books(journal=3)
        self.assertEqual(self.faults(), [f"order/{ORDER} has a history up to 3, and its item version 2"])

    def test_a_row_that_sets_aside_what_no_reservation_took(self):
        self.stock(1)
        for _ in range(3):
            self.scanned()
        self.assertEqual(self.faults(), ["SKU#1001 LOC#msk-1#000 sets 1 aside, and live reservations 2"])


if __name__ == "__main__":
    unittest.main()
