"""Faults of requests to AWS, and their rates.

DynamoDB's errors are described in its developer guide, "Error handling with DynamoDB"
(https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html): after an
`InternalServerError` or a lost response the outcome of a write is unknown.
"""

from dataclasses import dataclass
from enum import Enum

from stack.campaign.protocol import AwsRequest
from stack.campaign.randomness import Random

# How long a hanging request stays open: the functions' own timeout of an attempt is within this range.
HANG_SECONDS = (1.0, 6.0)
SLOW_SECONDS = (0.02, 0.6)
# How long after its sender gave up a late request arrives.
LATE_SECONDS = (0.1, 4.0)

WRITES = frozenset({"PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems", "BatchWriteItem"})
BATCHES = frozenset({"BatchWriteItem", "BatchGetItem", "PutEvents", "SendMessageBatch"})


class Fault(Enum):
    """A fault of one request."""

    # Not executed, and the sender knows.
    THROTTLED = "throttled"
    CONFLICT = "conflict"
    IN_PROGRESS = "in_progress"
    # Not executed; the sender cannot know.
    BROKEN_BEFORE = "broken_before"
    RESET_BEFORE = "reset_before"
    HANG_BEFORE = "hang_before"
    # Executed; the sender cannot know.
    BROKEN_AFTER = "broken_after"
    RESET_AFTER = "reset_after"
    HANG_AFTER = "hang_after"
    # Executed after the sender gave up.
    LATE = "late"
    # Some entries of a batch fail.
    PARTIAL = "partial"
    # Executed, with a delay.
    SLOW = "slow"


# Rates per mille of the requests to which a fault applies, at strength 1.
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


def fits(fault: Fault, aws_request: AwsRequest) -> bool:
    """Returns whether AWS can respond to the request with this fault."""
    if fault is Fault.CONFLICT:
        return aws_request.service == "dynamodb" and (aws_request.operation in WRITES or aws_request.operation == "TransactGetItems") and aws_request.operation != "BatchWriteItem"
    if fault is Fault.IN_PROGRESS:
        return aws_request.operation == "TransactWriteItems" and bool(aws_request.body.get("ClientRequestToken"))
    if fault is Fault.PARTIAL:
        return aws_request.operation in BATCHES
    return True


@dataclass
class FaultPlan:
    """How all_faults it is: which faults befall requests, and how often. Nothing at all when it is no_faults."""

    rng: Random
    chances: dict[Fault, int]
    # Rate per mille of index reads that are behind. Reads of a table are always current.
    lag: int = 0
    # Whether transactions that meet at an item conflict.
    contention: bool = False

    def fault(self, aws_request: AwsRequest) -> Fault | None:
        """Returns the fault of a request, or None."""
        for fault, per_mille in self.chances.items():
            if fits(fault, aws_request) and self.rng.chance(f"{fault.value} {aws_request.service}", per_mille):
                return fault
        return None


def no_faults(rng: Random) -> FaultPlan:
    """Returns a plan without faults."""
    return FaultPlan(rng, {})


def all_faults(rng: Random, strength: float = 1.0) -> FaultPlan:
    """Returns a plan with all faults, their rates multiplied by `strength`."""
    return FaultPlan(rng, {fault: round(chance * strength) for fault, chance in CHANCES.items()}, lag=round(250 * strength), contention=True)
