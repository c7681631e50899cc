"""Where things are in the checkout, and what a stack is called."""

import json
import os
import platform
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
TEMPLATE = ROOT / "template.yaml"
# Where the templates of the nested stacks are.
NESTED = ("shared/infrastructure/*.yaml", "functions/*/template.yaml")
TOOLS = ROOT / ".venv" / "tools" / "bin"
# Schemathesis and the generator of clients.
API_TOOLS = ROOT / ".venv" / "api" / "bin"
EMULATOR_PYTHON = ROOT / ".venv" / "stack" / "bin" / "python"
LAMBDA_DIRECTORY = ROOT / "target" / "lambda"

# The HTTP API's id on the emulator, pinned by a tag, so that its address is known before it exists.
API_ID = "holdfast"
# Any region would do but for one quirk: version 1 of the aws command sends SQS calls for the older regions to
# AWS itself, regardless of AWS_ENDPOINT_URL. It has no such list entry for this one.
LOCAL_REGION = "eu-central-2"
# The key pair that the emulator takes for its account's root.
LOCAL_KEY = "test"


def stack_name(stage: str) -> str:
    """The CloudFormation stack of a stage."""
    return f"holdfast-{stage}"


# The template's parameters that tell the commit, and whether the functions with an alias need a new version.
COMMIT, RELEASE = "Commit", "Release"


def templates() -> list[Path]:
    """The root template, then those of the nested stacks."""
    return [TEMPLATE, *(path for pattern in NESTED for path in sorted(ROOT.glob(pattern)))]


def commit() -> str:
    """The checkout's commit, with `-dirty` behind it when files have changed since; `unknown` outside of a checkout."""
    git = ["git", "-C", str(ROOT)]
    try:
        head = subprocess.run([*git, "rev-parse", "HEAD"], capture_output=True, text=True, check=True).stdout.strip()
        changed = subprocess.run([*git, "status", "--porcelain"], capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return f"{head}-dirty" if changed else head


def host_architecture() -> str:
    """This machine's architecture, as Lambda names it."""
    return "arm64" if platform.machine() in ("arm64", "aarch64") else "x86_64"


@dataclass(frozen=True)
class LocalStack:
    """One stack on one emulator: its directory in the checkout and its port on this machine."""

    directory: Path
    port: int
    persistent: bool = True
    name: str = stack_name("local")

    @property
    def endpoint(self) -> str:
        """The emulator's address. By number: S3 clients then put the bucket into the path, not into the host name."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def api_url(self) -> str:
        """The prefix before each route."""
        return self.api_address(f"http://localhost:{self.port}")

    @staticmethod
    def api_address(endpoint: str) -> str:
        """Where an emulator at `endpoint` has the API."""
        return f"{endpoint}/_aws/execute-api/{API_ID}"

    @property
    def env_file(self) -> Path:
        """What a shell sources to talk to this stack."""
        return self.directory / "env"

    @property
    def emulator_log(self) -> Path:
        """The emulator's own log, function output included."""
        return self.directory / "emulator.log"

    @property
    def deploy_log(self) -> Path:
        """What `sam deploy` said last."""
        return self.directory / "deploy.log"

    @property
    def double_log(self) -> Path:
        """What YooKassa's double said, where one is the stack's provider."""
        return self.directory / "double.log"

    def operator_variables(self) -> dict[str, str]:
        """The environment of an operator of this stack: the emulator's root, by its usual key."""
        return {
            "API_URL": self.api_url,
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_REGION": LOCAL_REGION,
            "AWS_DEFAULT_REGION": LOCAL_REGION,
            "AWS_ACCESS_KEY_ID": LOCAL_KEY,
            "AWS_SECRET_ACCESS_KEY": LOCAL_KEY,
            "STACK_NAME": self.name,
        }

    def environment(self) -> dict[str, str]:
        """The whole environment for a tool that works on this stack, free of the caller's own AWS settings."""
        kept = {name: value for name, value in tool_environment().items() if not name.startswith("AWS_")}
        loopback = "127.0.0.1,localhost"
        isolated = {
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
            "NO_PROXY": loopback,
            "no_proxy": loopback,
        }
        return {**kept, **isolated, **self.operator_variables()}

    def use_in_this_process(self) -> None:
        """Makes AWS clients of this process go to this stack, regardless of the caller's settings."""
        for name in [name for name in os.environ if name.startswith("AWS_")]:
            del os.environ[name]
        os.environ.update(self.environment())


def tool_environment() -> dict[str, str]:
    """The caller's environment with the pinned tools first on the path and their telemetry off."""
    environment = dict(os.environ)
    environment["PATH"] = f"{TOOLS}{os.pathsep}{environment.get('PATH', '')}"
    environment["SAM_CLI_TELEMETRY"] = "0"
    # Tools that are used again and again should keep their bytecode.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    environment.pop("PYTHONPATH", None)
    return environment


def read_env_file(path: Path) -> dict[str, str]:
    """The variables of an env file; none when there is no such file."""
    if not path.exists():
        return {}
    pairs = (line.split("=", 1) for line in path.read_text().splitlines() if "=" in line and line[0] != "#")
    return {name: value for name, value in pairs}


def write_env_file(path: Path, variables: dict[str, str]) -> None:
    """Writes an env file that a shell can source, readable by its owner only."""
    odd = [name for name, value in variables.items() if not re.fullmatch(r"[\w:/.,@%+=-]*", value)]
    if odd:
        raise ValueError(f"values that a shell would split: {odd}")
    lines = ["# Written by `make up`. Use it with: set -a; . .stack/env; set +a"]
    lines += [f"{name}={value}" for name, value in variables.items()]
    path.touch(mode=0o600)
    path.chmod(0o600)
    path.write_text("\n".join(lines) + "\n")


def read_json(path: Path) -> dict[str, Any]:
    """A JSON file's object; empty when the file is absent or broken."""
    try:
        return json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
