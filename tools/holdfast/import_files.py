"""Reads a file of products of any size piece by piece: NDJSON, a JSON array, or a CSV table.

Nothing is judged here: what stands in a line is sent on as it is, and the API says what is wrong with it. Only a file that
cannot be taken apart into lines ends the reading.
"""

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

# The API takes no longer line; what is cut off there is refused there.
MAX_LINE = 128 * 1024
CHUNK = 64 * 1024
# Bytes that are no text go through as they are, for the API to name the line that they stand in.
ENCODING, ERRORS = "utf-8", "surrogateescape"
BYTE_ORDER_MARK = "\ufeff"


class BrokenFile(Exception):
    """The file cannot be read from this line on."""

    def __init__(self, line: int, reason: str):
        super().__init__(reason)
        self.line = line
        self.reason = reason


@dataclass(frozen=True)
class Line:
    """What is sent for one product, where it stands in the file, and which product it is, as far as that can be read."""

    number: int
    text: bytes
    sku: str


@dataclass(frozen=True)
class Source:
    """The lines of a file, and how they are sent."""

    content_type: str
    lines: Iterator[Line]
    # Goes before the lines of each request.
    header: bytes = b""


def read(file: BinaryIO, name: str) -> Source:
    """Returns the lines of an open file. The suffix of its name gives the format; a name without one, such as `-`, means NDJSON."""
    suffix = Path(name).suffix.lower()
    if suffix == ".csv":
        return _table(file)
    lines = _elements(file) if suffix == ".json" else _ndjson(file)
    return Source("application/x-ndjson", lines)


def _ndjson(file: BinaryIO) -> Iterator[Line]:
    number = 0
    while text := file.readline(MAX_LINE + 2):
        number += 1
        if not text.endswith(b"\n"):
            # Longer than any line that is taken, or the last: pass over what is left of it.
            while (rest := file.readline(CHUNK)) and not rest.endswith(b"\n"):
                pass
        if number == 1:
            text = text.removeprefix(BYTE_ORDER_MARK.encode())
        if text.strip():
            yield Line(number, text.strip() + b"\n", _sku(text))


def _elements(file: BinaryIO) -> Iterator[Line]:
    """The elements of an array, each on one line, otherwise exactly as they are written."""
    window = _Window(file)
    if window.next() == BYTE_ORDER_MARK:
        window.skip()
    window.expect("[", "is not a JSON array")
    if window.next() == "]":
        window.skip()
    else:
        while True:
            window.next()
            number, text = window.element()
            # Line breaks stand between the parts of an element: a string has none.
            yield Line(number, text.replace("\n", " ").replace("\r", " ").encode(ENCODING, ERRORS) + b"\n", _sku(text))
            if window.next() == "]":
                window.skip()
                break
            window.expect(",", "has neither a comma nor the end of the array")
    if window.next():
        raise BrokenFile(window.line, "the array has ended, and something follows")


class _Window:
    """The part of a JSON text that is being looked at."""

    def __init__(self, file: BinaryIO):
        self.file = io.TextIOWrapper(file, newline="", encoding=ENCODING, errors=ERRORS)
        self.text = ""
        self.at = 0
        self.line = 1
        self.decoder = json.JSONDecoder()

    def next(self) -> str:
        """The next character that is not white space; nothing at the end."""
        while True:
            while self.at < len(self.text) and self.text[self.at] in " \t\r\n":
                self.skip()
            if self.at < len(self.text) or not self.more():
                return self.text[self.at : self.at + 1]

    def skip(self, count: int = 1) -> str:
        """Passes over characters, and answers them."""
        passed = self.text[self.at : self.at + count]
        self.line += passed.count("\n")
        self.at += count
        return passed

    def expect(self, character: str, complaint: str) -> None:
        """Passes over a character that has to come."""
        if self.next() != character:
            raise BrokenFile(self.line, complaint)
        self.skip()

    def element(self) -> tuple[int, str]:
        """Passes over the value that begins here; its line and its text."""
        number = self.line
        while True:
            try:
                _, end = self.decoder.raw_decode(self.text, self.at)
                whole = end < len(self.text)
            except ValueError:
                end, whole = 0, False
            # What ends with the window may go on after it, as a number does.
            if whole or (len(self.text) - self.at > 2 * MAX_LINE or not self.more()):
                if not end:
                    raise BrokenFile(number, "is not JSON, or never ends")
                return number, self.skip(end - self.at)

    def more(self) -> bool:
        """Reads on; whether there was anything."""
        read = self.file.read(CHUNK)
        self.text, self.at = self.text[self.at :] + read, 0
        return bool(read)


def _sku(text: bytes | str) -> str:
    """Returns the product of a JSON line; empty when the line names none."""
    try:
        sku = json.loads(text)["id"]
    except (ValueError, TypeError, KeyError):
        return ""
    return sku if isinstance(sku, str) else ""


class _Tee:
    """The lines of a text, kept until they are taken."""

    def __init__(self, file: BinaryIO):
        self.file = io.TextIOWrapper(file, newline="", encoding=ENCODING, errors=ERRORS)
        self.kept: list[str] = []
        self.read = 0

    def __iter__(self) -> "_Tee":
        return self

    def __next__(self) -> str:
        line = next(self.file)
        if not self.read:
            line = line.removeprefix(BYTE_ORDER_MARK)
        self.kept.append(line)
        self.read += 1
        return line

    def take(self) -> tuple[int, bytes]:
        """The lines read since the last time: the number of the first, and their text, ended as every system understands."""
        number, text = self.read - len(self.kept) + 1, "".join(self.kept)
        self.kept = []
        return number, text.rstrip("\r\n").encode(ENCODING, ERRORS) + b"\n"


def _table(file: BinaryIO) -> Source:
    tee = _Tee(file)
    records = csv.reader(tee)
    try:
        names = next((record for record in records if record), [])
    except csv.Error as error:
        raise BrokenFile(1, str(error)) from error
    _, header = tee.take()
    return Source("text/csv", _records(tee, records, names), header)


def _records(tee: _Tee, records: Iterator[list[str]], names: list[str]) -> Iterator[Line]:
    column = names.index("id") if "id" in names else None
    while True:
        try:
            record = next(records, None)
        except csv.Error as error:
            raise BrokenFile(tee.take()[0], f"{error}; is a quotation mark not closed?") from error
        if record is None:
            return
        number, text = tee.take()
        if record:
            yield Line(number, text, record[column] if column is not None and column < len(record) else "")
