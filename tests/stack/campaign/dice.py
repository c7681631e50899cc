"""Decisions by a seed.

Requests of many functions come in an order that nobody repeats, so a seed does not repeat a run to the letter: it repeats how often, and of what kinds, and what
customers wish for. Each kind of decision has a generator of its own, so that one more decision of one kind leaves the others as they were.
"""

import collections
import random
import threading
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")
# Chances are given as so many times in this many.
CERTAIN = 1000


class Dice:
    """One seed's decisions. Threads may share it."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.counts: collections.Counter[str] = collections.Counter()
        self._generators: dict[str, random.Random] = {}
        self._lock = threading.Lock()

    def chance(self, name: str, per_mille: int) -> bool:
        """Returns whether something that happens so many times in a thousand happens now, and counts it when it does."""
        with self._lock:
            happens = per_mille > 0 and self._of(name).randrange(CERTAIN) < per_mille
            self.counts[name] += happens
        return happens

    def between(self, name: str, least: float, most: float) -> float:
        """Returns a number between two, both included."""
        with self._lock:
            return self._of(name).uniform(least, most)

    def pick(self, name: str, choices: Sequence[T]) -> T:
        """Returns one of several, each as likely."""
        with self._lock:
            return self._of(name).choice(choices)

    def weighted(self, name: str, weights: dict[T, int]) -> T:
        """Returns one of several, each as likely as it weighs."""
        with self._lock:
            return self._of(name).choices(list(weights), weights=list(weights.values()))[0]

    def sample(self, name: str, choices: Sequence[T], most: int) -> list[T]:
        """Returns one to `most` different ones of several."""
        with self._lock:
            generator = self._of(name)
            return generator.sample(choices, generator.randint(1, min(most, len(choices))))

    def _of(self, name: str) -> random.Random:
        if name not in self._generators:
            self._generators[name] = random.Random(f"{self.seed}/{name}")
        return self._generators[name]
