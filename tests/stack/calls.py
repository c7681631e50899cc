"""Records which calls of roles IAM allowed on the emulator: each role, action and resource once. See `permissions.py`.

`launcher.py` applies what is here.
"""

import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

# In the directory of the stack, which is the emulator's working directory. One call a line: `["<role>", "<action>", "<resource>"]`.
FILE = "allowed-calls.jsonl"
# The principal of a function: its role, taken for a session.
SESSION = "AssumedRole"
ALLOWED = "Allow"


def record(file: Path = Path(FILE)) -> None:
    """Records the calls of this emulator, from its start: what a former one wrote to `file` is removed."""
    from ministack.core import iam_evaluator

    iam_evaluator.evaluate = recording(iam_evaluator.evaluate, file)


def recording(evaluate: Callable[..., Any], file: Path) -> Callable[..., Any]:
    """Returns `evaluate`, which decides as before and writes a call to `file` when it is the first of its kind to be allowed.

    A line is written at once, so that the file is complete while the emulator runs. A stack has some thousand lines.
    """
    file.write_text("")
    seen: set[tuple[str, str, str]] = set()
    writing = threading.Lock()

    def evaluated(context: Any, *policies: Any) -> Any:
        result = evaluate(context, *policies)
        if result.decision != ALLOWED or context.principal_type != SESSION:
            return result
        # arn:aws:sts::<account>:assumed-role/<role>/<session>
        call = (context.principal_arn.split("/")[1], context.action, context.resource_arn)
        if call not in seen:
            with writing, file.open("a") as output:
                seen.add(call)
                output.write(json.dumps(call) + "\n")
        return result

    return evaluated
