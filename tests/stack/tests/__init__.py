"""Tests of the commands that need no stack: `python -m unittest discover`."""
