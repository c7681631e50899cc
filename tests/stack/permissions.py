"""Holds the calls that the functions made on a stack against what their roles may do: a grant that no call needed is one too many.

The emulator authorizes each call and records it (`calls.py`). What the roles may do is read from the deployed roles, which CloudFormation made of the
transformed templates. Grants that only AWS itself can use, or only an error that no test provokes, are named in `EXCEPTIONS` with the reason.
"""

import fnmatch
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from holdfast import local_stack, resources
from holdfast.project import LocalStack
from holdfast.report import Failure, say
from stack import local
from stack.calls import FILE

ROLE = "AWS::IAM::Role"
# The resources that grants name by names that CloudFormation made up. The event bus has a name of the template's.
NAMED = (resources.TABLE, "AWS::SQS::Queue", "AWS::SNS::Topic", "AWS::SecretsManager::Secret", "AWS::Lambda::Function")
# The action of a managed policy, which is one grant as a whole.
MANAGED = "managed policy"
# Stands before the pattern of a `NotResource`.
ALL_BUT = "all but "
# What `make restore` puts behind the name of a table.
RESTORED_SUFFIX = r"(?:-\d{8}T\d{6}Z)?"


class Exempt(NamedTuple):
    """Grants that no call on a local stack can use: patterns of role, action and resource, by the names in the templates, and the reason."""

    role: str
    action: str
    resource: str
    reason: str


# The queues that no test redrives: NotifierQueue stands for all, by the same code.
NOT_REDRIVEN = (
    "DeletedUsers",
    "Refunds",
    "WebhookEvents",
    "WebhookDelivery",
    "BulkWebhookEvents",
    "BulkWebhookDelivery",
    "DeliveryReports",
    "Expiry",
    "Reconcile",
    "DueReservations",
)
EXCEPTIONS = (
    Exempt("*", MANAGED, "service-role/AWSLambdaBasicExecutionRole", "Lambda writes a function's log; the emulator takes the function's output itself"),
    Exempt("*", MANAGED, "AWSXrayWriteOnlyAccess", "Lambda sends the traces of a function; the emulator has no X-Ray daemon"),
    Exempt("*Invoker", "lambda:InvokeFunction", "function:*", "API Gateway takes the role; the emulator's gateway calls functions under none"),
    Exempt("*Every*Role", "lambda:InvokeFunction", "function:*", "EventBridge Scheduler takes the role; the emulator's calls functions under none"),
    Exempt("*Every*Role", "sqs:SendMessage", "JobFailures", "EventBridge Scheduler sends what it could not deliver; the emulator's does not"),
    *(
        Exempt(f"{name}Role", "sqs:SendMessage", "JobFailures", "Lambda sends a failed event; the emulator's sends it under no role")
        for name in ("SweepExpiredOrders", "SweepOpenPayments", "CheckStockDrift", "SweepExpiredReservations", "SweepDueWebhooks")
    ),
    *(
        Exempt(f"{name}Role", f"sqs:{action}", "*Queue", "the poller of an event source takes the role; the emulator's polls under none")
        for name in (
            "DeliverCode",
            "NoteDelivery",
            "ForgetCustomer",
            "NotifyCustomer",
            "ExpireOrder",
            "FinishRefund",
            "ReconcilePayment",
            "ExpireReservation",
            "FanOutWebhooks",
            "DeliverWebhook",
        )
        for action in ("ReceiveMessage", "DeleteMessage", "GetQueueAttributes")
    ),
    Exempt("PublishEventsRole", "dynamodb:*", "table/JournalTable/stream", "the poller of an event source takes the role; the emulator's polls under none"),
    Exempt("WatchStockRole", "dynamodb:*", "table/StockTable/stream", "the poller of an event source takes the role; the emulator's polls under none"),
    Exempt("WatchStockRole", "sqs:SendMessage", "WatcherFailures", "Lambda sends a batch that it gave up; the emulator's sends it under no role"),
    *(
        Exempt("RedriveDeadLettersRole", action, f"{name}{kind}", "the same code for each queue: tests redrive NotifierDeadLetters")
        for name in NOT_REDRIVEN
        for action, kind in (("sqs:ReceiveMessage", "DeadLetters"), ("sqs:DeleteMessage", "DeadLetters"), ("sqs:SendMessage", "Queue"))
    ),
)


class Grant(NamedTuple):
    """One action on one resource that a role may take, all by the names in the templates, so that an update of the stack does not change them."""

    role: str
    action: str
    resource: str

    def __str__(self) -> str:
        return f"{self.role}: {self.action} on {self.resource}"


class Call(NamedTuple):
    """A call that IAM allowed, by the names on AWS."""

    role: str
    action: str
    resource: str


@dataclass(frozen=True)
class Held:
    """A grant as the deployed role has it: with the role's name on AWS and the pattern of the resource's ARN."""

    grant: Grant
    role: str
    pattern: str
    inverse: bool = False

    def allows(self, call: Call) -> bool:
        """Whether this grant allows the call. IAM compares actions without regard to case."""
        if self.role != call.role or not fnmatch.fnmatchcase(call.action.lower(), self.grant.action.lower()):
            return False
        return fnmatch.fnmatchcase(call.resource, self.pattern) != self.inverse


@dataclass(frozen=True)
class Verdict:
    """The outcome of a comparison; all but the first three are faults."""

    grants: int
    used: int
    excepted: int
    # Grants that no call used and no exception names.
    unused: tuple[Grant, ...]
    # Grants that an exception names and a call used.
    stale: tuple[Grant, ...]
    # Exceptions that name no grant.
    pointless: tuple[Exempt, ...]
    # Grants that a role has in more than one statement.
    repeated: tuple[Grant, ...]

    def faults(self) -> list[str]:
        """Returns one line for each fault."""
        return [
            *(f"unused: {each}" for each in self.unused),
            *(f"an exception that a call used: {each}" for each in self.stale),
            *(f"an exception for no grant: {' '.join(each[:3])}" for each in self.pointless),
            *(f"granted twice: {each}" for each in self.repeated),
        ]


def compare(stack: LocalStack, earlier: Iterable[Held] = ()) -> None:
    """Fails unless each grant of the stack's roles was used since its emulator started, or is excepted.

    `earlier` are grants that the roles had before an update of the stack, such as one that changed the payment provider.
    """
    stack.use_in_this_process()
    calls = recorded(stack)
    if not calls:
        raise Failure(f"no allowed call was recorded in {stack.directory / FILE}", "Run the tests against the stack first.")
    verdict = judge((tuple(earlier), granted(stack)), calls, EXCEPTIONS)
    say(f"  {verdict.grants} grants: {verdict.used} used, {verdict.excepted} excepted, {len(verdict.unused)} unused; {len(calls)} calls of different kinds")
    faults = verdict.faults()
    for fault in faults:
        say(f"    {fault}")
    if faults:
        raise Failure(f"{len(faults)} grants or exceptions are wrong", "Remove an unused grant from its template, or name it in tests/stack/permissions.py.")


def compare_running() -> None:
    """Compares on the checkout's stack, which has to run: with all that was called since its emulator started."""
    compare(local_stack.running_stack())


def recorded(stack: LocalStack) -> list[Call]:
    """Returns the calls that the stack's emulator allowed since it started."""
    file = stack.directory / FILE
    return [Call(*json.loads(line)) for line in file.read_text().splitlines()] if file.exists() else []


def granted(stack: LocalStack) -> tuple[Held, ...]:
    """Returns what the stack's roles may do now."""
    session: Any = local.session()
    walked = [each for each in resources.walk(session.client("cloudformation"), stack.name) if each.physical_id and each.status != resources.GONE]
    names = {in_arn(each.physical_id): each.logical_id for each in walked if each.type in NAMED}
    roles = {each.physical_id: each.logical_id for each in walked if each.type == ROLE}
    pages = session.client("iam").get_paginator("get_account_authorization_details").paginate(Filter=["Role"])
    details = {each["RoleName"]: each for page in pages for each in page["RoleDetailList"]}
    missing = sorted(roles.keys() - details.keys())
    if missing:
        raise Failure(f"IAM does not know the roles {', '.join(missing)}")
    return tuple(held for name, logical_id in roles.items() for held in of_role(details[name], logical_id, names))


def of_role(role: dict, logical_id: str, names: dict[str, str]) -> Iterator[Held]:
    """Yields the grants of one role, as `GetAccountAuthorizationDetails` describes it; `names` are those of `canonical`."""
    for attached in role.get("AttachedManagedPolicies", ()):
        policy = attached["PolicyArn"].partition(":policy/")[2]
        yield Held(Grant(logical_id, MANAGED, policy), role["RoleName"], policy)
    for policy in role.get("RolePolicyList", ()):
        for statement in _several(policy["PolicyDocument"]["Statement"]):
            if statement["Effect"] != "Allow" or "Condition" in statement or "NotAction" in statement:
                raise Failure(f"{logical_id}: no call can be compared with {json.dumps(statement)}", "Have tests/stack/permissions.py read such statements.")
            inverse = "NotResource" in statement
            for pattern in _several(statement["NotResource" if inverse else "Resource"]):
                resource = f"{ALL_BUT if inverse else ''}{canonical(pattern, names)}"
                for action in _several(statement["Action"]):
                    yield Held(Grant(logical_id, action, resource), role["RoleName"], pattern, inverse)


def in_arn(physical_id: str) -> str:
    """Returns how ARNs name the resource that CloudFormation calls `physical_id`, which may be a name, an ARN or the address of a queue."""
    if physical_id.startswith("arn:"):
        return _bare(physical_id)
    return physical_id.rpartition("/")[2] if "://" in physical_id else physical_id


def canonical(arn: str, names: dict[str, str]) -> str:
    """Returns the resource of an ARN, such as `table/OrdersTable/index/ByUser`, by the template's names.

    `names` has the names in the template by those in ARNs. A restored table goes by the name of the one that it replaces. A stream has no label, and
    a secret no random end.
    """
    resource = re.sub(r"(/stream)/.*", r"\1", _bare(arn))
    for name in sorted(names, key=len, reverse=True):
        replaced, count = re.subn(rf"(?<![\w-]){re.escape(name)}{RESTORED_SUFFIX}(?![\w-])", names[name], resource)
        if count:
            return replaced
    return resource


def _bare(arn: str) -> str:
    """Returns the resource of an ARN, without the six characters that Secrets Manager puts behind a secret's name; what is no ARN stays as it is."""
    resource = arn.split(":", 5)[5] if arn.count(":") >= 5 else arn
    return re.sub(r"^(secret:.*)-\w{6}$", r"\1", resource)


def judge(moments: Sequence[Sequence[Held]], calls: Iterable[Call], exceptions: Sequence[Exempt]) -> Verdict:
    """Compares calls with the grants that the roles had at one moment or more."""
    held = dict.fromkeys(each for moment in moments for each in moment)
    by_role: dict[str, list[Call]] = {}
    for call in calls:
        by_role.setdefault(call.role, []).append(call)
    grants = dict.fromkeys(each.grant for each in held)
    used = {each.grant for each in held if any(each.allows(call) for call in by_role.get(each.role, ()))}
    excepted = {grant for grant in grants if any(_names(each, grant) for each in exceptions)}
    repeated = (each.grant for moment in moments for each, times in Counter(moment).items() if times > 1)
    return Verdict(
        grants=len(grants),
        used=len(used),
        excepted=len(excepted - used),
        unused=tuple(grant for grant in grants if grant not in used and grant not in excepted),
        stale=tuple(grant for grant in grants if grant in used and grant in excepted),
        pointless=tuple(each for each in exceptions if not any(_names(each, grant) for grant in grants)),
        repeated=tuple(dict.fromkeys(repeated)),
    )


def _names(exception: Exempt, grant: Grant) -> bool:
    """Whether the exception is for the grant."""
    return all(fnmatch.fnmatchcase(value, pattern) for value, pattern in zip(grant, exception[:3], strict=True))


def _several(value: Any) -> list:
    """A policy has one thing by itself, or several in a list."""
    return value if isinstance(value, list) else [value]
