"""The saved state of a local stack: one directory for each save, and a link that names the last complete one.

A save is written beside the last one, and the link is replaced when the save is complete. So the link names a whole state, regardless of when a process is killed.
The emulator writes saves (`tests/stack/saving.py`); `local_stack.py` reads their age. Standard library only: the emulator's environment has nothing else.
"""

import contextlib
import json
import os
import shutil
import time
from dataclasses import asdict, dataclass
from pathlib import Path

# How often the emulator saves its state while it runs, if anything happened. One that is killed loses at most this time, and what came during the save.
SAVE_SECONDS = 30.0
# The environment variable that gives the emulator that number.
SAVE_SECONDS_VARIABLE = "HOLDFAST_SAVE_SECONDS"
# How long a save may take: this, or so many times as long as the last one took, whichever is more.
SAVE_PATIENCE_SECONDS = 60.0
SAVE_PATIENCE_FACTOR = 10
# Names the last complete save.
LATEST = "latest"
# Begins the name of each save's directory.
SAVE = "save-"
# When a save was made, and how long that took.
ABOUT = "about.json"
MINUTE, HOUR, DAY = 60, 3600, 86_400


@dataclass(frozen=True)
class About:
    """The time of a save, as an epoch time, and the seconds that it took. What changed after `at` is not in it."""

    at: float
    seconds: float = 0.0


def latest(state: Path) -> Path | None:
    """Returns the directory of the last complete save; `state` itself where an older version of this code left one; None without a save."""
    link = state / LATEST
    if link.is_dir():
        return link.resolve()
    return state if any(state.glob("*.json")) else None


def about(state: Path) -> About | None:
    """Returns the time of the last complete save, or None without one."""
    directory = latest(state)
    if directory is None:
        return None
    with contextlib.suppress(OSError, ValueError, TypeError):
        return About(**json.loads((directory / ABOUT).read_text()))
    return About(max((each.stat().st_mtime for each in directory.glob("*.json")), default=0.0))


def begin(state: Path) -> Path:
    """Makes the directory of a new save and removes those that were never completed."""
    state.mkdir(parents=True, exist_ok=True)
    _remove_others(state, latest(state))
    directory = state / f"{SAVE}{time.time_ns()}-{os.getpid()}"
    directory.mkdir()
    return directory


def write(file: Path, text: str) -> None:
    """Writes a file to the disk itself, so that no power failure leaves a link to an empty one."""
    with file.open("w") as output:
        output.write(text)
        output.flush()
        os.fsync(output.fileno())


def complete(directory: Path, made: About) -> None:
    """Makes this save the last one, in one step, and removes its predecessor."""
    state = directory.parent
    write(directory / ABOUT, json.dumps(asdict(made)))
    link = state / f"{LATEST}.{os.getpid()}"
    link.unlink(missing_ok=True)
    link.symlink_to(directory.name)
    os.replace(link, state / LATEST)
    _remove_others(state, directory)


def move(state: Path, former: int, port: int) -> None:
    """Makes the saved state that of an emulator on another port: queues are known by their whole address. The time of the save stays."""
    source, made = latest(state), about(state)
    if source is None or made is None:
        return
    directory = begin(state)
    for file in source.glob("*.json"):
        text = file.read_text()
        for host in ("localhost", "127.0.0.1"):
            text = text.replace(f"{host}:{former}/", f"{host}:{port}/")
        write(directory / file.name, text)
    complete(directory, made)


def patience(state: Path) -> float:
    """Returns how many seconds a save of this state may take: what the last one took is the measure of how much there is to save."""
    last = about(state)
    return max(SAVE_PATIENCE_SECONDS, SAVE_PATIENCE_FACTOR * last.seconds if last else 0.0)


def age(at: float, now: float | None = None) -> str:
    """Returns in words how long ago a moment was."""
    seconds = max(0.0, (time.time() if now is None else now) - at)
    for unit, name in ((DAY, "day"), (HOUR, "hour"), (MINUTE, "minute")):
        if seconds >= 2 * unit:
            return f"{seconds / unit:.0f} {name}s"
    return f"{seconds:.0f} second{'' if round(seconds) == 1 else 's'}"


def moment(at: float) -> str:
    """Returns an epoch time as this machine's clock shows it, with the date unless it is today's."""
    shown = time.localtime(at)
    today = shown[:3] == time.localtime()[:3]
    return time.strftime("%H:%M:%S" if today else "%Y-%m-%d %H:%M:%S", shown)


def _remove_others(state: Path, kept: Path | None) -> None:
    """Removes saves and links beside the one that is kept, and the files of a state that an older version of this code saved, unless that is kept."""
    for each in state.iterdir():
        if each.name.startswith(SAVE) and each.resolve() != (kept and kept.resolve()):
            shutil.rmtree(each, ignore_errors=True)
        elif each.name.startswith(f"{LATEST}.") or (kept and kept != state and each.suffix in (".json", ".tmp") and each.is_file()):
            each.unlink(missing_ok=True)
