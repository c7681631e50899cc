"""The campaign: a deployed stack under random customers, faults, deaths and jumps of time, and what has to hold afterwards.

| module | what is in it |
|---|---|
| `dice` | decisions by a seed, and how often each came up |
| `wire` | what a request to AWS asks for, and how each service words an error |
| `faults` | what may happen to a request, and to which |
| `contention` | DynamoDB's conflicts of transactions that meet at an item |
| `lag` | indexes that show yesterday's items |
| `proxy` | the server between the functions and AWS that lets all of that happen |
| `shop` | what customers and operators do, and what they were told |
| `nemesis` | kills, stops, jumps of time, repeated deliveries, schedules that pause and bunch |
| `books` | everything that all parties wrote down, read when all is quiet |
| `checks`, `money`, `linear` | what has to hold of it. Pure |
| `rounds`, `soak` | rounds of all that, by a seed, and the command |

docs/reliability.md says what is promised and what this cannot see.
"""
