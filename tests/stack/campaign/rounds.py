"""A round of the campaign: a storm with customers in it, then calm in which time passes until nothing is open, then the books are held against everything."""

import asyncio
import time
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

from stack.campaign import checks, faults, troubles
from stack.campaign.books import Sources
from stack.campaign.control import Nemesis, Provider
from stack.campaign.dice import Dice
from stack.campaign.history import History
from stack.campaign.proxy import Proxy
from stack.campaign.shop import Customer, Operator, Person, Shop, busy

CUSTOMERS, OPERATORS, WARES = 8, 2, 5
STORM_SECONDS = 25.0
# How strong a storm is: multiples of the usual chances.
STRENGTHS = (0.3, 1.0, 1.0, 2.0)
# How much time passes at each step of the calm, in seconds: windows to pay, leases, keys and retries of refunds end (docs/limits.md).
STEPS = (700, 300, 1_000, 1_800, 3_600, 7_200, 14_400, 22_000, 22_000, 90_000, 90_000)
QUIET_SECONDS = 60.0
QUIET_POLL_SECONDS = 0.25
# What is sent again after its time was over is done within so many tries.
REDRIVE = "/api/v1/admin/dead-letters/redrive"
# What the provider does wrong, so many times in a thousand, and how its payers behave.
TEMPER = {
    "refuse": 25, "stay_pending": 60, "pay_after_cancel": 60, "outage": 3, "repeat_first_answer": 30, "forget_keys": 0, "second_payment": 8,
    "duplicate_notification": 150, "late_notification": 150, "notification_before_answer": 120, "lost_notification": 120,
    "fail_before": 30, "fail_after": 40, "drop_before": 20, "drop_after": 40, "throttle": 25, "delay": 80,
}  # fmt: skip
PAYERS = {"pay": 550, "decline": 150, "abandon": 300, "after_ms": 8_000}


@dataclass
class Stage:
    """What a campaign works on."""

    shop_url: str
    operator: tuple[str, str]
    proxy: Proxy
    nemesis: Nemesis
    provider: Provider
    sources: Sources


@dataclass
class Round:
    """What one round did and found."""

    seed: int
    history: History
    strength: float
    violations: list[str] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0
    passed_seconds: int = 0


async def play(stage: Stage, seed: int, storm_seconds: float = STORM_SECONDS) -> Round:
    """Plays one round."""
    began, offset, dice, history = time.monotonic(), stage.nemesis.offset, Dice(seed), History()
    done = Round(seed, history, dice.pick("strength", STRENGTHS))
    stage.sources.since = _written(stage.nemesis.now())
    shop = Shop(stage.shop_url, dice, history, stage.operator)
    await shop.open()
    try:
        operators = [Person(shop, f"operator{number}", *stage.operator) for number in range(OPERATORS)]
        await shop.stock_up(operators[0], WARES)
        customers = [await Person.register(shop, f"customer{number}") for number in range(CUSTOMERS)]
        await _storm(stage, dice, done.strength, [*(Customer(each).wish for each in customers), *(Operator(each).wish for each in operators)], storm_seconds)
        await _calm(stage, shop, operators[0], done)
    finally:
        await shop.close()
    done.counts, done.seconds, done.passed_seconds = dict(dice.counts), time.monotonic() - began, stage.nemesis.offset - offset
    return done


async def _storm(stage: Stage, dice: Dice, strength: float, wishes: list[Any], seconds: float) -> None:
    """All that can go wrong goes wrong, while everybody wishes."""
    until = time.monotonic() + seconds
    stage.proxy.weather = faults.rough(dice, strength)
    chances = {name: round(chance * strength) for name, chance in TEMPER.items()}
    await asyncio.to_thread(stage.provider.temper, {"seed": dice.seed, "chances": chances, "payers": PAYERS})
    await asyncio.to_thread(stage.nemesis.rules, dice.seed, {name: round(chance * strength) for name, chance in troubles.DELIVERIES.items()})
    try:
        await asyncio.gather(troubles.Troubles(stage.nemesis, dice).last(until), *(busy(wish, dice, until) for wish in wishes))
    finally:
        stage.proxy.weather = faults.calm(dice)
        await asyncio.to_thread(stage.nemesis.rules, dice.seed, {})
        await asyncio.to_thread(stage.provider.settle)
        await asyncio.to_thread(stage.nemesis.pass_time, 0)


async def _calm(stage: Stage, shop: Shop, operator: Person, done: Round) -> None:
    """Time passes until nothing is open any more; what is still wrong then is wrong."""
    for step in STEPS:
        await asyncio.to_thread(stage.nemesis.pass_time, step)
        for schedule in troubles.SCHEDULES:
            await asyncio.to_thread(stage.nemesis.run_schedule, schedule)
        await _quiet(stage)
        await operator.ask("POST", REDRIVE, {})
        await _quiet(stage)
        books = await asyncio.to_thread(stage.sources.read, done.history, shop.skus, _written(stage.nemesis.now()))
        done.violations = checks.violations(books, done.history, shop.skus)
        # What is only open may still end; everything else will not become right by waiting, but waiting does not hide it either.
        if not done.violations:
            return


async def _quiet(stage: Stage) -> None:
    """Waits until nothing is under way, as long as is reasonable: what still is shows in the books."""
    until = time.monotonic() + QUIET_SECONDS
    calm = 0
    while time.monotonic() < until and calm < 2:
        calm = calm + 1 if not await asyncio.to_thread(stage.nemesis.quiet) else 0
        await asyncio.sleep(QUIET_POLL_SECONDS)


def _written(seconds: float) -> str:
    """A time as the system writes it."""
    return datetime.fromtimestamp(seconds, timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
