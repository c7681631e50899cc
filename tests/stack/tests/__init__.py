"""Tests of the emulator's repairs and of the drivers of tests. They need no build and no deployed Holdfast: `make test` runs them first."""
