"""Faults of processes, clocks and schedules: kills, stops, clock jumps, paused and bunched schedules."""

import asyncio
import signal
import time
from dataclasses import dataclass

from stack.campaign.control import Nemesis
from stack.campaign.randomness import Random

PAUSE_SECONDS = (0.3, 2.0)
STOP_SECONDS = (0.3, 8.0)
# Shorter than any time limit of the system: recovery advances the clock further.
JUMP_SECONDS = (1, 45)
# Clock skew of functions. Hosts on AWS keep within milliseconds.
SPREAD_SECONDS = 2
ACTIONS = {"kill": 40, "kill_two": 10, "stop": 18, "jump": 10, "pause": 8, "bunch": 14}
SCHEDULES = ("SweepExpiredOrders", "SweepExpiredReservations", "SweepOpenPayments", "CheckStockDrift")
# Rates per mille of delivery faults.
DELIVERIES = {"duplicate": 80, "delay": 100, "fail_after": 50, "replay": 40, "split": 80, "reorder": 150}


@dataclass
class ProcessFaults:
    """Injects faults at random."""

    nemesis: Nemesis
    rng: Random

    async def last(self, until: float) -> None:
        """Injects faults until a time of the monotonic clock. No process stays stopped, no schedule paused."""
        while time.monotonic() < until:
            await getattr(self, f"_{self.rng.weighted('action', ACTIONS)}")()
            await asyncio.sleep(self.rng.between("between process_faults", *PAUSE_SECONDS))

    async def _kill(self, count: int = 1) -> None:
        processes = await asyncio.to_thread(self.nemesis.processes)
        # The death of an idle process tests nothing.
        busy = [each for each in processes if each["busy"]] or processes
        for each in self.rng.sample("victims", busy, count) if busy else []:
            self.nemesis.signal(each, signal.SIGKILL)

    async def _kill_two(self) -> None:
        await self._kill(2)

    async def _stop(self) -> None:
        processes = [each for each in await asyncio.to_thread(self.nemesis.processes) if each["busy"]]
        if processes:
            victim = self.rng.pick("stopped", processes)
            if self.nemesis.signal(victim, signal.SIGSTOP):
                try:
                    await asyncio.sleep(self.rng.between("stop", *STOP_SECONDS))
                finally:
                    self.nemesis.signal(victim, signal.SIGCONT)

    async def _jump(self) -> None:
        await asyncio.to_thread(self.nemesis.pass_time, int(self.rng.between("jump", *JUMP_SECONDS)), SPREAD_SECONDS)

    async def _pause(self) -> None:
        await asyncio.to_thread(self.nemesis.pause_schedules, True)
        try:
            await asyncio.sleep(self.rng.between("schedules paused", *STOP_SECONDS))
        finally:
            await asyncio.to_thread(self.nemesis.pause_schedules, False)

    async def _bunch(self) -> None:
        await asyncio.to_thread(self.nemesis.run_schedule, self.rng.pick("schedule", SCHEDULES), self.rng.pick("times", (1, 2, 5)))
