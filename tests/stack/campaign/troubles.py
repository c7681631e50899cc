"""What befalls the stack during a storm, beside the faults of single requests: deaths, stops, jumps of time, schedules that pause and bunch."""

import asyncio
import signal
import time
from dataclasses import dataclass

from stack.campaign.control import Nemesis
from stack.campaign.dice import Dice

PAUSE_SECONDS = (0.3, 2.0)
STOP_SECONDS = (0.3, 8.0)
# A jump in a storm is shorter than any window: time is let pass in the calm.
JUMP_SECONDS = (1, 45)
# How far functions' clocks are apart: hosts on AWS keep within milliseconds, and this is the margin that the code has to have.
SPREAD_SECONDS = 2
TROUBLES = {"kill": 40, "kill_two": 10, "stop": 18, "jump": 10, "pause": 8, "bunch": 14}
SCHEDULES = ("SweepExpiredOrders", "SweepExpiredReservations", "SweepOpenPayments", "CheckStockDrift")
# Faults of deliveries, so many times in a thousand.
DELIVERIES = {"duplicate": 80, "delay": 100, "fail_after": 50, "replay": 40, "split": 80, "reorder": 150}


@dataclass
class Troubles:
    """Troubles by the dice, until a moment of the monotonic clock."""

    nemesis: Nemesis
    dice: Dice

    async def last(self, until: float) -> None:
        """Makes trouble, and leaves nothing stopped or paused behind."""
        while time.monotonic() < until:
            await getattr(self, f"_{self.dice.weighted('trouble', TROUBLES)}")()
            await asyncio.sleep(self.dice.between("between troubles", *PAUSE_SECONDS))

    async def _kill(self, count: int = 1) -> None:
        processes = await asyncio.to_thread(self.nemesis.processes)
        # Those at work are the ones whose death is worth something.
        busy = [each for each in processes if each["busy"]] or processes
        for each in self.dice.sample("victims", busy, count) if busy else []:
            self.nemesis.signal(each, signal.SIGKILL)

    async def _kill_two(self) -> None:
        await self._kill(2)

    async def _stop(self) -> None:
        processes = [each for each in await asyncio.to_thread(self.nemesis.processes) if each["busy"]]
        if processes:
            victim = self.dice.pick("stopped", processes)
            if self.nemesis.signal(victim, signal.SIGSTOP):
                try:
                    await asyncio.sleep(self.dice.between("stop", *STOP_SECONDS))
                finally:
                    self.nemesis.signal(victim, signal.SIGCONT)

    async def _jump(self) -> None:
        await asyncio.to_thread(self.nemesis.pass_time, int(self.dice.between("jump", *JUMP_SECONDS)), SPREAD_SECONDS)

    async def _pause(self) -> None:
        await asyncio.to_thread(self.nemesis.pause_schedules, True)
        try:
            await asyncio.sleep(self.dice.between("schedules paused", *STOP_SECONDS))
        finally:
            await asyncio.to_thread(self.nemesis.pause_schedules, False)

    async def _bunch(self) -> None:
        await asyncio.to_thread(self.nemesis.run_schedule, self.dice.pick("schedule", SCHEDULES), self.dice.pick("times", (1, 2, 5)))
