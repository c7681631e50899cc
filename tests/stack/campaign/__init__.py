"""The reliability campaign: random clients on a deployed stack under injected faults, then a check of everything that was written.

| module | contents |
|---|---|
| `randomness` | seeded decisions, with counts |
| `protocol` | parses requests to AWS and writes each service's error responses |
| `faults` | the kinds of faults of a request, and their rates |
| `contention` | DynamoDB's transaction conflicts |
| `lag` | eventually consistent reads of indexes |
| `proxy` | the fault proxy between the functions and AWS |
| `clients`, `history` | random customers and operators, and the responses that they received |
| `control`, `process_faults` | kills, stops, clock jumps, repeated deliveries, paused and bunched schedules |
| `snapshot` | reads all tables, the provider's ledger, the bus and the dead letters |
| `checks`, `money`, `linear` | the invariants. Pure |
| `rounds` | one round: faults, recovery, check |

`make soak` (`soak.py`) plays rounds. docs/reliability.md names the promises and what is not tested.
"""
