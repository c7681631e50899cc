"""Runs the clients of the five older contracts (`tests/older/`) against a deployed stack, and compares what they show with docs/migrating.md."""

import re
from collections.abc import Iterable

from holdfast.project import ROOT, LocalStack
from holdfast.report import Failure, step
from older import loms, marketplace, oldest, orders_management, orders_service
from older.contract import Contract
from older.shop import Shop

PAGE = ROOT / "docs" / "migrating.md"
CLIENTS = (oldest, marketplace, orders_management, orders_service, loms)
# The tables of a section: its rows, and the differences that remain.
ROWS, DIFFERENCES = "contract", "row"
# A bar that separates no cells is escaped.
CELLS = re.compile(r"(?<!\\)\|")


def test(stack: LocalStack) -> None:
    """Runs every client. A row that is not served as its document has it, and does not stand in `differs`, is a failure."""
    shop, page = Shop(stack), PAGE.read_text()
    for client in CLIENTS:
        contract = client.CONTRACT
        with step(f"an older client: {contract.heading.removeprefix('## ')}") as current:
            client.run(shop)
            described(contract, page)
            exercised(contract, page)
            current.end(f"{len(_quoted(contract.served))} rows, {len(contract.differing)} differences")


def described(contract: Contract, page: str) -> None:
    """Compares the differences of a contract with those that its section describes, word by word."""
    there = {row[0]: row[1] for row in table(contract, page, DIFFERENCES)}
    for row in sorted(there.keys() | contract.differs.keys()):
        if there.get(row) != contract.differs.get(row):
            raise Failure(f"{PAGE.relative_to(ROOT)}, {contract.heading}: {row}: the page has {there.get(row)!r}, the client {contract.differs.get(row)!r}")


def exercised(contract: Contract, page: str) -> None:
    """Fails for rows and differences that the client did not exercise, and for those that have no row in the section."""
    if unseen := contract.differs.keys() - contract.differing:
        raise Failure(f"{contract.heading}: the client shows no difference of {', '.join(sorted(unseen))}")
    rows = _quoted(row[0] for row in table(contract, page, ROWS))
    seen = _quoted(contract.served)
    if absent := seen - rows:
        raise Failure(f"{PAGE.relative_to(ROOT)}, {contract.heading}: there is no row for {', '.join(sorted(absent))}")
    if unused := rows - seen - _quoted(contract.differing):
        raise Failure(f"{contract.heading}: the client has no request of {', '.join(sorted(unused))}")


def table(contract: Contract, page: str, first: str) -> list[list[str]]:
    """The rows of a section's tables whose first column is headed `first`."""
    section = re.search(rf"^{re.escape(contract.heading)}\n(.*?)(?=^## |\Z)", page, re.MULTILINE | re.DOTALL)
    if section is None:
        raise Failure(f"{PAGE.relative_to(ROOT)} has no section {contract.heading}")
    blocks = re.findall(r"(?:^\|.*\n?)+", section[1], re.MULTILINE)
    tables = [[_cells(line) for line in block.splitlines()] for block in blocks]
    rows = [row for found in tables if found[0][0] == first for row in found[2:]]
    if not rows:
        raise Failure(f"{PAGE.relative_to(ROOT)}, {contract.heading}: there is no table of {first}")
    return rows


def _cells(line: str) -> list[str]:
    return [cell.strip().replace(r"\|", "|") for cell in CELLS.split(line.strip())[1:-1]]


def _quoted(texts: Iterable[str]) -> set[str]:
    """The texts in backticks."""
    return {each for text in texts for each in re.findall(r"`([^`]+)`", text)}
