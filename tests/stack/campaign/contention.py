"""DynamoDB's conflicts: of two transactions, or a transaction and a write, that meet at an item while one of them is under way, one is refused.

The rules are those of "Transaction conflict handling" in DynamoDB's developer guide
(https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html#transaction-conflict-handling): a `PutItem`, `UpdateItem` or `DeleteItem`
gets `TransactionConflictException`, a transaction `TransactionCanceledException` with the reason `TransactionConflict` at the item. Plain reads see what is committed.

The emulator makes one transaction after another, so that none ever meets another: here a transaction holds its items for some milliseconds.
"""

import json
from dataclasses import dataclass, field
from typing import Any

from stack.campaign import wire
from stack.campaign.wire import Asked, Told

# For how long a transaction holds its items, beside the time that it takes by itself. Measured medians on AWS are of this order (docs/bench.md).
HOLD_SECONDS = (0.002, 0.025)
PLAIN_WRITES = frozenset({"PutItem", "UpdateItem", "DeleteItem"})
TRANSACTIONS = frozenset({"TransactWriteItems", "TransactGetItems"})
NO_CONFLICT = {"Code": "None"}
CONFLICT = {"Code": "TransactionConflict", "Message": "Transaction is ongoing for the item"}


@dataclass
class Locks:
    """The items that transactions under way hold. All is done in one thread, between two awaits."""

    held: set[str] = field(default_factory=set)

    def meets(self, asked: Asked) -> Told | None:
        """Returns the refusal of a request that meets a transaction under way."""
        keys = items(asked)
        if asked.operation in PLAIN_WRITES:
            return conflict() if any(key in self.held for key in keys) else None
        if asked.operation in TRANSACTIONS and any(key in self.held for key in keys):
            return cancelled([key in self.held for key in keys])
        return None

    def take(self, asked: Asked) -> list[str]:
        """Holds the items of a transaction that writes; the ones to let go of later."""
        keys = items(asked) if asked.operation == "TransactWriteItems" else []
        self.held.update(keys)
        return keys

    def release(self, keys: list[str]) -> None:
        """Lets go of items."""
        self.held.difference_update(keys)


def conflict() -> Told:
    """Returns the refusal of a single write."""
    return wire.error("dynamodb", 400, "TransactionConflictException", CONFLICT["Message"])


def cancelled(conflicts: list[bool]) -> Told:
    """Returns the refusal of a transaction, which says of each of its items whether it was the one."""
    reasons = [CONFLICT if each else NO_CONFLICT for each in conflicts]
    codes = ", ".join(reason["Code"] for reason in reasons)
    message = f"Transaction cancelled, please refer cancellation reasons for specific reasons [{codes}]"
    return wire.error("dynamodb", 400, "TransactionCanceledException", message, {"CancellationReasons": reasons})


def items(asked: Asked) -> list[str]:
    """Returns the items that a write or a transaction names, in its own order."""
    if asked.operation in TRANSACTIONS:
        actions = [action for entry in asked.body.get("TransactItems", []) for action in entry.values()]
        return [key_of(action["TableName"], action.get("Key") or action.get("Item", {})) for action in actions]
    return [key_of(asked.body.get("TableName", ""), asked.body.get("Key") or asked.body.get("Item", {}))]


def key_of(table: str, item: dict[str, Any]) -> str:
    """Returns a name for an item: every table here has the keys PK and, but for two, SK."""
    return json.dumps([table, item.get("PK"), item.get("SK")])
