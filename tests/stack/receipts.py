"""The receipts that go to YooKassa, read by YooKassa's own SDK. See docs/payments.md, "Receipts"."""

from holdfast import process
from holdfast.project import API_TOOLS, ROOT, tool_environment


def test() -> None:
    """Has the SDK read the requests that a unit test of functions/payments compares with its own."""
    process.run([str(API_TOOLS / "python"), str(ROOT / "tests" / "api" / "receipts.py")], tool_environment(), ROOT, "YooKassa's SDK")
