"""`make package`: the functions of one architecture, built for AWS, in one archive. A release carries one for each architecture."""

import gzip
import tarfile
from pathlib import Path

from holdfast import build
from holdfast.prerequisites import check
from holdfast.project import ROOT
from holdfast.report import Failure, say, step

ARCHITECTURES = ("arm64", "x86_64")
DIRECTORY = ROOT / "target" / "packages"


def make(architecture: str) -> None:
    """Builds the functions and archives them."""
    if architecture not in ARCHITECTURES:
        raise Failure(f"there is no architecture {architecture!r}", f"Use ARCHITECTURE={' or ARCHITECTURE='.join(ARCHITECTURES)}.")
    check()
    with step(f"building the functions for {architecture}", quiet=False):
        build.release(architecture)
        directories = build.binaries()
    DIRECTORY.mkdir(parents=True, exist_ok=True)
    archive = DIRECTORY / f"holdfast-{architecture}.tar.gz"
    with step("archiving them") as current:
        write(archive, [directory / "bootstrap" for directory in directories], ROOT)
        current.end(f"{len(directories)} functions")
    say(f"\n{archive.relative_to(ROOT)}")


def write(archive: Path, files: list[Path], root: Path) -> None:
    """Writes executable files into a .tar.gz, under their paths from `root`. The same files give the same bytes: no times, no owners, sorted."""
    with (
        archive.open("wb") as raw,
        gzip.GzipFile(filename="", fileobj=raw, mode="wb", mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as tar,
    ):
        for file in sorted(files):
            entry = tarfile.TarInfo(file.relative_to(root).as_posix())
            entry.size, entry.mode = file.stat().st_size, 0o755
            with file.open("rb") as content:
                tar.addfile(entry, content)
