"""The project's language, as a ratchet of `make lint`: words that a reader would have to learn become fewer and never more.

`style.json` has how often each word stood in comments, pages and API texts when it was last lowered, and the pairs of files in one folder whose names
differ by an s. `WORDS` has what to write instead.
"""

import json
import re
import subprocess
from collections import Counter
from pathlib import Path

from holdfast.project import ROOT
from holdfast.report import Failure, say, step

ALLOWED = Path(__file__).with_name("style.json")
# What each word, or phrase, is to be replaced by.
WORDS = {
    "told": "returned, published, sent",
    "tells": "returns, publishes, states",
    "hears": "receives",
    "nobody": "no caller, no one",
    "whoever": "any caller, the caller that",
    "whatever": "any",
    "anew": "again",
    "called off": "cancelled",
    "set aside": "reserved",
    "sold once more": "re-reserved",
    "the shop": "the merchant, Holdfast",
    "the house": "the repository",
    "the desk": "the message queue",
    "the courier": "the delivery worker",
    "the keeper": "the stock writer",
    "the double": "the YooKassa stub",
}
RUST_COMMENT = re.compile(r"^\s*//[/!]?(.*)$", re.MULTILINE)
PYTHON_COMMENT = re.compile(r'^\s*#([^\n]*)$|"""(.*?)"""', re.MULTILINE | re.DOTALL)


def check() -> None:
    """Fails for a word that became more frequent, and for a new pair of files whose names differ by an s."""
    allowed = json.loads(ALLOWED.read_text())
    with step("counting words that need explaining") as current:
        counts, pairs = words(files()), similar(files())
        more = [f"{word}: {counts[word]}, allowed {allowed['words'].get(word, 0)} (write {WORDS[word]})" for word in WORDS if counts[word] > allowed["words"].get(word, 0)]
        news = [pair for pair in pairs if pair not in allowed["similar"]]
        current.end(f"{sum(counts.values())}, allowed {sum(allowed['words'].values())}")
    if more or news:
        raise Failure("the project's language became private again", "\n".join([*more, *(f"names that differ by an s: {pair}" for pair in news)]))
    if any(counts[word] < count for word, count in allowed["words"].items()) or any(pair not in pairs for pair in allowed["similar"]):
        say(f"  There are fewer than {ALLOWED.relative_to(ROOT)} allows: lower it, so that they stay away.")


def files() -> list[Path]:
    """Every file that is kept."""
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [ROOT / name for name in listed.splitlines()]


def words(paths: list[Path]) -> Counter[str]:
    """How often each word stands in what people read."""
    counts: Counter[str] = Counter()
    for path in paths:
        text = prose(path)
        counts.update({word: len(re.findall(rf"\b{word}\b", text, re.IGNORECASE)) for word in WORDS} if text else {})
    return counts


def prose(path: Path) -> str:
    """What people read of a file: comments of sources, pages, and the texts of YAML files."""
    match path.suffix:
        case ".rs":
            return "\n".join(RUST_COMMENT.findall(path.read_text()))
        case ".py" if path != Path(__file__):
            return "\n".join("".join(found) for found in PYTHON_COMMENT.findall(path.read_text()))
        case ".md" | ".yaml":
            return path.read_text()
    return ""


def similar(paths: list[Path]) -> list[str]:
    """Pairs of files in one folder whose names differ by an s."""
    known = {(path.parent, path.stem) for path in paths}
    return sorted(f"{folder.relative_to(ROOT)}/{stem}" for folder, stem in known if (folder, f"{stem}s") in known)
