"""`make up FN=GetOrder`: builds one function and puts it on the running local stack, for the loop of editing and trying.

Only the code of that function changes. After a change of a template, or of several functions, `make up` brings the whole stack up to date.
"""

import io
import zipfile
from pathlib import Path
from typing import Any

from holdfast import build, local_stack
from holdfast.invoke import binary_of
from holdfast.project import LAMBDA_DIRECTORY, LocalStack
from holdfast.report import say, step
from stack import local

# What Lambda runs of an archive for a custom runtime.
PROGRAM = "bootstrap"


def up(function: str) -> None:
    """Builds the function and replaces its code on this checkout's stack."""
    binary, stack = binary_of(function), local_stack.running_stack()
    stack.use_in_this_process()
    with step(f"building {binary}", quiet=False):
        build.one(binary)
    with step(f"replacing the code of {function}"):
        replace(local.session().client("lambda"), stack, function, packed(LAMBDA_DIRECTORY / binary / PROGRAM))
    say(f"\n{function} answers at {stack.api_url}")


def packed(program: Path) -> bytes:
    """The program in an archive as Lambda takes it. It is not compressed: it goes no further than this machine."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_STORED) as file:
        entry = zipfile.ZipInfo(PROGRAM)
        entry.external_attr = 0o755 << 16
        file.writestr(entry, program.read_bytes())
    return archive.getvalue()


def replace(functions: Any, stack: LocalStack, function: str, code: bytes) -> None:
    """Makes the function run `code`, under each alias that it has as well."""
    name = f"{stack.name}-{function}"
    functions.update_function_code(FunctionName=name, ZipFile=code)
    aliases = functions.list_aliases(FunctionName=name)["Aliases"]
    if aliases:
        version = functions.publish_version(FunctionName=name)["Version"]
        for alias in aliases:
            functions.update_alias(FunctionName=name, Name=alias["Name"], FunctionVersion=version)
