"""Whether what clients were told could have happened one thing after another: linearizability of one order's versions and of one SKU's stock. Pure.

The search is that of Wing and Gong with the memory that Lowe added ("Testing for linearizability", Concurrency and Computation 29(4), 2017). An operation that was
never answered may have taken effect at any time since it began; whether it did, the books say.
"""

import collections
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from stack.campaign.books import Books
from stack.campaign.history import Deed, History, Outcome

# States that a search looks at before it gives up undecided.
MOST_STATES = 200_000
NEVER = math.inf


@dataclass(frozen=True)
class Operation:
    """What changed one SKU's stock by some units, or was told that it has fewer than some, and when that was at the earliest and at the latest."""

    change: int
    began: float
    ended: float
    # Told that there were fewer than so many; 0 for a change.
    fewer_than: int = 0

    def fits(self, available: int) -> bool:
        """Returns whether it can happen while so many are available."""
        return available < self.fewer_than if self.fewer_than else available + self.change >= 0


def search(operations: list[Operation], available: int) -> bool | None:
    """Returns whether the operations can stand in one order that keeps their times; nothing when that was not found out."""
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


def stock(books: Books, history: History, opening: dict[str, int]) -> Iterator[str]:
    """Of each SKU: places taken, given back and refused stand in one order."""
    for sku in sorted(opening):
        operations = of_sku(books, history, sku)
        if search(operations, opening[sku]) is False:
            told = [(each.change or -each.fewer_than, round(each.began, 2), round(each.ended, 2), "short" if each.fewer_than else "") for each in sorted(operations, key=lambda each: each.began)]
            yield f"what was told of {sku}, {opening[sku]} at first, happened in no order: {told}"


def of_sku(books: Books, history: History, sku: str) -> list[Operation]:
    """Returns the operations on one SKU, out of what clients were told and what the books say of what they were not told."""
    found = list(_restocked(books, history, sku))
    asked = {deed.asked["street"]: deed for deed in history.deeds if "street" in deed.asked}
    for order_id, order in books.orders.items():
        units = sum(line["quantity"] for line in order["lines"] if line["sku"] == sku)
        took = books.reservations.get(order.get("reservationId") or "")
        if not units or took is None:
            continue
        began, ended = _taken(asked.get((order.get("shippingAddress") or {}).get("street", "")), history, order_id)
        found.append(Operation(-units, began, ended))
        if took["status"] in ("released", "returned", "expired"):
            found.append(Operation(units, *_given(history, order_id, began)))
    for deed in history.of("order", Outcome.REFUSED):
        if deed.code == "insufficient_stock" and list(deed.asked["lines"]) == [sku]:
            found.append(Operation(0, deed.began, deed.ended, fewer_than=deed.asked["lines"][sku]))
    return found


def _taken(placed: Deed | None, history: History, order: str) -> tuple[float, float]:
    """When an order's goods were set aside."""
    if placed is None:
        return 0.0, NEVER
    if placed.kind != "order_later":
        return placed.began, placed.ended if placed.outcome is Outcome.OK else NEVER
    reserved = [deed for deed in history.of("reserve") if deed.asked["order"] == order]
    told = [deed.ended for deed in reserved if deed.outcome is Outcome.OK]
    return min((deed.began for deed in reserved), default=placed.began), min(told, default=NEVER)


def _given(history: History, order: str, placed: float) -> tuple[float, float]:
    """When an order's goods went back: not before it was last seen with them, and not after it was first seen without."""
    began, ended = placed, NEVER
    for deed in history.deeds:
        status = deed.told.get("status")
        if deed.asked.get("order") != order or deed.outcome is not Outcome.OK or status is None:
            continue
        if status in ("cancelled", "failed"):
            ended = min(ended, deed.ended)
        elif deed.kind == "look":
            began = max(began, deed.began)
    return began, ended


def _restocked(books: Books, history: History, sku: str) -> Iterator[Operation]:
    """What operators brought in and took out. Of what they were not told, as many as the journal has took effect."""
    happened: collections.Counter[tuple[str, int]] = collections.Counter()
    for aggregate, events in books.journal.items():
        if aggregate.startswith(f"stock/{sku}/"):
            warehouse = aggregate.rpartition("/")[2]
            happened.update((warehouse, event["data"]["delta"]) for event in events if event["type"] == "stock.stock_changed" and event["data"].get("delta"))
    deeds = [deed for deed in history.of("restock") if deed.asked["sku"] == sku]
    for deed in deeds:
        if deed.outcome is Outcome.OK:
            happened[deed.asked["warehouse"], deed.asked["delta"]] -= 1
            yield Operation(deed.asked["delta"], deed.began, deed.ended)
    for (warehouse, delta), count in happened.items():
        unknown = [deed.began for deed in deeds if deed.outcome is not Outcome.OK and (deed.asked["warehouse"], deed.asked["delta"]) == (warehouse, delta)]
        for _ in range(count):
            yield Operation(delta, min(unknown, default=0.0), NEVER)


def orders(books: Books, history: History) -> Iterator[str]:
    """Nobody sees an order as it was before what somebody had seen of it already, and each version is one thing."""
    seen: dict[str, list[Deed]] = collections.defaultdict(list)
    for deed in history.deeds:
        order = deed.asked.get("order")
        if order in books.orders and deed.outcome is Outcome.OK and isinstance(deed.told.get("version"), int):
            seen[order].append(deed)
    for order, deeds in seen.items():
        yield from _versions(order, deeds)


def _versions(order: str, deeds: list[Deed]) -> Iterator[str]:
    looks: dict[int, Any] = {}
    for deed in deeds:
        version, status = deed.told["version"], deed.told.get("status")
        if looks.setdefault(version, status) != status:
            yield f"version {version} of order {order} was seen as {looks[version]} and as {status}"
        before = [each for each in deeds if each.ended < deed.began and each.told["version"] > version]
        if before:
            yield f"order {order} was seen at version {before[0].told['version']}, and later ({deed.kind} {deed.number}) at version {version}"
