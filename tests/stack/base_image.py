"""The image that `sam local` builds on, made of this machine's own files, so that nothing is pulled.

`sam` puts its runtime interface emulator into the image with a shell, `mv` and `chmod`. A function wants the C library and, to speak TLS, the certificates
that it trusts. That is all there is in it.
"""

import io
import platform
import re
import shutil
import subprocess
import tarfile
from pathlib import Path

from holdfast.project import host_architecture
from holdfast.report import Failure

IMAGE = "public.ecr.aws/lambda/provided:al2023-{}"
PROGRAMS = ("sh", "mv", "chmod")
# Libraries that a function may ask for although no program above does.
LIBRARIES = ("libpthread.so.0", "libdl.so.2", "libm.so.6", "librt.so.1", "libgcc_s.so.1")
# Where systems keep the certificates that they trust, and where Lambda's own has them.
CERTIFICATES = ("/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt")
# The library's path in a line of ldd or ldconfig.
LIBRARY = re.compile(r"(/\S+\.so[\w.-]*)")
INSTALL = "On Debian and Ubuntu: apt-get install docker.io; elsewhere see https://docs.docker.com/get-docker/"


def architecture() -> str:
    """What the functions are built for here."""
    return host_architecture()


def require_docker() -> None:
    """Fails, saying what to do, unless Docker is there and answers."""
    if shutil.which("docker") is None:
        raise Failure("`sam local` needs Docker, and there is none here", f"{INSTALL}. Without Docker: make invoke FN=GetHealth")
    done = _docker("version", "--format", "{{.Server.Version}}")
    if done.returncode != 0:
        advice = "Start it (systemctl start docker, or dockerd), or use the functions without it: make invoke FN=GetHealth"
        raise Failure(f"`sam local` needs Docker, and it does not answer: {done.stderr.strip()}", advice)


def ensure() -> str:
    """Makes the image unless Docker has one of that name; says which."""
    name = IMAGE.format(architecture())
    if _docker("image", "inspect", name).returncode == 0:
        return "there already"
    if platform.system() != "Linux":
        raise Failure(f"the image {name} is not there, and can be made on Linux alone", f"Have it pulled: docker pull {name}")
    options = ["--platform", f"linux/{'arm64' if architecture() == 'arm64' else 'amd64'}"]
    change = ["--change", "WORKDIR /var/task", "--change", "ENV LAMBDA_TASK_ROOT=/var/task"]
    done = subprocess.run(["docker", "import", *options, *change, "-", name], input=_archive(), capture_output=True)
    if done.returncode != 0:
        raise Failure(f"docker import failed: {done.stderr.decode().strip()}")
    return "made of this machine's files"


def _archive() -> bytes:
    """The image's files as a tar archive, each at the path that it has here."""
    files = {path: path.resolve() for path in _files()}
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name in ("tmp", "var/task", "var/runtime", "var/rapid", "opt"):
            folder = tarfile.TarInfo(name)
            folder.type, folder.mode = tarfile.DIRTYPE, 0o1777 if name == "tmp" else 0o755
            archive.addfile(folder)
        for path, source in sorted(files.items()):
            entry = archive.gettarinfo(source, arcname=str(path).lstrip("/"))
            with source.open("rb") as content:
                archive.addfile(entry, content)
    return buffer.getvalue()


def _files() -> set[Path]:
    """The programs, the libraries that they and the functions load, and the certificates."""
    programs = [shutil.which(name) for name in PROGRAMS]
    found = {Path("/bin") / name: Path(path) for name, path in zip(PROGRAMS, programs, strict=True) if path}
    paths = set(found)
    for program in found.values():
        paths |= {Path(library) for library in LIBRARY.findall(_output("ldd", str(program)))}
    known = _output("ldconfig", "-p").splitlines()
    kind = "AArch64" if architecture() == "arm64" else "x86-64"
    for line in known:
        if line.split()[:1] and line.split()[0] in LIBRARIES and kind in line:
            paths |= {Path(library) for library in LIBRARY.findall(line.partition("=>")[2])}
    certificates = [Path(path) for path in CERTIFICATES if Path(path).exists()]
    if len(found) < len(PROGRAMS) or not certificates:
        raise Failure("this machine lacks what the base image is made of", "On Debian and Ubuntu: apt-get install coreutils dash ca-certificates")
    return paths | set(certificates[:1])


def _output(*command: str) -> str:
    """What a program prints."""
    return subprocess.run(command, capture_output=True, text=True, env={"PATH": "/usr/sbin:/sbin:/usr/bin:/bin"}).stdout


def _docker(*arguments: str) -> subprocess.CompletedProcess:
    """Runs docker quietly."""
    return subprocess.run(["docker", *arguments], capture_output=True, text=True)
