"""The campaign's rules: that they find what is wrong, and nothing where all is right."""

import copy
import json
import unittest

from stack.campaign import checks, contention, faults, linear, money, protocol, proxy
from stack.campaign.faults import Fault
from stack.campaign.history import History, Outcome
from stack.campaign.lag import Index
from stack.campaign.linear import Effect
from stack.campaign.protocol import AwsRequest
from stack.campaign.randomness import CERTAIN, Random
from stack.campaign.snapshot import Snapshot, alerted

SKU, ORDER, PAYMENT, RESERVATION = "C-1", "o-1", "p-1", "r-1"
OPENING = {SKU: 5}


def event(kind: str, aggregate: str, sequence: int, **data: object) -> dict:
    return {"id": f"{aggregate}/{sequence}", "type": kind, "sequence": sequence, "data": data}


def paid() -> Snapshot:
    """The snapshot after one order for two pieces was paid."""
    stock = f"stock/{SKU}/msk-1"
    snapshot = Snapshot(now="2026-11-29T12:00:00.000Z")
    snapshot.journal = {
        stock: [event("stock.stock_changed", stock, 1, available=5)],
        f"order/{ORDER}": [event("orders.order_placed", f"order/{ORDER}", 1), event("orders.order_paid", f"order/{ORDER}", 2)],
        f"payment/{PAYMENT}": [event("payments.payment_started", f"payment/{PAYMENT}", 1)],
    }
    snapshot.orders = {
        ORDER: {
            "id": ORDER,
            "number": 7,
            "status": "paid",
            "version": 2,
            "totalAmount": 200,
            "reservationId": RESERVATION,
            "lines": [{"sku": SKU, "quantity": 2}],
            "shippingAddress": {"street": "s-1"},
        }
    }
    snapshot.numbers = {"7"}
    snapshot.payments = {PAYMENT: {"id": PAYMENT, "orderId": ORDER, "status": "succeeded", "amount": 200, "captured": 200, "reference": "y-1", "refunds": []}}
    snapshot.reservations = {RESERVATION: {"status": "confirmed", "takes": [{"sku": SKU, "place": {"warehouse": "msk-1", "lane": 0}, "quantity": 2}]}}
    snapshot.rows = {SKU: {"msk-1#000": {"available": 3, "reserved": 0}}}
    snapshot.provider = {"payments": [{"id": "y-1", "status": "succeeded", "amount": 200, "refunded": 0, "metadata": {"order_number": "7"}}]}
    snapshot.received = {each["id"] for events in snapshot.journal.values() for each in events}
    return snapshot


def told() -> History:
    """Returns the responses that the customer of that order received."""
    history = History()
    operation = history.begin("anna", "order", lines={SKU: 2}, street="s-1", key="k")
    operation.began, operation.ended, operation.outcome, operation.response = 1.0, 2.0, Outcome.OK, {"orderId": ORDER}
    operation.answers = [operation.response]
    return history


class Rules(unittest.TestCase):
    def setUp(self) -> None:
        self.snapshot, self.history = paid(), told()
        self.order, self.payment, self.there = self.snapshot.orders[ORDER], self.snapshot.payments[PAYMENT], self.snapshot.provider["payments"][0]

    def found(self) -> list[str]:
        return checks.violations(self.snapshot, self.history, OPENING)

    def assert_found(self, *parts: str) -> None:
        text = "\n".join(self.found())
        for part in parts:
            self.assertIn(part, text)

    def test_nothing_is_found_where_all_is_right(self) -> None:
        self.assertEqual(self.found(), [])

    def test_goods_that_are_lost_or_invented(self) -> None:
        self.snapshot.rows[SKU]["msk-1#000"]["available"] = 2
        self.assert_found("5 were added, 4 are accounted for")
        self.snapshot.rows[SKU]["msk-1#000"] = {"available": -1, "reserved": 4}
        self.assert_found("is negative")

    def test_a_history_with_a_gap_an_unlawful_move_or_another_end(self) -> None:
        happened = self.snapshot.journal[f"order/{ORDER}"]
        gap = happened.pop()
        self.assert_found("has version 2, and its history the sequences [1]")
        happened.append({**gap, "type": "orders.order_shipped"})
        self.assert_found("went from awaiting_payment to shipped")
        happened[-1] = {**gap, "type": "orders.order_canceled"}
        self.assert_found("is paid, and its history ends with cancelled")

    def test_one_wish_that_made_two_orders_and_one_key_that_named_two(self) -> None:
        self.snapshot.orders["o-2"] = copy.deepcopy({**self.order, "id": "o-2", "number": 8})
        self.history.operations[0].answers.append({"orderId": "o-2"})
        self.assert_found("2 orders were made by the request s-1", "was answered with the different ['o-1', 'o-2']")

    def test_an_order_that_somebody_was_told_of_and_nobody_has(self) -> None:
        self.history.operations[0].response = {"orderId": "o-9"}
        self.assert_found("acknowledged with the order o-9, which does not exist")

    def test_an_event_that_never_came_out_of_the_bus(self) -> None:
        self.snapshot.received.remove(f"order/{ORDER}/2")
        self.assert_found("orders.order_paid of order/o-1 (order/o-1/2) was never received")

    def test_what_waits_for_ever(self) -> None:
        self.order |= {"status": "awaiting_payment", "expiresAt": "2026-11-29T11:00:00.000Z"}
        self.assert_found("still awaits its payment")
        self.order["status"] = "cancelled"
        self.assert_found("is cancelled, and its reservation confirmed")
        self.payment["status"] = "pending"
        self.assert_found("pending although the order ended")
        self.snapshot.dead = {"PublisherDeadLetters": 2}
        self.assert_found("2 dead letters lie in PublisherDeadLetters")

    def test_money_that_is_kept_or_was_taken_twice(self) -> None:
        self.there["refunded"] = 50
        self.assert_found("the provider keeps 150", "has 0 refunded; the provider 50")
        self.there["refunded"] = 0
        self.snapshot.provider["payments"].append({**self.there, "id": "y-2"})
        self.assert_found("the provider keeps 400")
        self.snapshot.provider["payments"][1] |= {"status": "waiting_for_capture"}
        self.assert_found("still has an authorization: y-2")

    def test_money_of_an_order_that_is_over(self) -> None:
        self.order["status"] = "cancelled"
        self.assert_found("is cancelled and costs 200, 0 were refunded on request, and the provider keeps 200")

    def test_money_that_a_person_was_called_for_is_theirs(self) -> None:
        self.there["refunded"] = 50
        self.snapshot.alerted = alerted(f'{{"level":"ERROR","payment_id":"{PAYMENT}"}}\n') | {PAYMENT}
        self.assertEqual(list(money.violations(self.snapshot, self.history)), [])

    def test_a_refund_that_was_asked_for_lets_the_order_cost_less(self) -> None:
        self.payment["refunds"] = [{"id": "f-1", "amount": 50, "cause": "requested", "status": "succeeded"}]
        self.there["refunded"] = 50
        self.assertEqual(self.found(), [])

    def test_a_payment_of_an_order_that_nobody_has(self) -> None:
        self.there["metadata"]["order_number"] = "9"
        self.assert_found("of the order 9, which nobody has")


class Linearizability(unittest.TestCase):
    def test_the_last_unit_is_sold_once(self) -> None:
        self.assertIs(linear.search([Effect(-1, 0, 1), Effect(-1, 0, 1)], 1), False)

    def test_what_may_have_come_back_meanwhile_can_be_sold_again(self) -> None:
        self.assertIs(linear.search([Effect(-1, 0, 1), Effect(-1, 0, 1), Effect(1, 0, linear.NEVER)], 1), True)

    def test_a_refusal_is_true_at_some_moment_of_its_request(self) -> None:
        taken, given = Effect(-1, 0, 1), Effect(1, 4, 5)
        self.assertIs(linear.search([taken, given, Effect(0, 2, 3, fewer_than=1)], 1), True)
        self.assertIs(linear.search([taken, given, Effect(0, 6, 7, fewer_than=1)], 1), False)

    def test_a_search_that_would_take_too_long_says_so(self) -> None:
        many = [Effect(-1, 0, 1) for _ in range(22)]
        self.assertIsNone(linear.search([*many, Effect(0, 2, 3, fewer_than=1)], 30))

    def test_an_order_does_not_go_back_to_what_it_was(self) -> None:
        history, snapshot = History(), paid()
        for version, began in ((2, 0.0), (1, 2.0)):
            operation = history.begin("anna", "look", order=ORDER)
            operation.began, operation.ended, operation.outcome, operation.response = began, began + 1, Outcome.OK, {"version": version, "status": "paid"}
        self.assertIn("was seen at version 2, and later (look 2) at version 1", next(linear.orders(snapshot, history)))


def asked(operation: str, **body: object) -> AwsRequest:
    return AwsRequest("dynamodb", operation, dict(body))


def put(pk: str) -> dict:
    return {"Put": {"TableName": "t", "Item": {"PK": {"S": pk}, "SK": {"S": "s"}}}}


class Wire(unittest.TestCase):
    def test_each_service_is_known_by_its_protocol(self) -> None:
        def name(path: str, headers: dict[str, str], body: bytes) -> str:
            parsed = protocol.parse("POST", path, headers, body)
            assert parsed
            return parsed.name

        self.assertEqual(name("/", {"X-Amz-Target": "DynamoDB_20120810.PutItem"}, b"{}"), "dynamodb:PutItem")
        self.assertEqual(name("/", {"Content-Type": "application/x-www-form-urlencoded"}, b"Action=Publish&Version=2010-03-31"), "sns:Publish")
        self.assertEqual(name(protocol.SES_PATH, {}, b"{}"), "ses:SendEmail")
        self.assertIsNone(protocol.parse("GET", "/bucket/key", {}, b""))

    def test_a_fault_befalls_only_what_it_can_befall(self) -> None:
        self.assertFalse(faults.fits(Fault.CONFLICT, asked("GetItem")))
        self.assertFalse(faults.fits(Fault.IN_PROGRESS, asked("TransactWriteItems")))
        self.assertTrue(faults.fits(Fault.IN_PROGRESS, asked("TransactWriteItems", ClientRequestToken="t")))
        self.assertFalse(faults.fits(Fault.PARTIAL, asked("PutItem")))

    def test_the_same_seed_decides_the_same(self) -> None:
        first, again = Random(5), Random(5)
        again.chance("another kind of decision", 500)
        self.assertEqual([first.chance("a", 500) for _ in range(50)], [again.chance("a", 500) for _ in range(50)])
        self.assertTrue(first.chance("certain", CERTAIN))

    def test_a_transaction_under_way_refuses_who_meets_it(self) -> None:
        locks = contention.Locks()
        held = locks.take(asked("TransactWriteItems", TransactItems=[put("a"), put("b")]))
        met = locks.meets(asked("TransactWriteItems", TransactItems=[put("c"), put("b")]))
        assert met
        refused = json.loads(met.body)
        self.assertEqual([reason["Code"] for reason in refused["CancellationReasons"]], ["None", "TransactionConflict"])
        single = locks.meets(asked("UpdateItem", TableName="t", Key={"PK": {"S": "a"}, "SK": {"S": "s"}}))
        assert single
        self.assertIn("TransactionConflictException", json.loads(single.body)["__type"])
        self.assertIsNone(locks.meets(asked("GetItem", TableName="t", Key={"PK": {"S": "a"}, "SK": {"S": "s"}})))
        locks.release(held)
        self.assertIsNone(locks.meets(asked("TransactWriteItems", TransactItems=[put("b")])))

    def test_an_index_shows_what_it_showed_last(self) -> None:
        index, query = Index(), asked("Query", TableName="t", IndexName="ByLook")
        item = {"PK": {"S": "a"}, "SK": {"S": "s"}, "n": {"N": "1"}}
        index.saw(query, protocol.answer("dynamodb", {"Items": [item], "Count": 1}))
        index.wrote(asked("TransactWriteItems", TransactItems=[put("a"), put("b")]))
        now = [{**item, "n": {"N": "2"}}, {**item, "PK": {"S": "b"}}, {**item, "PK": {"S": "c"}}]
        behind = json.loads(index.behind(query, protocol.answer("dynamodb", {"Items": now, "Count": 3})).body)
        self.assertEqual([(each["PK"]["S"], each["n"]["N"]) for each in behind["Items"]], [("a", "1"), ("c", "1")])

    def test_a_part_of_a_batch_is_not_done_and_named(self) -> None:
        marks = iter([True, False, True])
        batch = AwsRequest("events", "PutEvents", {"Entries": [{"n": 1}, {"n": 2}, {"n": 3}]})
        kept, rest = proxy._split(batch, lambda: next(marks))
        self.assertEqual(kept, {"Entries": [{"n": 1}, {"n": 3}]})
        body = proxy._with_rest(batch, {"FailedEntryCount": 0, "Entries": [{"EventId": "1"}, {"EventId": "3"}]}, rest)
        self.assertEqual((body["FailedEntryCount"], [entry.get("EventId") for entry in body["Entries"]]), (1, ["1", None, "3"]))


if __name__ == "__main__":
    unittest.main()
