"""Reads the requests with receipts that Holdfast sends to YooKassa with YooKassa's own SDK: see docs/payments.md, "Receipts".

The requests are those that a unit test of functions/payments compares with the ones that it makes.
"""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

from yookassa.domain.models.receipt import Receipt
from yookassa.domain.models.receipt_data.receipt_item import PaymentMode, PaymentSubject, ReceiptItemMeasure
from yookassa.domain.request.payment_request import PaymentRequest
from yookassa.domain.request.refund_request import RefundRequest

REQUESTS = {"payment": PaymentRequest, "refund": RefundRequest, "partial_refund": RefundRequest}
DIRECTORY = Path(__file__).parent / "receipts"


def values(names: type[Any]) -> set[str]:
    """The values that the SDK lists."""
    return {value for name, value in vars(names).items() if name.isupper()}


def check(name: str, request: type[Any]) -> None:
    """Makes the SDK's request of one of ours. A member that it refuses or loses is a failure, and so are lines that do not add up."""
    written = json.loads((DIRECTORY / f"{name}.json").read_text())
    made = request(written)
    made.validate()
    receipt = Receipt(written["receipt"])
    total = sum((item.amount.value * item.quantity for item in receipt.items), Decimal(0))
    assert total == made.amount.value, f"{name}: {total} is not {made.amount.value}"
    assert len(receipt.items) == len(written["receipt"]["items"]), name
    for item, ours in zip(receipt.items, written["receipt"]["items"], strict=True):
        assert item.payment_mode in values(PaymentMode), f"{name}: {item.payment_mode}"
        assert item.payment_subject in values(PaymentSubject), f"{name}: {item.payment_subject}"
        assert item.measure in values(ReceiptItemMeasure), f"{name}: {item.measure}"
        lost = ours.keys() - dict(item).keys()
        assert not lost, f"{name}: the SDK knows no {lost}"


def main() -> None:
    """Checks every request."""
    for name, request in REQUESTS.items():
        check(name, request)
    print(f"{len(REQUESTS)} requests with receipts read by YooKassa's SDK")


main()
