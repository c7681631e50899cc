"""DynamoDB's transaction conflicts: a write of an item that a transaction in progress writes is refused.

The rules are those of "Transaction conflict handling" in DynamoDB's developer guide
(https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html#transaction-conflict-handling): a `PutItem`, `UpdateItem` or `DeleteItem`
fails with `TransactionConflictException`, a transaction with `TransactionCanceledException` and the reason `TransactionConflict` for the item. Plain reads return committed data.

The emulator executes transactions one after another, so none conflicts there. Here a transaction holds its items for some milliseconds.
"""

import json
from dataclasses import dataclass, field
from typing import Any

from stack.campaign import protocol
from stack.campaign.protocol import AwsRequest, AwsResponse

# How long a transaction holds its items beyond its own execution. Published latencies of transactions are of this order (docs/bench.md).
HOLD_SECONDS = (0.002, 0.025)
PLAIN_WRITES = frozenset({"PutItem", "UpdateItem", "DeleteItem"})
TRANSACTIONS = frozenset({"TransactWriteItems", "TransactGetItems"})
NO_CONFLICT = {"Code": "None"}
CONFLICT = {"Code": "TransactionConflict", "Message": "Transaction is ongoing for the item"}


@dataclass
class Locks:
    """The items of transactions in progress. Used by one event loop, without awaits in between."""

    held: set[str] = field(default_factory=set)

    def meets(self, aws_request: AwsRequest) -> AwsResponse | None:
        """Returns the error of a request that conflicts with a transaction in progress, or None."""
        keys = items(aws_request)
        if aws_request.operation in PLAIN_WRITES:
            return conflict() if any(key in self.held for key in keys) else None
        if aws_request.operation in TRANSACTIONS and any(key in self.held for key in keys):
            return cancelled([key in self.held for key in keys])
        return None

    def take(self, aws_request: AwsRequest) -> list[str]:
        """Locks the items of a write transaction, and returns them for `release`."""
        keys = items(aws_request) if aws_request.operation == "TransactWriteItems" else []
        self.held.update(keys)
        return keys

    def release(self, keys: list[str]) -> None:
        """Unlocks items."""
        self.held.difference_update(keys)


def conflict() -> AwsResponse:
    """Returns the error of a single write that conflicts."""
    return protocol.error("dynamodb", 400, "TransactionConflictException", CONFLICT["Message"])


def cancelled(conflicts: list[bool]) -> AwsResponse:
    """Returns the error of a transaction, with a reason for each of its items."""
    reasons = [CONFLICT if each else NO_CONFLICT for each in conflicts]
    codes = ", ".join(reason["Code"] for reason in reasons)
    message = f"Transaction cancelled, please refer cancellation reasons for specific reasons [{codes}]"
    return protocol.error("dynamodb", 400, "TransactionCanceledException", message, {"CancellationReasons": reasons})


def items(aws_request: AwsRequest) -> list[str]:
    """Returns the items of a write or a transaction, in its order."""
    if aws_request.operation in TRANSACTIONS:
        actions = [action for entry in aws_request.body.get("TransactItems", []) for action in entry.values()]
        return [key_of(action["TableName"], action.get("Key") or action.get("Item", {})) for action in actions]
    return [key_of(aws_request.body.get("TableName", ""), aws_request.body.get("Key") or aws_request.body.get("Item", {}))]


def key_of(table: str, item: dict[str, Any]) -> str:
    """Returns an identifier of an item. Tables have the key PK, and most also SK."""
    return json.dumps([table, item.get("PK"), item.get("SK")])
