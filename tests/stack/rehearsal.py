"""A rehearsal of docs/restoring.md on a deployed stack: harm is done, all tables are restored to the second before, and everything is held together.

It runs on the stack that `make test` has, which uses restored tables from then on.
"""

import collections
import contextlib
import json
import secrets
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

from holdfast import audit, carry, jobs, pause, republish, resources, restore, tables
from holdfast.api import Api, log_in
from holdfast.project import LocalStack, read_env_file
from holdfast.report import Failure, say, step
from stack import local, messages, page

SKU = "1003"
ORDERED = 1
PATIENCE_SECONDS = 60.0
# By each channel, about four orders: each was placed, three were paid, one was cancelled. And about the one that nothing was said of.
MESSAGES, UNSENT = 8, 1
SETTLING_SECONDS = 5.0
QUIET_TRIES = 40
SETTLED_SECONDS = 0.5
# DynamoDB takes so many writes at a time.
WRITES = 25
EVER = "1970"
COPY = "compared"


@dataclass
class Customer:
    """A customer, who orders one thing at a time, and what reaches them."""

    stack: LocalStack
    mailbox: str
    api: Api
    account: dict[str, str]
    orders: dict[str, dict] = field(default_factory=dict)

    def order(self, name: str) -> None:
        """Orders one thing."""
        self.api.expect(200, "PUT", f"/api/v1/cart/items/{SKU}", {"quantity": ORDERED})
        self.orders[name] = self.api.expect(201, "POST", "/api/v1/orders/checkout").json()

    def pay(self, name: str) -> None:
        """Presses Pay on the order's payment page."""
        order = self.orders[name]
        url = order.get("paymentUrl") or order["payment"]["paymentUrl"]
        pressed = page.press(url, self.api.send("GET", url, headers={"accept": "text/html"}).text, "Pay")
        form = {"content-type": "application/x-www-form-urlencoded", "accept": "text/html"}
        answer = Api(self.api.url).send(pressed.method, pressed.url, pressed.body, form)
        if answer.status not in (200, 302, 303):
            raise Failure(f"paying answered {answer.problem()}")
        self.becomes(name, "paid")

    def becomes(self, name: str, status: str) -> None:
        """Waits until the order has the status."""
        path = f"/api/v1/orders/{self.orders[name]['id']}"
        until(f"the order {name} to be {status}", lambda: self.api.expect(200, "GET", path).json()["status"] == status)

    def got(self) -> list[str]:
        """Every message so far, each with all that it says."""
        mails = [each for each in messages.emails(self.stack, self.mailbox) if each.to == self.account["email"]]
        texts = [each for each in messages.texts(self.stack) if each.to == self.account["phone"]]
        return [f"{each.channel} {each.subject} {each.text}" for each in (*mails, *texts)]

    def has(self, count: int) -> None:
        """Waits for so many messages by each channel."""
        until(f"{count} messages by each channel", lambda: len(self.got()) >= 2 * count)


@dataclass(frozen=True)
class Snapshot:
    """All that a table held as a second began."""

    table: str
    at: datetime
    items: dict[tuple[str, str], dict]


def run(stack: LocalStack) -> None:
    """Does harm, restores, and looks."""
    session = local.session()
    faults = Faults.of(session, stack)
    customer = _customer(stack)
    with step("ordering before the second to restore to"):
        before = _stock(customer.api)
        for name in ("paid", "paid late", "cancelled late"):
            customer.order(name)
        # What is not true any more when its turn comes is not sent.
        customer.has(3)
        customer.pay("paid")
        customer.has(4)
        with _without_messages(session, stack):
            customer.order("unsent")
            customer.pay("unsent")
            snapshots, at = _snapshots(session, stack), _next_second()
    with step("ordering after it, and doing harm"):
        customer.pay("paid late")
        customer.api.expect(200, "POST", f"/api/v1/orders/{customer.orders['cancelled late']['id']}/cancel", {})
        customer.order("lost")
        customer.has(MESSAGES - 1)
        customer.pay("lost")
        customer.has(MESSAGES)
        _harm(session, stack)
    sent = collections.Counter(customer.got())
    _compare(session, snapshots)
    # What other tests did to the tables by hand is no reason to stop.
    restore.restore("local", f"{at:%Y-%m-%dT%H:%M:%SZ}", yes=True, dry_run=False)
    _is_paused(customer.api)
    former = _former(session, stack)
    pause.run("resume", "local")
    jobs.run("reconcile", "local")
    # All that a span of time has would be everything that the stack's tests did.
    for name in ("paid", "paid late", "cancelled late", "unsent"):
        republish.republish("local", "", f"{at:%Y-%m-%dT%H:%M:%SZ}", f"order/{customer.orders[name]['id']}", dry_run=False)
    _holds(customer, before)
    faults.are_no_more(session, stack)
    _sent_once(customer, sent)
    _goes_on(customer)
    _is_left_alone(session, former)
    faults.are_no_more(session, stack)
    say("  The stage uses " + resources.live_table(session.client("cloudformation"), stack.name, "OrdersTable"))


@dataclass(frozen=True)
class Faults:
    """What does not fit together, by what it is about: tests before this one wrote to tables by hand."""

    books: frozenset[str]
    drifted: int

    @classmethod
    def of(cls, session: Any, stack: LocalStack) -> "Faults":
        """Looks at everything that there is."""
        found = audit.faults(session.client("dynamodb"), resources.live_tables(session.client("cloudformation"), stack.name), EVER)
        answer = session.client("lambda").invoke(FunctionName=f"{stack.name}-CheckStockDrift", Payload="{}")
        drift = json.loads(answer["Payload"].read())
        if "FunctionError" in answer:
            raise Failure(f"CheckStockDrift failed: {drift}")
        return cls(frozenset(" ".join(fault.split()[:2]) for fault in found), drift["drifted"])

    def are_no_more(self, session: Any, stack: LocalStack) -> None:
        """Waits until there are no faults that were not there before: while functions run, two reads may see an order and its payment at two moments."""

        def fit() -> bool:
            now = Faults.of(session, stack)
            return now.books <= self.books and now.drifted <= self.drifted

        until("orders, payments, stock and journal to fit together", fit)


@contextlib.contextmanager
def _without_messages(session: Any, stack: LocalStack) -> Iterator[None]:
    """Keeps events from the queue of messages, as an outage would."""
    events, formation = session.client("events"), session.client("cloudformation")
    bus = resources.find(formation, stack.name, "EventBus")
    rule = resources.rule_name(resources.find(formation, stack.name, "OrderEventsToNotifier"))
    events.disable_rule(Name=rule, EventBusName=bus)
    try:
        yield
    finally:
        events.enable_rule(Name=rule, EventBusName=bus)


def until(what: str, holds: Callable[[], bool]) -> None:
    """Waits until something holds."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        if time.monotonic() > deadline:
            raise Failure(f"waited {PATIENCE_SECONDS:.0f} s for {what}")
        time.sleep(0.3)


def _customer(stack: LocalStack) -> Customer:
    mark = secrets.token_hex(4)
    account = {
        "firstName": "Rhea",
        "lastName": "Hersal",
        "email": f"rehearsal-{mark}@holdfast.test",
        "phone": f"+7998{secrets.randbelow(10**7):07}",
        "password": secrets.token_urlsafe(12),
    }
    api = Api(stack.api_url)
    api.expect(201, "POST", "/api/v1/auth/register/email", account)
    if log_in(api, account["email"], account["password"]).status != 200:
        raise Failure("the customer cannot log in")
    return Customer(stack, read_env_file(stack.env_file)["EMAIL_QUEUE_URL"], api, account)


def _stock(api: Api) -> int:
    return api.expect(200, "GET", f"/api/v1/products/{SKU}").json()["stock"]


def _snapshots(session: Any, stack: LocalStack) -> list[Snapshot]:
    """Copies every table at a second of its own, around which nothing was written to it: others may be written to meanwhile."""
    names = resources.live_tables(session.client("cloudformation"), stack.name).values()
    return [_snapshot(session.client("dynamodb"), name) for name in names]


def _snapshot(dynamodb: Any, table: str) -> Snapshot:
    for _ in range(QUIET_TRIES):
        items, second = _items(dynamodb, table), int(time.time()) + 1
        time.sleep(second - time.time())
        if items == _items(dynamodb, table):
            return Snapshot(table, datetime.fromtimestamp(second, timezone.utc), items)
    raise Failure(f"something writes to {table} in every second")


def _next_second() -> datetime:
    """The next whole second, after which nothing of the present one is under way."""
    second = int(time.time()) + 1
    time.sleep(second + SETTLED_SECONDS - time.time())
    return datetime.fromtimestamp(second, timezone.utc)


def _items(dynamodb: Any, table: str) -> dict[tuple[str, str], dict]:
    return {(item["PK"]["S"], item["SK"]["S"]): item for item in carry.scan(dynamodb, table)}


def _harm(session: Any, stack: LocalStack) -> None:
    """Deletes every order and every stock row, as a mistaken script would."""
    live, dynamodb = resources.live_tables(session.client("cloudformation"), stack.name), session.client("dynamodb")
    for table in (live["OrdersTable"], live["StockTable"]):
        keys = [{"PK": {"S": pk}, "SK": {"S": sk}} for pk, sk in _items(dynamodb, table)]
        for start in range(0, len(keys), WRITES):
            dynamodb.batch_write_item(RequestItems={table: [{"DeleteRequest": {"Key": key}} for key in keys[start : start + WRITES]]})


def _compare(session: Any, snapshots: list[Snapshot]) -> None:
    """Restores every table once to look at alone, and holds it against what it held in its second."""
    dynamodb = session.client("dynamodb")
    with step("restoring every table once, to compare") as current:
        for each in snapshots:
            plan = tables.plan(dynamodb, [tables.Copy(each.table, (each.table,), resources.restored_name(each.table, COPY))], each.at)
            tables.begin(dynamodb, plan, each.at)
            target = plan[0].target
            if differing := _differing(each.items, _items(dynamodb, target)):
                raise Failure(f"{each.table} was not restored to what it held at {each.at}: {differing}")
            dynamodb.delete_table(TableName=target)
        current.end(f"{len(snapshots)} tables, {sum(len(each.items) for each in snapshots)} items")


def _differing(before: dict, after: dict) -> list[tuple[str, str]]:
    """The keys under which two copies of a table differ."""
    return [key for key in sorted(before.keys() | after.keys()) if before.get(key) != after.get(key)]


def _is_paused(api: Api) -> None:
    """A paused stage answers nothing but errors."""
    status = api.send("GET", "/healthz").status
    if status < 429:
        raise Failure(f"a paused stage answered {status}")


def _holds(customer: Customer, before: int) -> None:
    """The orders and the stock are what they have to be."""
    with step("looking at the orders and the stock"):
        customer.becomes("paid", "paid")
        customer.becomes("unsent", "paid")
        # Its money came after the restored second: only the provider knew.
        customer.becomes("paid late", "paid")
        # No one cancelled it; its time is over.
        customer.becomes("cancelled late", "cancelled")
        if customer.api.send("GET", f"/api/v1/orders/{customer.orders['lost']['id']}").status != 404:
            raise Failure("an order that was placed after the restored second is there")
        until("the stock to add up", lambda: _stock(customer.api) == before - 3 * ORDERED)


def _sent_once(customer: Customer, before: collections.Counter) -> None:
    """No message came twice, and of those that are new each is one that had not been sent."""
    with step("looking for messages that were sent twice") as current:
        customer.has(MESSAGES + UNSENT)
        # Long enough for everything that was published again.
        time.sleep(SETTLING_SECONDS)
        now = collections.Counter(customer.got())
        if twice := [text for text, count in now.items() if count > 1]:
            raise Failure(f"sent twice: {twice}")
        number = str(customer.orders["unsent"]["number"])
        if more := [text for text in now - before if number not in text]:
            raise Failure(f"sent after the restore: {more}")
        if len(now - before) != 2 * UNSENT:
            raise Failure(f"of what had not been sent, {len(now - before)} messages were sent now")
        current.end(f"{sum(now.values())} messages")


def _goes_on(customer: Customer) -> None:
    """The stage works on its restored tables, streams included."""
    with step("ordering on the restored tables"):
        customer.order("next")
        customer.has(MESSAGES + UNSENT + 1)
        customer.pay("next")
        customer.has(MESSAGES + UNSENT + 2)


def _former(session: Any, stack: LocalStack) -> dict[str, dict]:
    """What is in the tables that the stage used before. Until it was paused, functions wrote to them: what was deleted by hand says nothing of that."""
    names = resources.of_type(session.client("cloudformation"), stack.name, resources.TABLE).values()
    return {name: _items(session.client("dynamodb"), name) for name in names}


def _is_left_alone(session: Any, former: dict[str, dict]) -> None:
    """Nothing writes to the tables that the stage used before. Their items go when their time is over."""
    for table, before in former.items():
        if written := [key for key, item in _items(session.client("dynamodb"), table).items() if before.get(key) != item]:
            raise Failure(f"something wrote to {table}, which the stage does not use any more: {written}")
