"""The encoding of a file of products: looked at before anything is sent, and converted where it is named."""

import codecs
import tempfile
from typing import BinaryIO

from holdfast.report import Failure

CHUNK = 64 * 1024
UTF_8 = "utf-8"
# What files begin with that were saved as UTF-16 or UTF-32; the longer marks first, since they begin with the shorter ones.
MARKS = {
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
ADVICE = "Name the encoding that it was saved in: make import FILE={file} ENCODING={encoding}"


def check(file: BinaryIO, name: str) -> None:
    """Fails unless a file that was just opened is UTF-8 to its end; then it is at its beginning again."""
    beginning = file.read(max(map(len, MARKS)))
    for mark, encoding in MARKS.items():
        if beginning.startswith(mark):
            raise Failure(f"{name} is {encoding.upper()} and not UTF-8. Nothing was sent", ADVICE.format(file=name, encoding=encoding))
    file.seek(0)
    _decode(file, name, UTF_8, None)
    file.seek(0)


def converted(file: BinaryIO, name: str, encoding: str) -> BinaryIO:
    """A file with the text of `file` as UTF-8, which is gone when it is closed."""
    try:
        # Some codecs are of bytes, such as base64.
        "".encode(encoding)
    except LookupError:
        raise Failure(f"there is no encoding {encoding}", "Is it one of these? utf-8, utf-16, cp1251, koi8-r, cp866, cp1252") from None
    whole = tempfile.TemporaryFile()  # noqa: SIM115 (the caller closes it)
    try:
        _decode(file, name, encoding, whole)
    except Failure:
        whole.close()
        raise
    whole.seek(0)
    return whole


def _decode(file: BinaryIO, name: str, encoding: str, into: BinaryIO | None) -> None:
    """Reads a file to its end, and writes it as UTF-8; fails at the first byte that is none of the encoding's."""
    decoder = codecs.getincrementaldecoder(encoding)()
    line, at = 1, 0
    while True:
        chunk = file.read(CHUNK)
        waiting = len(decoder.getstate()[0])
        try:
            text = decoder.decode(chunk, final=not chunk)
        except UnicodeDecodeError as error:
            line += error.object[: error.start].decode(encoding, "replace").count("\n")
            byte = at - waiting + error.start + 1
            advice = ADVICE.format(file=name, encoding="cp1251") if encoding == UTF_8 else "It was saved in another one."
            raise Failure(f"{name} is not {encoding.upper()}: line {line}, byte {byte} of the file. Nothing was sent", advice) from error
        line += text.count("\n")
        at += len(chunk)
        if into:
            into.write(text.encode())
        if not chunk:
            return
