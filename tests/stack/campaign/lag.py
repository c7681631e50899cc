"""Eventually consistent indexes: a global secondary index supports no other reads
(https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/GSI.html#GSI.Writes).

The emulator's indexes are always current. Here a read that is behind returns recently written items as the index last returned them, and leaves new items out.
"""

import collections
import json
import time
from dataclasses import dataclass, field
from typing import Any

from stack.campaign import contention
from stack.campaign.protocol import AwsRequest, AwsResponse

# How far an index is behind at most. AWS documents no bound; a fraction of a second is usual.
LAG_SECONDS = 3.0
# The number of items whose last images are kept.
REMEMBERED = 5_000


@dataclass
class Index:
    """The times of writes, and the image of each item that an index returned last."""

    written: collections.OrderedDict[str, float] = field(default_factory=collections.OrderedDict)
    shown: collections.OrderedDict[str, dict[str, Any]] = field(default_factory=collections.OrderedDict)

    def wrote(self, aws_request: AwsRequest) -> None:
        """Records a write."""
        if aws_request.operation in contention.PLAIN_WRITES or aws_request.operation == "TransactWriteItems":
            for key in contention.items(aws_request):
                _keep(self.written, key, time.monotonic())

    def is_index(self, aws_request: AwsRequest) -> bool:
        """Returns whether the request reads an index."""
        return aws_request.operation in ("Query", "Scan") and bool(aws_request.body.get("IndexName"))

    def saw(self, aws_request: AwsRequest, response: AwsResponse) -> None:
        """Records the items that an index returned."""
        for item in _items(response):
            _keep(self.shown, self._key(aws_request, item), item)

    def behind(self, aws_request: AwsRequest, response: AwsResponse) -> AwsResponse:
        """Returns the response as it was before the latest writes."""
        body = json.loads(response.body)
        if "Items" not in body:
            return response
        now, kept = time.monotonic(), []
        for item in body["Items"]:
            if now - self.written.get(contention.key_of(aws_request.body["TableName"], item), 0.0) > LAG_SECONDS:
                kept.append(item)
            elif former := self.shown.get(self._key(aws_request, item)):
                kept.append(former)
        headers = {name: value for name, value in response.headers.items() if name.lower() != "x-amz-crc32"}
        return AwsResponse(response.status, headers, json.dumps({**body, "Items": kept, "Count": len(kept)}).encode())

    @staticmethod
    def _key(aws_request: AwsRequest, item: dict[str, Any]) -> str:
        return aws_request.body["IndexName"] + contention.key_of(aws_request.body["TableName"], item)


def _items(response: AwsResponse) -> list[dict[str, Any]]:
    return json.loads(response.body).get("Items", []) if response.status == 200 else []


def _keep(where: collections.OrderedDict[str, Any], key: str, value: Any) -> None:
    where[key] = value
    where.move_to_end(key)
    if len(where) > REMEMBERED:
        where.popitem(last=False)
