"""What may happen to a request on its way to AWS and back, and to which.

DynamoDB's errors and what they say of the request are in its developer guide, "Error handling with DynamoDB"
(https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html): of an `InternalServerError` and of an answer that is lost nobody knows
whether the write was made.
"""

from dataclasses import dataclass
from enum import Enum

from stack.campaign.dice import Dice
from stack.campaign.wire import Asked

# A request that hangs is let go of after so many seconds: the functions' own limit for an attempt is shorter.
HANG_SECONDS = (1.0, 6.0)
SLOW_SECONDS = (0.02, 0.6)
# A request that is late arrives so long after its sender has given it up.
LATE_SECONDS = (0.1, 4.0)

WRITES = frozenset({"PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems", "BatchWriteItem"})
BATCHES = frozenset({"BatchWriteItem", "BatchGetItem", "PutEvents", "SendMessageBatch"})


class Fault(Enum):
    """One way in which a request goes wrong."""

    # It is not done, and says so.
    THROTTLED = "throttled"
    CONFLICT = "conflict"
    IN_PROGRESS = "in_progress"
    # It is not done, and nobody knows.
    BROKEN_BEFORE = "broken_before"
    RESET_BEFORE = "reset_before"
    HANG_BEFORE = "hang_before"
    # It is done, and nobody knows.
    BROKEN_AFTER = "broken_after"
    RESET_AFTER = "reset_after"
    HANG_AFTER = "hang_after"
    # It is done after its sender has given it up and gone on.
    LATE = "late"
    # A part of a batch is not done.
    PARTIAL = "partial"
    # It takes its time.
    SLOW = "slow"


# How often each happens to a request that it can happen to, in a thousand, when the campaign is at its usual strength.
CHANCES = {
    Fault.THROTTLED: 12,
    Fault.CONFLICT: 15,
    Fault.IN_PROGRESS: 4,
    Fault.BROKEN_BEFORE: 6,
    Fault.RESET_BEFORE: 6,
    Fault.HANG_BEFORE: 1,
    Fault.BROKEN_AFTER: 10,
    Fault.RESET_AFTER: 12,
    Fault.HANG_AFTER: 2,
    Fault.LATE: 5,
    Fault.PARTIAL: 60,
    Fault.SLOW: 60,
}


def fits(fault: Fault, asked: Asked) -> bool:
    """Returns whether AWS may do this to the request."""
    if fault is Fault.CONFLICT:
        return asked.service == "dynamodb" and (asked.operation in WRITES or asked.operation == "TransactGetItems") and asked.operation != "BatchWriteItem"
    if fault is Fault.IN_PROGRESS:
        return asked.operation == "TransactWriteItems" and bool(asked.body.get("ClientRequestToken"))
    if fault is Fault.PARTIAL:
        return asked.operation in BATCHES
    return True


@dataclass
class Weather:
    """How rough it is: which faults befall requests, and how often. Nothing at all when it is calm."""

    dice: Dice
    chances: dict[Fault, int]
    # Strongly consistent reads of one service are never lied to; its indexes lag so many times in a thousand.
    lag: int = 0
    # Whether transactions that meet at an item are in each other's way.
    contention: bool = False

    def fault(self, asked: Asked) -> Fault | None:
        """Decides what happens to a request: nothing, or one fault."""
        for fault, per_mille in self.chances.items():
            if fits(fault, asked) and self.dice.chance(f"{fault.value} {asked.service}", per_mille):
                return fault
        return None


def calm(dice: Dice) -> Weather:
    """Returns weather without faults."""
    return Weather(dice, {})


def rough(dice: Dice, strength: float = 1.0) -> Weather:
    """Returns weather with all faults, `strength` times as often as usual."""
    return Weather(dice, {fault: round(chance * strength) for fault, chance in CHANCES.items()}, lag=round(250 * strength), contention=True)
