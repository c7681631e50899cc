"""`make expire` and `make reconcile`: the scheduled jobs, run by hand and at once."""

import json
from typing import Any

from holdfast import accounts
from holdfast.report import Failure, say

# Each command with the functions that it calls, in order. What those queue is done by the functions behind the queues, as ever.
JOBS = {
    "expire": ("SweepExpiredOrders", "SweepExpiredReservations"),
    "reconcile": ("SweepOpenPayments", "CheckStockDrift"),
}


def run(command: str, stage: str) -> None:
    """Calls a command's functions on a stage and prints what each answered."""
    functions = accounts.functions(stage)
    name = accounts.deployed_name(stage)
    failed = [function for function in JOBS[command] if not _call(functions, name, function)]
    if failed:
        raise Failure(f"{' and '.join(failed)} failed")


def _call(functions: Any, stack: str, function: str) -> bool:
    """Calls one function; whether it succeeded."""
    # The input of a schedule holds nothing that matters to these functions.
    answer = functions.invoke(FunctionName=f"{stack}-{function}", Payload="{}")
    body = answer["Payload"].read().decode()
    say(f"{function:<26} {json.dumps(json.loads(body), ensure_ascii=False)}")
    return "FunctionError" not in answer
