"""The clients of older contracts and docs/migrating.md: neither describes a difference that the other lacks."""

import unittest

from holdfast.report import Failure
from older.contract import Contract
from stack import older

PAGE = """# Moving

## A shop

| contract | served by | differs | test |
|---|---|---|---|
| `GET /a`, `GET /b` | `GET /a`: `GetA` | - | `a::b` |

| row | difference | why |
|---|---|---|
| `GET /a` | 308 \\| 200 | because |

## Another

| row | difference | why |
|---|---|---|
| `GET /c` | never | because |
"""


class Described(unittest.TestCase):
    def setUp(self):
        self.contract = Contract("## A shop", {"`GET /a`": "308 | 200"})

    def test_every_client_has_its_section(self):
        page = older.PAGE.read_text()
        for client in older.CLIENTS:
            older.described(client.CONTRACT, page)
            self.assertTrue(older.table(client.CONTRACT, page, older.ROWS))

    def test_differences_are_compared_word_by_word(self):
        older.described(self.contract, PAGE)
        for differs in ({}, {"`GET /a`": "308"}, {"`GET /a`": "308 | 200", "`GET /c`": "never"}):
            with self.assertRaises(Failure):
                older.described(Contract("## A shop", differs), PAGE)
        with self.assertRaisesRegex(Failure, "no section"):
            older.described(Contract("## None", {}), PAGE)

    def test_rows_and_differences_are_exercised(self):
        with self.contract.row("`GET /b`"), self.contract.difference("`GET /a`"):
            pass
        older.exercised(self.contract, PAGE)
        with self.contract.row("`GET /x`"):
            pass
        with self.assertRaisesRegex(Failure, "no row for GET /x"):
            older.exercised(self.contract, PAGE)

    def test_what_is_not_exercised_is_named(self):
        with self.assertRaisesRegex(Failure, "shows no difference of `GET /a`"):
            older.exercised(self.contract, PAGE)
        with self.contract.difference("`GET /a`"):
            pass
        with self.assertRaisesRegex(Failure, "no request of GET /b"):
            older.exercised(self.contract, PAGE)

    def test_a_difference_that_is_not_described_is_refused(self):
        with self.assertRaisesRegex(Failure, "no difference is described"), self.contract.difference("`GET /c`"):
            pass

    def test_a_failure_names_its_row(self):
        with self.assertRaisesRegex(Failure, "A shop: `GET /b`: .*no"), self.contract.row("`GET /b`"):
            raise AssertionError("no")
        self.assertEqual(self.contract.served, set())
