"""Unit tests of the operators' program."""
