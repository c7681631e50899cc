"""`make up FN=GetOrder`: builds a function's program and puts it on the running local stack, for the loop of editing and trying.

Only the code of that function changes, though others of its context run the same program. After a change of a template, or of several functions,
`make up` brings the whole stack up to date.
"""

import io
import zipfile
from pathlib import Path
from typing import Any

from holdfast import build, local_stack
from holdfast.build import PROGRAM
from holdfast.invoke import environment_of, handler_of
from holdfast.project import LocalStack
from holdfast.report import say, step
from stack import local


def up(function: str) -> None:
    """Builds the function's program and replaces its code on this checkout's stack."""
    handler_of(function)
    stack = local_stack.running_stack()
    stack.use_in_this_process()
    context = environment_of(stack, local.session(), function)[1]["CONTEXT"]
    with step(f"building {context}", quiet=False):
        program = build.one(context)
    with step(f"replacing the code of {function}"):
        replace(local.session().client("lambda"), stack, function, packed(program))
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
