"""Invariants after recovery: stock, histories, keys, events, and that nothing is stuck. `money` and `linear` have the others. Pure."""

import collections
import re
from collections.abc import Iterator
from typing import Any

from holdfast.project import ROOT
from stack.campaign import linear, money
from stack.campaign.history import History, Outcome
from stack.campaign.snapshot import Snapshot

# The allowed transitions are those of the diagram, which a test compares with the code.
DIAGRAM = ROOT / "docs" / "orders.md"
EDGE = re.compile(r"^    (\S+) --> (\S+): (.+)$", re.MULTILINE)
# The status after each event. Other events leave it unchanged.
BECOMES = {
    "orders.order_created": "new",
    "orders.order_placed": "awaiting_payment",
    "orders.order_reserved": "awaiting_payment",
    "orders.order_failed": "failed",
    "orders.order_paid": "paid",
    "orders.order_canceled": "cancelled",
    "orders.order_confirmed": "confirmed",
    "orders.order_shipped": "shipped",
    "orders.order_delivered": "delivered",
}
START = "[*]"
ENDED = frozenset({"cancelled", "failed"})
MESSAGES_DONE = frozenset({"sent", "unconfirmed", "delivered", "failed"})


def violations(snapshot: Snapshot, history: History, opening: dict[str, int]) -> list[str]:
    """Returns a sentence for each violation."""
    found = [*snapshot.audit_faults, *stock(snapshot, opening), *statuses(snapshot), *keys(snapshot, history), *placed(snapshot, history)]
    found += [*events(snapshot), *stuck(snapshot), *money.violations(snapshot, history)]
    return [*found, *linear.orders(snapshot, history), *linear.stock(snapshot, history, opening)]


def stock(snapshot: Snapshot, opening: dict[str, int]) -> Iterator[str]:
    """By SKU and warehouse, available, reserved and sold units are those that were ever added."""
    brought: collections.Counter[tuple[str, str]] = collections.Counter()
    for aggregate, happened in snapshot.journal.items():
        kind, _, place = aggregate.partition("/")
        sku, _, warehouse = place.rpartition("/")
        if kind == "stock" and sku in opening:
            brought[sku, warehouse] += sum(event["data"].get("delta") or event["data"]["available"] for event in happened if event["type"] == "stock.stock_changed")
    there: collections.Counter[tuple[str, str]] = collections.Counter()
    for sku, rows in snapshot.rows.items():
        for place, row in rows.items():
            there[sku, place.partition("#")[0]] += row["available"] + row["reserved"]
            if row["available"] < 0 or row["reserved"] < 0:
                yield f"{sku} at {place} is negative: {row['available']} available, {row['reserved']} reserved"
    for reservation in snapshot.reservations.values():
        for take in reservation["takes"] if reservation["status"] == "confirmed" else []:
            there[take["sku"], take["place"]["warehouse"]] += take["quantity"]
    for sku, warehouse in sorted({*brought, *there}):
        if brought[sku, warehouse] != there[sku, warehouse]:
            yield f"{sku} in {warehouse}: {brought[sku, warehouse]} were added, {there[sku, warehouse]} are accounted for"


def edges() -> set[tuple[str, str]]:
    """Returns the transitions of docs/orders.md."""
    return {(start, end) for start, end, _ in EDGE.findall(DIAGRAM.read_text())}


def statuses(snapshot: Snapshot) -> Iterator[str]:
    """Each order's history has no gaps, only allowed transitions, and ends with the order's status."""
    lawful = edges()
    for order_id, order in snapshot.orders.items():
        happened = snapshot.journal.get(f"order/{order_id}", [])
        if [event["sequence"] for event in happened] != list(range(1, order["version"] + 1)):
            yield f"order {order_id} has version {order['version']}, and its history the sequences {[event['sequence'] for event in happened]}"
            continue
        status = START
        for event in happened:
            becomes = BECOMES.get(event["type"], status)
            if event["type"] in BECOMES and (status, becomes) not in lawful:
                yield f"order {order_id} went from {status} to {becomes} by {event['type']}"
            status = becomes
        if status != order["status"]:
            yield f"order {order_id} is {order['status']}, and its history ends with {status}"


def keys(snapshot: Snapshot, history: History) -> Iterator[str]:
    """A request makes one order at most, and all responses to one key name one resource."""
    wished: collections.Counter[str] = collections.Counter()
    for order in snapshot.orders.values():
        wished[(order.get("shippingAddress") or {}).get("street", order["id"])] += 1
    yield from (f"{count} orders were made by the request {street}" for street, count in wished.items() if count > 1)
    for operation in history.operations:
        named = {name for answer in operation.answers if (name := _names(answer)) is not None}
        if len(named) > 1:
            yield f"{operation.kind} {operation.number} by {operation.who} with key {operation.request.get('key')} was answered with the different {sorted(named)}"


def _names(answer: dict[str, Any]) -> str | None:
    return next((answer[name] for name in ("refundId", "paymentId", "orderId", "id") if name in answer), None)


def placed(snapshot: Snapshot, history: History) -> Iterator[str]:
    """Every acknowledged order exists with the requested lines."""
    for operation in (*history.of("order", Outcome.OK), *history.of("checkout", Outcome.OK), *history.of("order_later", Outcome.OK)):
        number: Any = operation.response.get("orderId") or operation.response.get("id")
        order = snapshot.orders.get(number)
        if order is None:
            yield f"{operation.kind} {operation.number} was acknowledged with the order {number}, which does not exist"
        elif operation.request["lines"] and _lines(order) != operation.request["lines"]:
            yield f"order {number} has the lines {_lines(order)}, requested were {operation.request['lines']}"


def _lines(order: dict[str, Any]) -> dict[str, int]:
    found: collections.Counter[str] = collections.Counter()
    for line in order["lines"]:
        found[line["sku"]] += line["quantity"]
    return dict(found)


def events(snapshot: Snapshot) -> Iterator[str]:
    """Every event of an order or a payment was received from the bus."""
    for aggregate, happened in snapshot.journal.items():
        kind, _, name = aggregate.partition("/")
        if (kind == "order" and name in snapshot.orders) or (kind == "payment" and name in snapshot.payments):
            yield from (f"{event['type']} of {aggregate} ({event['id']}) was never received from the bus" for event in happened if event["id"] not in snapshot.received)


def stuck(snapshot: Snapshot) -> Iterator[str]:
    """Nothing is pending that no longer progresses."""
    for order_id, order in snapshot.orders.items():
        if order["status"] == "awaiting_payment" and (order.get("expiresAt") or snapshot.now) < snapshot.now:
            yield f"order {order_id} still awaits its payment; it expired at {order['expiresAt']}"
        held = snapshot.reservations.get(order.get("reservationId") or "")
        if order["status"] in ENDED and held and held["status"] in ("reserved", "confirmed"):
            yield f"order {order_id} is {order['status']}, and its reservation {held['status']}"
    for payment_id, payment in snapshot.payments.items():
        if payment["id"] not in snapshot.alerted and (why := _open(payment, snapshot)):
            yield f"payment {payment_id} of order {payment['orderId']} is {why}"
    for message in snapshot.notifications:
        if message["status"] not in MESSAGES_DONE:
            yield f"the message {message['PK']} about order {message['orderId']} is still {message['status']}"
    yield from (f"{count} dead letters lie in {queue}" for queue, count in snapshot.dead.items() if count)


def _open(payment: dict[str, Any], snapshot: Snapshot) -> str:
    """Describes what is pending of a payment whose order ended; empty when nothing is."""
    order = snapshot.orders[payment["orderId"]]
    if payment["status"] == "pending" and order["status"] in ENDED:
        return "pending although the order ended"
    pending = [refund for refund in payment.get("refunds", []) if refund["status"] == "pending"]
    return f"left with {len(pending)} pending refunds" if pending else ""
