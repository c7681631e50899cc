"""Tests of the stack tooling itself. They need no build and no deployed Holdfast: `make test` runs them first."""
