"""Makes the three virtual environments with exactly the locked packages. Run by the Makefile with the system's Python.

It imports nothing but the standard library, and stays readable to an old Python 3, so that a
machine with one gets a message about what is missing instead of a syntax error.
"""

import os
import shutil
import subprocess
import sys
import threading
import time

OLDEST_PYTHON = (3, 10)
ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
VENVS = os.path.join(ROOT, ".venv")
# Each environment with its list of exact versions.
LOCK_FILES = {
    "tools": ("tools", "requirements.txt"),
    "stack": ("tests", "stack", "requirements-stack.txt"),
    "api": ("tests", "stack", "requirements-api.txt"),
}
READY = os.path.join(VENVS, "ready")
# The environment that has the program `holdfast`, and the program's directory. It is installed by reference: a change needs no new installation.
PROGRAM = ("tools", os.path.join(ROOT, "tools"))


def lock_file(name):
    """Path of the list of packages of the environment `name`."""
    return os.path.join(ROOT, *LOCK_FILES[name])


def say(text):
    """Prints one line of progress at once, also into a pipe."""
    print("  " + text, flush=True)


def missing():
    """What this Python lacks, as a sentence that says how to get it; empty when it has all."""
    if sys.version_info < OLDEST_PYTHON:
        return "Python %d.%d or newer is needed; `%s` is %s. Set PYTHON=... to name another one." % (
            OLDEST_PYTHON + (sys.executable, sys.version.split()[0])
        )
    try:
        import ensurepip  # noqa: F401  (only its presence matters)
        import venv  # noqa: F401
    except ImportError:
        return (
            "Python's venv module is missing (`%s`). On Debian and Ubuntu: apt-get install python3-venv."
            % sys.executable
        )
    return ""


def make(name, failures):
    """Makes one environment from scratch; an error is added to `failures` as text."""
    directory = os.path.join(VENVS, name)
    shutil.rmtree(directory, ignore_errors=True)
    # Bytecode is made when a module is first used: compiling all of it would take longer than the download.
    install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-compile", "--no-deps"]
    python = os.path.join(directory, "bin", "python")
    commands = [
        [sys.executable, "-m", "venv", directory],
        [python] + install + ["--requirement", lock_file(name)],
    ]
    if name == PROGRAM[0]:
        commands.append([python] + install + ["--no-build-isolation", "--editable", PROGRAM[1]])
    for command in commands:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if done.returncode != 0:
            failures.append("%s\n%s" % (" ".join(command), done.stdout.strip()[-2000:]))
            return


def outdated(name):
    """Whether the environment is absent or older than its lock file."""
    stamp = os.path.join(VENVS, name, "locked.txt")
    try:
        with open(stamp) as made, open(lock_file(name)) as wanted:
            return made.read() != wanted.read() + sys.version
    except OSError:
        return True


def main():
    """Makes what is outdated, all at once; returns the exit code."""
    complaint = missing()
    if complaint:
        print("Cannot start: " + complaint, file=sys.stderr)
        return 1
    names = [name for name in LOCK_FILES if outdated(name)]
    if names:
        started = time.monotonic()
        say("making .venv with the locked tools (about a minute, once) ...")
        failures = []
        threads = [threading.Thread(target=make, args=(name, failures)) for name in names]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if failures:
            print("Cannot make .venv:\n" + "\n".join(failures), file=sys.stderr)
            return 1
        for name in names:
            with open(os.path.join(VENVS, name, "locked.txt"), "w") as made, open(lock_file(name)) as wanted:
                made.write(wanted.read() + sys.version)
        say("made .venv in %.1f s" % (time.monotonic() - started))
    with open(READY, "w") as ready:
        ready.write("Newer than the lock files: the environments are as they say.\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
