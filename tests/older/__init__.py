"""Clients of the five older contracts, as their documents have them. docs/migrating.md describes each contract; `tests/stack/older.py` runs them."""
