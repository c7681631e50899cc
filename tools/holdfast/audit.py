"""Holds tables against each other: what one transaction wrote into several tables is in all of them.

A restore brings each table back by itself. DynamoDB promises a second, and no common moment of two tables: a transaction that was committed in that very
second may be in one and not in the other.
"""

import collections
from collections.abc import Iterator
from typing import Any

from holdfast import carry

# What the reservation of an order is, by the order's status, while the order has one.
RESERVATIONS = {"awaiting_payment": "reserved", "paid": "confirmed", "confirmed": "confirmed", "shipped": "confirmed", "delivered": "confirmed"}
ITEMS = {"order/": ("OrdersTable", "ORDER"), "payment/": ("PaymentsTable", "PAYMENT")}


def faults(dynamodb: Any, tables: dict[str, str], since: str) -> list[str]:
    """Returns a sentence for everything that does not fit. Orders, payments and journal rows are looked at as far as they changed since a time, stock as a whole."""
    found = _stock(dynamodb, tables["StockTable"])
    for item in _changed(dynamodb, tables["OrdersTable"], "ORDER#", since):
        found += _order(dynamodb, tables, item) + _versions(dynamodb, tables, "order/", item)
    for item in _changed(dynamodb, tables["PaymentsTable"], "PAYMENT#", since):
        found += _versions(dynamodb, tables, "payment/", item)
    return [*found, *_journal(dynamodb, tables, since)]


def _changed(dynamodb: Any, table: str, prefix: str, since: str) -> Iterator[dict[str, Any]]:
    values = {":prefix": {"S": prefix}, ":since": {"S": since}}
    return carry.scan(dynamodb, table, FilterExpression="begins_with(PK, :prefix) AND updatedAt >= :since", ExpressionAttributeValues=values)


def _order(dynamodb: Any, tables: dict[str, str], order: dict[str, Any]) -> list[str]:
    """Holds an order against its reservation and its payment."""
    order_id, status, found = order["id"]["S"], order["status"]["S"], []
    reservation = order.get("reservationId", {}).get("S")
    if reservation and status in RESERVATIONS:
        held = _get(dynamodb, tables["StockTable"], f"RESERVATION#{reservation}", "RESERVATION")
        if held is None or held["status"]["S"] != RESERVATIONS[status]:
            found.append(f"order {order_id} is {status}, its reservation {reservation} {held['status']['S'] if held else 'missing'}")
    payment = order.get("payment", {}).get("M", {}).get("paymentId", {}).get("S")
    if payment:
        made = _get(dynamodb, tables["PaymentsTable"], f"PAYMENT#{payment}", "PAYMENT")
        if made is None or made["orderId"]["S"] != order_id:
            found.append(f"order {order_id} names the payment {payment}, which is {'of another order' if made else 'missing'}")
    return found


def _versions(dynamodb: Any, tables: dict[str, str], prefix: str, item: dict[str, Any]) -> list[str]:
    """Holds the version of an order or a payment against its history, which counts from 1 without gaps."""
    aggregate, version = f"{prefix}{item['id']['S']}", int(item["version"]["N"])
    rows = carry.history(dynamodb, tables["JournalTable"], aggregate)
    sequences = [int(row["SK"]["S"]) for row in rows]
    if sequences == list(range(1, version + 1)):
        return []
    return [f"{aggregate} has version {version}, and its history {_shown(sequences)}"]


def _shown(sequences: list[int]) -> str:
    return f"{len(sequences)} rows up to {sequences[-1]}" if sequences else "no rows"


def _journal(dynamodb: Any, tables: dict[str, str], since: str) -> list[str]:
    """Holds the journal's rows of orders and payments against the items that they speak of."""
    latest: dict[str, int] = collections.defaultdict(int)
    for row in carry.scan(dynamodb, tables["JournalTable"], FilterExpression="event.occurredAt >= :since", ExpressionAttributeValues={":since": {"S": since}}):
        latest[row["PK"]["S"]] = max(latest[row["PK"]["S"]], int(row["SK"]["S"]))
    found = []
    for aggregate, sequence in latest.items():
        prefix = next((prefix for prefix in ITEMS if aggregate.startswith(prefix)), None)
        if prefix is None:
            continue
        table, kind = ITEMS[prefix]
        item = _get(dynamodb, tables[table], f"{kind}#{aggregate.removeprefix(prefix)}", kind)
        if item is None or int(item["version"]["N"]) < sequence:
            found.append(f"{aggregate} has a history up to {sequence}, and its item {'version ' + item['version']['N'] if item else 'is missing'}")
    return found


def _stock(dynamodb: Any, table: str) -> list[str]:
    """Holds what each row sets aside against the live reservations, as CheckStockDrift does, and finds numbers below nothing."""
    reserved: dict[tuple[str, str], int] = {}
    expected: collections.Counter[tuple[str, str]] = collections.Counter()
    found = []
    for item in carry.scan(dynamodb, table):
        pk, sk = item["PK"]["S"], item["SK"]["S"]
        if sk.startswith("LOC#"):
            reserved[pk, sk] = int(item["reserved"]["N"])
            found += [f"{pk} {sk} has {name} {item[name]['N']}" for name in ("available", "reserved") if int(item[name]["N"]) < 0]
        elif sk == "RESERVATION" and item["status"]["S"] == "reserved":
            for take in (each["M"] for each in item["takes"]["L"]):
                place = take["place"]["M"]
                expected[f"SKU#{take['sku']['S']}", f"LOC#{place['warehouse']['S']}#{int(place['lane']['N']):03}"] += int(take["quantity"]["N"])
    for row in sorted({*reserved, *expected}):
        if reserved.get(row, 0) != expected[row]:
            found.append(f"{' '.join(row)} sets {reserved.get(row, 0)} aside, and live reservations {expected[row]}")
    return found


def _get(dynamodb: Any, table: str, pk: str, sk: str) -> dict[str, Any] | None:
    return dynamodb.get_item(TableName=table, Key={"PK": {"S": pk}, "SK": {"S": sk}}, ConsistentRead=True).get("Item")
