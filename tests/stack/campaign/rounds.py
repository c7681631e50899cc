"""One round of the campaign: faults, recovery, check."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

from stack.campaign import checks, faults, process_faults
from stack.campaign.clients import Customer, Operator, Person, Store, repeat
from stack.campaign.control import Nemesis, Provider
from stack.campaign.history import History
from stack.campaign.proxy import Proxy
from stack.campaign.randomness import Random
from stack.campaign.snapshot import SnapshotReader

CUSTOMERS, OPERATORS, WARES = 8, 2, 5
FAULT_SECONDS = 25.0
# Factors of the fault rates.
STRENGTHS = (0.3, 1.0, 1.0, 2.0)
# Clock advances of the recovery, in seconds: payment windows, leases, idempotency keys and refund retries end (docs/limits.md).
STEPS = (700, 300, 1_000, 1_800, 3_600, 7_200, 14_400, 22_000, 22_000, 90_000, 90_000)
# When an update of the whole stack begins, in seconds after the faults.
UPDATE_SECONDS = (2.0, 12.0)
# Rounds with an update, per mille.
UPDATE_RATE = 500
QUIET_SECONDS = 60.0
QUIET_POLL_SECONDS = 0.25
REDRIVE_ROUTE = "/api/v1/admin/dead-letters/redrive"
# Rates per mille of the provider's faults, and of what its payers do.
TEMPER = {
    "refuse": 25, "stay_pending": 60, "pay_after_cancel": 60, "outage": 3, "repeat_first_answer": 30, "forget_keys": 0, "second_payment": 8,
    "duplicate_notification": 150, "late_notification": 150, "reordered_notification": 100, "notification_before_answer": 120, "lost_notification": 120,
    "fail_before": 30, "fail_after": 40, "drop_before": 20, "drop_after": 40, "throttle": 25, "delay": 80,
}  # fmt: skip
PAYERS = {"pay": 550, "decline": 150, "abandon": 300, "after_ms": 8_000}


@dataclass
class Environment:
    """A hostile stack with its controls."""

    api_url: str
    operator: tuple[str, str]
    proxy: Proxy
    nemesis: Nemesis
    provider: Provider
    reader: SnapshotReader
    # Takes the next step of a rotation of the signing key, which updates every function's configuration.
    rotate: Callable[[], None]


@dataclass
class Round:
    """The result of a round."""

    seed: int
    history: History
    strength: float
    violations: list[str] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0
    passed_seconds: int = 0


async def play(environment: Environment, seed: int, fault_seconds: float = FAULT_SECONDS) -> Round:
    """Plays one round."""
    began, offset, rng, history = time.monotonic(), environment.nemesis.offset, Random(seed), History()
    done = Round(seed, history, rng.pick("strength", STRENGTHS))
    environment.reader.since = _written(environment.nemesis.now())
    store = Store(environment.api_url, rng, history)
    await store.open()
    try:
        operators = [Person(store, f"operator{number}", *environment.operator) for number in range(OPERATORS)]
        await store.stock_up(operators[0], WARES)
        customers = [await Person.register(store, f"customer{number}") for number in range(CUSTOMERS)]
        await _inject(environment, rng, done.strength, [*(Customer(each).act for each in customers), *(Operator(each).act for each in operators)], fault_seconds)
        await _recover(environment, store, operators[0], done)
    finally:
        await store.close()
    done.counts, done.seconds, done.passed_seconds = dict(rng.counts), time.monotonic() - began, environment.nemesis.offset - offset
    return done


async def _inject(environment: Environment, rng: Random, strength: float, actors: list[Any], seconds: float) -> None:
    """Injects all faults while the clients send requests."""
    until = time.monotonic() + seconds
    environment.proxy.plan = faults.all_faults(rng, strength)
    chances = {name: round(chance * strength) for name, chance in TEMPER.items()}
    await asyncio.to_thread(environment.provider.temper, {"seed": rng.seed, "chances": chances, "payers": PAYERS})
    await asyncio.to_thread(environment.nemesis.rules, rng.seed, {name: round(chance * strength) for name, chance in process_faults.DELIVERIES.items()})
    try:
        await asyncio.gather(process_faults.ProcessFaults(environment.nemesis, rng).last(until), _update(environment, rng), *(repeat(act, rng, until) for act in actors))
    finally:
        environment.proxy.plan = faults.no_faults(rng)
        await asyncio.to_thread(environment.nemesis.rules, rng.seed, {})
        await asyncio.to_thread(environment.provider.settle)
        await asyncio.to_thread(environment.nemesis.pass_time, 0)


async def _update(environment: Environment, rng: Random) -> None:
    """Rotates keys and updates all functions while they work, in half of the rounds. What a step leaves good, the next round's step ends."""
    if rng.chance("update of all functions", UPDATE_RATE):
        await asyncio.sleep(rng.between("before the update", *UPDATE_SECONDS))
        await asyncio.to_thread(environment.rotate)


async def _recover(environment: Environment, store: Store, operator: Person, done: Round) -> None:
    """Advances the clock until all invariants hold, or all steps are used."""
    for step in STEPS:
        await asyncio.to_thread(environment.nemesis.pass_time, step)
        for schedule in process_faults.SCHEDULES:
            await asyncio.to_thread(environment.nemesis.run_schedule, schedule)
        await _quiet(environment)
        await operator.ask("POST", REDRIVE_ROUTE, {})
        await _quiet(environment)
        snapshot = await asyncio.to_thread(environment.reader.read, done.history, store.skus, _written(environment.nemesis.now()))
        done.violations = checks.violations(snapshot, done.history, store.skus)
        # A later step can only resolve what is pending: no other violation disappears by waiting.
        if not done.violations:
            return


async def _quiet(environment: Environment) -> None:
    """Waits until the stack is idle, or for QUIET_SECONDS: the check then reports what is stuck."""
    until = time.monotonic() + QUIET_SECONDS
    idle = 0
    while time.monotonic() < until and idle < 2:
        idle = 0 if await asyncio.to_thread(environment.nemesis.quiet) else idle + 1
        await asyncio.sleep(QUIET_POLL_SECONDS)


def _written(seconds: float) -> str:
    """Formats a time as the system does."""
    return datetime.fromtimestamp(seconds, timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
