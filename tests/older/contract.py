"""Records which rows of an older contract a client exercised: those that work as its document has them, and those that differ."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field

from holdfast.report import Failure


@dataclass
class Contract:
    """One older contract under test.

    `heading` is its section in docs/migrating.md. `differs` has a row of that section's table of differences for each difference, in the same words.
    """

    heading: str
    differs: dict[str, str]
    served: set[str] = field(default_factory=set)
    differing: set[str] = field(default_factory=set)

    @contextlib.contextmanager
    def row(self, name: str) -> Iterator[None]:
        """Runs requests of one row, as the document has them. A failure names the row."""
        with self._named(name):
            yield
        self.served.add(name)

    @contextlib.contextmanager
    def difference(self, name: str) -> Iterator[None]:
        """Shows one difference, which has to stand in `differs`."""
        if name not in self.differs:
            raise Failure(f"{self.heading}: no difference is described for {name}")
        with self._named(f"the difference of {name}"):
            yield
        self.differing.add(name)

    @contextlib.contextmanager
    def _named(self, what: str) -> Iterator[None]:
        try:
            yield
        except (AssertionError, KeyError, TypeError, ValueError, IndexError) as error:
            raise Failure(f"{self.heading}: {what}: {error!r}") from error
