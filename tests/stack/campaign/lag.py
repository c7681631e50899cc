"""Indexes that lag: a global secondary index is read eventually consistent and only so
(https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/GSI.html#GSI.Writes), so for a while it shows items as they were.

The emulator's indexes never lag. Here an answer shows of each item that was written a moment ago what the index last showed of it; what it never showed is left out.
"""

import collections
import json
import time
from dataclasses import dataclass, field
from typing import Any

from stack.campaign import contention
from stack.campaign.wire import Asked, Told

# The longest that an index is behind here. AWS names no bound: usually a fraction of a second.
LAG_SECONDS = 3.0
# How many items' former looks are kept.
REMEMBERED = 5_000


@dataclass
class Index:
    """What was written when, and what each index showed of it last."""

    written: collections.OrderedDict[str, float] = field(default_factory=collections.OrderedDict)
    shown: collections.OrderedDict[str, dict[str, Any]] = field(default_factory=collections.OrderedDict)

    def wrote(self, asked: Asked) -> None:
        """Notes that a write was sent."""
        if asked.operation in contention.PLAIN_WRITES or asked.operation == "TransactWriteItems":
            for key in contention.items(asked):
                _keep(self.written, key, time.monotonic())

    def is_index(self, asked: Asked) -> bool:
        """Returns whether a request reads an index."""
        return asked.operation in ("Query", "Scan") and bool(asked.body.get("IndexName"))

    def saw(self, asked: Asked, told: Told) -> None:
        """Notes what an index showed."""
        for item in _items(told):
            _keep(self.shown, self._key(asked, item), item)

    def behind(self, asked: Asked, told: Told) -> Told:
        """Returns the answer as it was a moment ago."""
        body = json.loads(told.body)
        if "Items" not in body:
            return told
        now, kept = time.monotonic(), []
        for item in body["Items"]:
            if now - self.written.get(contention.key_of(asked.body["TableName"], item), 0.0) > LAG_SECONDS:
                kept.append(item)
            elif former := self.shown.get(self._key(asked, item)):
                kept.append(former)
        headers = {name: value for name, value in told.headers.items() if name.lower() != "x-amz-crc32"}
        return Told(told.status, headers, json.dumps({**body, "Items": kept, "Count": len(kept)}).encode())

    @staticmethod
    def _key(asked: Asked, item: dict[str, Any]) -> str:
        return asked.body["IndexName"] + contention.key_of(asked.body["TableName"], item)


def _items(told: Told) -> list[dict[str, Any]]:
    return json.loads(told.body).get("Items", []) if told.status == 200 else []


def _keep(where: collections.OrderedDict[str, Any], key: str, value: Any) -> None:
    where[key] = value
    where.move_to_end(key)
    if len(where) > REMEMBERED:
        where.popitem(last=False)
