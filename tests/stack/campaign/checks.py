"""What has to hold of the books when all is quiet: stock, histories, keys, events, and that nothing is stuck. Money is in `money`. Pure."""

import collections
import re
from collections.abc import Iterator
from typing import Any

from stack.campaign import linear, money
from stack.campaign.books import Books
from stack.campaign.history import History, Outcome
from stack.project import ROOT

# The lawful moves of an order are those of the diagram that a test holds to the code.
DIAGRAM = ROOT / "docs" / "orders.md"
EDGE = re.compile(r"^    (\S+) --> (\S+): (.+)$", re.MULTILINE)
# What each event says that an order became; those that are not here leave its status.
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


def violations(books: Books, history: History, opening: dict[str, int]) -> list[str]:
    """Returns a sentence for everything that does not hold."""
    found = [*books.misfits, *stock(books, opening), *statuses(books), *keys(books, history), *placed(books, history)]
    found += [*events(books), *stuck(books), *money.violations(books, history)]
    return [*found, *linear.orders(books, history), *linear.stock(books, history, opening)]


def stock(books: Books, opening: dict[str, int]) -> Iterator[str]:
    """Of each SKU and warehouse: what is there, set aside and sold is what was ever brought in."""
    brought: collections.Counter[tuple[str, str]] = collections.Counter()
    for aggregate, happened in books.journal.items():
        kind, _, place = aggregate.partition("/")
        sku, _, warehouse = place.rpartition("/")
        if kind == "stock" and sku in opening:
            brought[sku, warehouse] += sum(event["data"].get("delta") or event["data"]["available"] for event in happened if event["type"] == "stock.stock_changed")
    there: collections.Counter[tuple[str, str]] = collections.Counter()
    for sku, rows in books.rows.items():
        for place, row in rows.items():
            there[sku, place.partition("#")[0]] += row["available"] + row["reserved"]
            if row["available"] < 0 or row["reserved"] < 0:
                yield f"{sku} at {place} is below nothing: {row['available']} available, {row['reserved']} reserved"
    for reservation in books.reservations.values():
        for take in reservation["takes"] if reservation["status"] == "confirmed" else []:
            there[take["sku"], take["place"]["warehouse"]] += take["quantity"]
    for sku, warehouse in sorted({*brought, *there}):
        if brought[sku, warehouse] != there[sku, warehouse]:
            yield f"{sku} in {warehouse}: {brought[sku, warehouse]} were brought in, {there[sku, warehouse]} are accounted for"


def edges() -> set[tuple[str, str]]:
    """Returns the moves of an order that docs/orders.md draws."""
    return {(start, end) for start, end, _ in EDGE.findall(DIAGRAM.read_text())}


def statuses(books: Books) -> Iterator[str]:
    """Each order's history counts without gaps, makes lawful moves alone, and ends in what the order is."""
    lawful = edges()
    for order_id, order in books.orders.items():
        happened = books.journal.get(f"order/{order_id}", [])
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


def keys(books: Books, history: History) -> Iterator[str]:
    """One wish makes one order at most, whatever its sender was told; one key names one thing."""
    wished: collections.Counter[str] = collections.Counter()
    for order in books.orders.values():
        wished[(order.get("shippingAddress") or {}).get("street", order["id"])] += 1
    yield from (f"{count} orders were made of the one wish {street}" for street, count in wished.items() if count > 1)
    for deed in history.deeds:
        named = {_names(answer) for answer in deed.answers} - {None}
        if len(named) > 1:
            yield f"{deed.kind} {deed.number} by {deed.who} with key {deed.asked.get('key')} was answered with {sorted(named)}"


def _names(answer: dict[str, Any]) -> str | None:
    return next((answer[name] for name in ("refundId", "paymentId", "orderId", "id") if name in answer), None)


def placed(books: Books, history: History) -> Iterator[str]:
    """What somebody was told that they ordered is there, with the lines that they asked for."""
    for deed in (*history.of("order", Outcome.OK), *history.of("checkout", Outcome.OK), *history.of("order_later", Outcome.OK)):
        number = deed.told.get("orderId") or deed.told.get("id")
        order = books.orders.get(number)
        if order is None:
            yield f"{deed.kind} {deed.number} was answered with the order {number}, which is not there"
        elif deed.asked["lines"] and _lines(order) != deed.asked["lines"]:
            yield f"order {number} holds {_lines(order)}, asked were {deed.asked['lines']}"


def _lines(order: dict[str, Any]) -> dict[str, int]:
    found: collections.Counter[str] = collections.Counter()
    for line in order["lines"]:
        found[line["sku"]] += line["quantity"]
    return dict(found)


def events(books: Books) -> Iterator[str]:
    """Every event about an order or its payments came out of the bus."""
    for aggregate, happened in books.journal.items():
        kind, _, name = aggregate.partition("/")
        if (kind == "order" and name in books.orders) or (kind == "payment" and name in books.payments):
            yield from (f"{event['type']} of {aggregate} ({event['id']}) never came out of the bus" for event in happened if event["id"] not in books.heard)


def stuck(books: Books) -> Iterator[str]:
    """Nothing waits for what will not come."""
    for order_id, order in books.orders.items():
        if order["status"] == "awaiting_payment" and (order.get("expiresAt") or books.now) < books.now:
            yield f"order {order_id} still awaits its payment, which was due at {order['expiresAt']}"
        held = books.reservations.get(order.get("reservationId") or "")
        if order["status"] in ENDED and held and held["status"] in ("reserved", "confirmed"):
            yield f"order {order_id} is {order['status']}, and its goods are {held['status']}"
    for payment_id, payment in books.payments.items():
        if payment["id"] not in books.called and (why := _open(payment, books)):
            yield f"payment {payment_id} of order {payment['orderId']} is {why}"
    for message in books.notifications:
        if message["status"] not in MESSAGES_DONE:
            yield f"the message {message['PK']} about order {message['orderId']} is still {message['status']}"
    yield from (f"{count} dead letters lie in {queue}" for queue, count in books.dead.items() if count)


def _open(payment: dict[str, Any], books: Books) -> str:
    """What about a payment is undecided although its order is over; nothing when all is decided."""
    order = books.orders[payment["orderId"]]
    if payment["status"] == "pending" and order["status"] in ENDED:
        return "pending, and the order over"
    pending = [refund for refund in payment.get("refunds", []) if refund["status"] == "pending"]
    return f"sending {len(pending)} refunds back without end" if pending else ""
