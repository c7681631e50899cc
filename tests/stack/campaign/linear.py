"""Linearizability of one order's versions and of one SKU's stock, over the history of all clients. Pure.

The search is that of Wing and Gong with the memory that Lowe added ("Testing for linearizability", Concurrency and Computation 29(4), 2017). An operation
without a response may take effect at any time after it began; the snapshot shows whether it did.
"""

import collections
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from stack.campaign.history import History, Operation, Outcome
from stack.campaign.snapshot import Snapshot

# States after which a search ends undecided.
MOST_STATES = 200_000
NEVER = math.inf


@dataclass(frozen=True)
class Effect:
    """A change of one SKU's stock, or an observation that it has fewer than some units, with the interval in which it took effect."""

    change: int
    began: float
    ended: float
    # An observation that fewer than this were available; 0 for a change.
    fewer_than: int = 0

    def fits(self, available: int) -> bool:
        """Returns whether it can take effect with this many units available."""
        return available < self.fewer_than if self.fewer_than else available + self.change >= 0


def search(operations: list[Effect], available: int) -> bool | None:
    """Returns whether a sequential order of the operations exists that respects their intervals; None when undecided."""
    ordered = sorted(operations, key=lambda each: (each.ended, each.began))
    everything = (1 << len(ordered)) - 1
    seen, stack = {0}, [(0, available)]
    while stack:
        done, units = stack.pop()
        if done == everything:
            return True
        limit = next(each.ended for place, each in enumerate(ordered) if not done >> place & 1)
        for place in reversed(range(len(ordered))):
            each = ordered[place]
            following = done | 1 << place
            if following != done and each.began <= limit and following not in seen and each.fits(units):
                seen.add(following)
                stack.append((following, units + each.change))
        if len(seen) > MOST_STATES:
            return None
    return False


def stock(snapshot: Snapshot, history: History, opening: dict[str, int]) -> Iterator[str]:
    """Reservations, releases, refusals and adjustments of each SKU are linearizable."""
    for sku in sorted(opening):
        operations = of_sku(snapshot, history, sku)
        if search(operations, opening[sku]) is False:
            intervals = [
                (each.change or -each.fewer_than, round(each.began, 2), round(each.ended, 2), "short" if each.fewer_than else "")
                for each in sorted(operations, key=lambda each: each.began)
            ]
            yield f"the operations on {sku}, opened with {opening[sku]}, are not linearizable: {intervals}"


def of_sku(snapshot: Snapshot, history: History, sku: str) -> list[Effect]:
    """Returns the effects on one SKU: acknowledged operations from the history, others from the snapshot."""
    found = list(_restocked(snapshot, history, sku))
    placed = {operation.request["street"]: operation for operation in history.operations if "street" in operation.request}
    for order_id, order in snapshot.orders.items():
        units = sum(line["quantity"] for line in order["lines"] if line["sku"] == sku)
        reservation = snapshot.reservations.get(order.get("reservationId") or "")
        if not units or reservation is None:
            continue
        began, ended = _taken(placed.get((order.get("shippingAddress") or {}).get("street", "")), history, order_id)
        found.append(Effect(-units, began, ended))
        if reservation["status"] in ("released", "returned", "expired"):
            found.append(Effect(units, *_given(history, order_id, began)))
    for operation in history.of("order", Outcome.REFUSED):
        if operation.code == "insufficient_stock" and list(operation.request["lines"]) == [sku]:
            found.append(Effect(0, operation.began, operation.ended, fewer_than=operation.request["lines"][sku]))
    return found


def _taken(placed: Operation | None, history: History, order: str) -> tuple[float, float]:
    """Returns the interval in which an order was reserved."""
    if placed is None:
        return 0.0, NEVER
    if placed.kind != "order_later":
        return placed.began, placed.ended if placed.outcome is Outcome.OK else NEVER
    reserved = [operation for operation in history.of("reserve") if operation.request["order"] == order]
    acknowledged = [operation.ended for operation in reserved if operation.outcome is Outcome.OK]
    return min((operation.began for operation in reserved), default=placed.began), min(acknowledged, default=NEVER)


def _given(history: History, order: str, placed: float) -> tuple[float, float]:
    """Returns the interval in which a reservation ended: after the last read with it, before the first read without it."""
    began, ended = placed, NEVER
    for operation in history.operations:
        status = operation.response.get("status")
        if operation.request.get("order") != order or operation.outcome is not Outcome.OK or status is None:
            continue
        if status in ("cancelled", "failed"):
            ended = min(ended, operation.ended)
        elif operation.kind == "look":
            began = max(began, operation.began)
    return began, ended


def _restocked(snapshot: Snapshot, history: History, sku: str) -> Iterator[Effect]:
    """Yields adjustments. Of those without a response, as many took effect as the journal has."""
    happened: collections.Counter[tuple[str, int]] = collections.Counter()
    for aggregate, events in snapshot.journal.items():
        if aggregate.startswith(f"stock/{sku}/"):
            warehouse = aggregate.rpartition("/")[2]
            happened.update((warehouse, event["data"]["delta"]) for event in events if event["type"] == "stock.stock_changed" and event["data"].get("delta"))
    operations = [operation for operation in history.of("restock") if operation.request["sku"] == sku]
    for operation in operations:
        if operation.outcome is Outcome.OK:
            happened[operation.request["warehouse"], operation.request["delta"]] -= 1
            yield Effect(operation.request["delta"], operation.began, operation.ended)
    for (warehouse, delta), count in happened.items():
        unknown = [
            operation.began
            for operation in operations
            if operation.outcome is not Outcome.OK and (operation.request["warehouse"], operation.request["delta"]) == (warehouse, delta)
        ]
        for _ in range(count):
            yield Effect(delta, min(unknown, default=0.0), NEVER)


def orders(snapshot: Snapshot, history: History) -> Iterator[str]:
    """Reads never return an older version than an earlier response did, and each version has one status."""
    seen: dict[str, list[Operation]] = collections.defaultdict(list)
    for operation in history.operations:
        order = operation.request.get("order")
        if order in snapshot.orders and operation.outcome is Outcome.OK and isinstance(operation.response.get("version"), int):
            seen[order].append(operation)
    for order, operations in seen.items():
        yield from _versions(order, operations)


def _versions(order: str, operations: list[Operation]) -> Iterator[str]:
    statuses: dict[int, Any] = {}
    for operation in operations:
        version, status = operation.response["version"], operation.response.get("status")
        if statuses.setdefault(version, status) != status:
            yield f"version {version} of order {order} was seen as {statuses[version]} and as {status}"
        before = [each for each in operations if each.ended < operation.began and each.response["version"] > version]
        if before:
            yield f"order {order} was seen at version {before[0].response['version']}, and later ({operation.kind} {operation.number}) at version {version}"
