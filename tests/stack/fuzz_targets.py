"""`make fuzz-parsers`: libFuzzer on everything that reads foreign bytes, one family after the other (docs/reliability-fuzz.md).

The seeds are in tests/fuzz/corpus, inputs that broke something in tests/fuzz/found, and what a run learned beside them in target/fuzz-parsers.
"""

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from holdfast import process
from holdfast.invoke import EVENTS
from holdfast.project import ROOT, tool_environment
from holdfast.report import Failure, say, step

CRATE = ROOT / "tests" / "fuzz"
CORPUS, FOUND = CRATE / "corpus", CRATE / "found"
# The compiled families, and what runs on this machine have learned. Neither is kept in the repository.
TARGET = ROOT / "target" / "fuzz-parsers"
LEARNED = TARGET / "learned"
TOOL_ROOT = ROOT / "target" / "tools"
TOOL, VERSION = "cargo-fuzz", "0.13.2"
# The longest input, in bytes, and the seconds after which one input is taken to hang.
LONGEST_INPUT, HANG_SECONDS = 16_384, 20
# There is no unsafe code to sanitize: what is looked for is panics, overflows and broken promises.
BUILD = ("--fuzz-dir", str(CRATE), "--target-dir", str(TARGET), "--sanitizer", "none", "--codegen-units", "8", "--features", "libfuzzer")
# The families whose inputs name a function: each begins with every function's sample.
BY_ROUTE = ("requests", "records")
EXECUTED = re.compile(r"stat::number_of_executed_units:\s*(\d+)")
COVERAGE = re.compile(r"\bcov: (\d+)")


@dataclass(frozen=True)
class Run:
    """What became of one family's run."""

    name: str
    executions: int
    # Edges of the program that some input reached.
    edges: int
    found: tuple[Path, ...]

    def line(self) -> str:
        """Returns the run as one line of a table."""
        found = ", ".join(str(path.relative_to(ROOT)) for path in self.found)
        return f"  {self.name:<16}{self.executions:>12,} inputs{self.edges:>10,} edges  {found or 'no fault'}"


def fuzz(minutes: float, family: str = "") -> None:
    """Runs every family, or the one called `family`, for so many minutes each, after the kept inputs of all families."""
    names = families()
    if family and family not in names:
        raise Failure(f"there is no family {family}", f"There are: {', '.join(names)}")
    chosen = [family] if family else names
    with step("installing cargo-fuzz", quiet=False):
        install()
    # cargo-fuzz needs flags that the stable compiler takes only with RUSTC_BOOTSTRAP.
    environment = {**tool_environment(), "RUSTC_BOOTSTRAP": "1", "PATH": f"{TOOL_ROOT / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}"}
    with step("building the families", quiet=False):
        process.run(["cargo", "fuzz", "build", *BUILD], environment, ROOT, "building the families")
    runs = [_run(name, minutes, environment) for name in chosen]
    say(f"\n{minutes:g} minutes for each family:")
    for run in runs:
        say(run.line())
    broken = [run.name for run in runs if run.found]
    if broken:
        raise Failure(f"inputs break {', '.join(broken)}", "Fix the fault, and keep the input: tests/fuzz/tests/corpora.rs runs it from then on.")


def families() -> list[str]:
    """Returns the names of the families: those of their programs."""
    return sorted(path.stem for path in (CRATE / "fuzz_targets").glob("*.rs"))


def install() -> None:
    """Installs cargo-fuzz into target/tools, unless it is there in the pinned version."""
    tool = TOOL_ROOT / "bin" / TOOL
    if tool.exists() and subprocess.run([str(tool), "--version"], capture_output=True, text=True).stdout.split() == [TOOL, VERSION]:
        return
    process.run(["cargo", "install", "--locked", "--root", str(TOOL_ROOT), "--version", VERSION, TOOL], tool_environment(), ROOT, "installing cargo-fuzz")


def _run(name: str, minutes: float, environment: dict[str, str]) -> Run:
    """Runs one family. Kept inputs are read and not changed."""
    learned, found = LEARNED / name, FOUND / name
    learned.mkdir(parents=True, exist_ok=True)
    found.mkdir(parents=True, exist_ok=True)
    before = set(found.iterdir())
    if name in BY_ROUTE:
        for sample in EVENTS.glob("*.json"):
            (learned / sample.stem).write_text(f"{sample.stem}\n\n")
    seeds = [str(directory) for directory in (CORPUS / name, found)]
    options = [f"-max_total_time={round(minutes * 60)}", f"-max_len={LONGEST_INPUT}", f"-timeout={HANG_SECONDS}", "-rss_limit_mb=4096"]
    options += ["-print_final_stats=1", f"-artifact_prefix={found}/"]
    program = _program(name)
    with step(f"fuzzing {name}"):
        done = subprocess.run([str(program), *options, str(learned), *seeds], env=environment, cwd=ROOT, capture_output=True, text=True, errors="replace")
    new = tuple(sorted(set(found.iterdir()) - before))
    executions, edges = statistics(done.stderr)
    if done.returncode != 0 and not new:
        raise Failure(f"the family {name} ended with {done.returncode}:\n{done.stderr[-2_000:]}")
    if new:
        say(done.stderr[-2_000:])
    if not any(found.iterdir()):
        shutil.rmtree(found)
    return Run(name, executions, edges, new)


def _program(name: str) -> Path:
    """Returns where cargo-fuzz put a family's program: under the name of the machine that it is for."""
    built = sorted(TARGET.glob(f"*/release/{name}"))
    if not built:
        raise Failure(f"the family {name} was not built in {TARGET.relative_to(ROOT)}/")
    return built[0]


def statistics(output: str) -> tuple[int, int]:
    """Returns how many inputs libFuzzer ran and how many edges they reached, from what it printed."""
    executed, covered = EXECUTED.findall(output), COVERAGE.findall(output)
    return int(executed[-1]) if executed else 0, int(covered[-1]) if covered else 0
