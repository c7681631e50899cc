"""Invariants of money: every captured unit pays for an order, is refunded, or has called an operator. Pure."""

from collections.abc import Iterator
from typing import Any

from stack.campaign.history import History, Outcome
from stack.campaign.snapshot import Snapshot, by_order

# Statuses of orders that keep their money.
PAID = frozenset({"paid", "confirmed", "shipped", "delivered"})
# The provider's statuses of captured and of authorized payments.
TAKEN, HELD = "succeeded", "waiting_for_capture"


def violations(snapshot: Snapshot, history: History) -> Iterator[str]:
    """Yields a sentence for each violation."""
    at_provider = by_order(snapshot)
    refunded = requested(snapshot)
    for order_id, order in snapshot.orders.items():
        payments = at_provider.get(str(order["number"]), [])
        yield from _of_order(order_id, order, payments, refunded.get(order_id, 0), snapshot)
    for number, payments in at_provider.items():
        if number not in snapshot.numbers:
            yield from (f"the provider has a payment {payment['id']} of the order {number}, which nobody has" for payment in payments if payment["status"] == TAKEN)
    yield from _ledger(snapshot)
    yield from _refunds(history, snapshot)


def requested(snapshot: Snapshot) -> dict[str, int]:
    """Returns by order what operators refunded on request, as opposed to refunds that the system owes."""
    found: dict[str, int] = {}
    for payment in snapshot.payments.values():
        back = sum(refund["amount"] for refund in payment.get("refunds", []) if refund["cause"] == "requested" and refund["status"] in ("succeeded", "unknown"))
        found[payment["orderId"]] = found.get(payment["orderId"], 0) + back
    return found


def kept(payment: dict[str, Any]) -> int:
    """Returns what the provider captured and did not refund, in minor units."""
    return payment["amount"] - payment["refunded"] if payment["status"] == TAKEN else 0


def _of_order(order_id: str, order: dict[str, Any], payments: list[dict[str, Any]], back: int, snapshot: Snapshot) -> Iterator[str]:
    mine = [payment["id"] for payment in snapshot.payments.values() if payment["orderId"] == order_id]
    if any(each in snapshot.alerted for each in mine):
        return
    total = sum(kept(payment) for payment in payments)
    due = order["totalAmount"] - back if order["status"] in PAID else 0
    if total != due:
        amounts = [(payment["id"], payment["status"], payment["amount"], payment["refunded"]) for payment in payments]
        said = f"order {order_id} ({order['number']}) is {order['status']} and costs {order['totalAmount']}"
        yield f"{said}, {back} were refunded on request, and the provider keeps {total}: {amounts}"
    yield from (f"order {order_id} is {order['status']}, and the provider still has an authorization: {payment['id']}" for payment in payments if payment["status"] == HELD)


def _ledger(snapshot: Snapshot) -> Iterator[str]:
    """Captured and refunded amounts are those of the provider."""
    provider = {payment["id"]: payment for payment in snapshot.provider.get("payments", [])}
    for payment_id, payment in snapshot.payments.items():
        there = provider.get(payment.get("reference") or "")
        if payment_id in snapshot.alerted or there is None or there["status"] != TAKEN:
            continue
        if payment.get("captured") != there["amount"]:
            yield f"payment {payment_id} is {payment['status']} with {payment.get('captured')} captured; the provider captured {there['amount']} ({there['id']})"
        back = sum(refund["amount"] for refund in payment.get("refunds", []) if refund["status"] in ("succeeded", "unknown"))
        if back != there["refunded"]:
            yield f"payment {payment_id} has {back} refunded; the provider {there['refunded']} ({there['id']})"
        if there["refunded"] > there["amount"]:
            yield f"payment {payment_id} refunded {there['refunded']} of {there['amount']}"


def _refunds(history: History, snapshot: Snapshot) -> Iterator[str]:
    """Every acknowledged refund exists."""
    known = {refund["id"] for payment in snapshot.payments.values() for refund in payment.get("refunds", [])}
    for operation in history.of("refund", Outcome.OK):
        if operation.response.get("refundId") not in known:
            yield f"refund {operation.response.get('refundId')} was acknowledged, and no payment has it"
