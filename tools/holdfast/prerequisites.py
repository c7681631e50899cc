"""What this machine must have, checked before anything is started."""

import shutil

from holdfast.report import Failure

# Each command with why it is needed and how to get it.
COMMANDS = {
    "cargo": "Rust builds the functions: install it with rustup (https://rustup.rs)",
    "cc": "Rust links with a C compiler: apt-get install gcc libc6-dev, or xcode-select --install",
}


def check() -> None:
    """Fails with all that is missing at once."""
    missing = [f"  {name}: {why}" for name, why in COMMANDS.items() if shutil.which(name) is None]
    if missing:
        raise Failure("this machine lacks what the build needs:\n" + "\n".join(missing))
