"""What has to hold of money: every unit that the provider took ends on an order that is paid for, went back, or had a person called. Pure."""

from collections.abc import Iterator
from typing import Any

from stack.campaign.books import Books, by_order
from stack.campaign.history import History, Outcome

# An order in one of these has its goods, so it may keep its money.
PAID = frozenset({"paid", "confirmed", "shipped", "delivered"})
# The provider's words for money that came, and for money that is only held.
TAKEN, HELD = "succeeded", "waiting_for_capture"


def violations(books: Books, history: History) -> Iterator[str]:
    """Returns a sentence for every unit of money that is where it should not be."""
    seen = by_order(books)
    asked = requested(books)
    for order_id, order in books.orders.items():
        payments = seen.get(str(order["number"]), [])
        yield from _of_order(order_id, order, payments, asked.get(order_id, 0), books)
    known = {str(order["number"]) for order in books.orders.values()}
    for number, payments in seen.items():
        if number not in known:
            yield from (f"the provider has a payment {payment['id']} of the order {number}, which nobody has" for payment in payments if payment["status"] == TAKEN)
    yield from _ledger(books)
    yield from _refunds(history, books)


def requested(books: Books) -> dict[str, int]:
    """Returns what operators sent back of each order: refunds that are not owed by the shop itself."""
    found: dict[str, int] = {}
    for payment in books.payments.values():
        back = sum(refund["amount"] for refund in payment.get("refunds", []) if refund["cause"] == "requested" and refund["status"] in ("succeeded", "unknown"))
        found[payment["orderId"]] = found.get(payment["orderId"], 0) + back
    return found


def kept(payment: dict[str, Any]) -> int:
    """Returns what a payment at the provider took and did not send back, in minor units."""
    return payment["amount"] - payment["refunded"] if payment["status"] == TAKEN else 0


def _of_order(order_id: str, order: dict[str, Any], payments: list[dict[str, Any]], back: int, books: Books) -> Iterator[str]:
    mine = [payment["id"] for payment in books.payments.values() if payment["orderId"] == order_id]
    if any(each in books.called for each in mine):
        return
    total = sum(kept(payment) for payment in payments)
    due = order["totalAmount"] - back if order["status"] in PAID else 0
    if total != due:
        told = [(payment["id"], payment["status"], payment["amount"], payment["refunded"]) for payment in payments]
        yield f"order {order_id} ({order['number']}) is {order['status']} and costs {order['totalAmount']}, {back} went back on request, and the provider keeps {total}: {told}"
    yield from (f"order {order_id} is {order['status']}, and the provider still holds money of it: {payment['id']}" for payment in payments if payment["status"] == HELD)


def _ledger(books: Books) -> Iterator[str]:
    """The shop's ledger says of each payment what the provider says."""
    provider = {payment["id"]: payment for payment in books.provider.get("payments", [])}
    for payment_id, payment in books.payments.items():
        there = provider.get(payment.get("reference") or "")
        if payment_id in books.called or there is None or there["status"] != TAKEN:
            continue
        if payment.get("captured") != there["amount"]:
            yield f"payment {payment_id} is {payment['status']} with {payment.get('captured')} captured, and the provider took {there['amount']} ({there['id']})"
        back = sum(refund["amount"] for refund in payment.get("refunds", []) if refund["status"] in ("succeeded", "unknown"))
        if back != there["refunded"]:
            yield f"payment {payment_id} says that {back} went back, the provider {there['refunded']} ({there['id']})"
        if there["refunded"] > there["amount"]:
            yield f"payment {payment_id} sent back {there['refunded']} of {there['amount']}"


def _refunds(history: History, books: Books) -> Iterator[str]:
    """A refund that an operator was told of is there."""
    known = {refund["id"] for payment in books.payments.values() for refund in payment.get("refunds", [])}
    for deed in history.of("refund", Outcome.OK):
        if deed.told.get("refundId") not in known:
            yield f"refund {deed.told.get('refundId')} was answered, and no payment has it"
