"""Holdfast's stack tooling: what `make up`, `make test`, `make deploy` and their siblings run.

Everything here speaks to the stack as an operator would: through `sam`, the AWS API and the HTTP routes.
The same code deploys to the local emulator and to AWS; what belongs to the emulator alone is in
`emulator.py`, `launcher.py`, `economy.py`, `gateway.py`, `monitoring.py` and `refusals.py`.
"""
