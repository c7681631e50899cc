"""Reads events with the official Python SDK of CloudEvents: see docs/events.md.

Each argument is a file with a list of events as text, as a consumer got them. `cloud_events.mjs` reads them in JavaScript.
"""

import json
import sys
from pathlib import Path

from cloudevents.core.bindings.http import HTTPMessage, from_structured_event, to_structured_event
from cloudevents.v1.http import from_json

STRUCTURED = {"content-type": "application/cloudevents+json"}
# The types that attributes have in JSON.
SIMPLE = (str, bool, int)


def read(text: str) -> None:
    """Reads one event with both interfaces of the SDK; a refusal and a member that is lost are failures."""
    told = json.loads(text)
    event = from_structured_event(HTTPMessage(headers=STRUCTURED, body=text.encode()))
    assert event.get_id() == told["id"] and event.get_source() == told["source"], text
    assert event.get_type().rpartition(".v")[2] == str(told["version"]), text
    assert event.get_dataschema() == f"urn:holdfast:event:{event.get_type().replace('.v', ':v')}", text
    assert event.get_data() == told["data"], text
    objects = [name for name, value in told.items() if name != "data" and not isinstance(value, SIMPLE)]
    assert not objects, f"{objects} are no simple values: {text}"
    again = json.loads(to_structured_event(event).body)
    # Times are written with another count of digits.
    assert again.keys() == told.keys(), f"{again.keys() ^ told.keys()} got lost: {text}"
    older = from_json(text)
    assert older["id"] == told["id"] and older.data == told["data"], text


def main() -> None:
    """Reads the events of every file."""
    for path in map(Path, sys.argv[1:]):
        events = json.loads(path.read_text())
        for text in events:
            read(text)
        print(f"  the SDK in Python read {len(events)} events of {path.stem}")


if __name__ == "__main__":
    main()
