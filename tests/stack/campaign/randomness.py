"""Seeded decisions.

Concurrent processes send their requests in an order that no run repeats. A seed therefore repeats the rates and kinds of faults and the commands of
clients, not a run to the letter. Each kind of decision has its own generator, so that one more decision of one kind does not change the others.
"""

import collections
import random
import threading
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")
# Rates are per mille.
CERTAIN = 1000


class Random:
    """The decisions of one seed. Thread-safe."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.counts: collections.Counter[str] = collections.Counter()
        self._generators: dict[str, random.Random] = {}
        self._lock = threading.Lock()

    def chance(self, name: str, per_mille: int) -> bool:
        """Returns whether an event with this rate happens now, and counts it if so."""
        with self._lock:
            happens = per_mille > 0 and self._of(name).randrange(CERTAIN) < per_mille
            self.counts[name] += happens
        return happens

    def between(self, name: str, least: float, most: float) -> float:
        """Returns a uniform number between two bounds."""
        with self._lock:
            return self._of(name).uniform(least, most)

    def pick(self, name: str, choices: Sequence[T]) -> T:
        """Returns one of the choices, uniformly."""
        with self._lock:
            return self._of(name).choice(choices)

    def weighted(self, name: str, weights: dict[T, int]) -> T:
        """Returns one of the keys, by weight."""
        with self._lock:
            return self._of(name).choices(list(weights), weights=list(weights.values()))[0]

    def sample(self, name: str, choices: Sequence[T], most: int) -> list[T]:
        """Returns one to `most` distinct choices."""
        with self._lock:
            generator = self._of(name)
            return generator.sample(choices, generator.randint(1, min(most, len(choices))))

    def _of(self, name: str) -> random.Random:
        if name not in self._generators:
            self._generators[name] = random.Random(f"{self.seed}/{name}")
        return self._generators[name]
