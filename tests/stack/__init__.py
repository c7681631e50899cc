"""The local stack and the drivers of its tests: what `make up`, `make test`, `make soak` and their siblings run.

The program `holdfast` in `tools` deploys, to the emulator as to AWS, and does all else that an operator does. `emulator.py` starts the emulator with
the patches that docs/emulator.md lists.
"""
