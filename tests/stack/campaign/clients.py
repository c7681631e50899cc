"""Random customers and operators. Each sends requests and repeats them as a well-behaved client does."""

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from stack.campaign.history import History, Operation, Outcome
from stack.campaign.randomness import Random

PRICES = (100_00, 249_90, 1_990_00, 999)
WAREHOUSES = ("msk-1", "spb-1")
OPENING = (4, 40)
PASSWORD = "a campaign of very many faults"
# Timeout of a client. API Gateway's own is 30 seconds.
PATIENCE_SECONDS = 31.0
# How often a client repeats a request with an unknown outcome, and its pauses.
REPEATS = 4
PAUSE_SECONDS = (0.1, 1.5)
# The pause of a client between two operations.
THOUGHT_SECONDS = (0.0, 0.6)
# Problem codes that ask for the same request again.
AGAIN = frozenset({"idempotency_in_progress", "payment_in_progress", "too_many_requests"})

CUSTOMER = {"order": 30, "checkout": 14, "pay": 14, "cancel": 12, "look": 22, "later": 8}
OPERATOR = {"confirm": 20, "ship": 10, "cancel_any": 12, "refund": 14, "restock": 24, "look_any": 20}
METHODS = {"card": 45, "page": 40, "phone": 15}


@dataclass
class Store:
    """The API, the products of a round, and its history."""

    api: str
    rng: Random
    history: History
    skus: dict[str, int] = field(default_factory=dict)
    # Ids of known orders, the oldest first.
    orders: list[str] = field(default_factory=list)
    _session: aiohttp.ClientSession | None = None

    async def open(self) -> None:
        """Opens the connections."""
        self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=PATIENCE_SECONDS), connector=aiohttp.TCPConnector(limit=0))

    async def close(self) -> None:
        """Closes the connections."""
        if self._session:
            await self._session.close()

    async def request(self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None) -> tuple[int, dict[str, Any]]:
        """Sends one request. The status is 0 without a response."""
        if self._session is None:
            return 0, {}
        try:
            async with self._session.request(method, self.api + path, json=body, headers=headers) as answer:
                found = await answer.json(content_type=None)
                return answer.status, found if isinstance(found, dict) else {}
        except (aiohttp.ClientError, asyncio.TimeoutError, ValueError):
            return 0, {}

    async def stock_up(self, operator: "Person", count: int) -> None:
        """Creates products with stock in two warehouses. No faults are injected yet: everything must succeed."""
        for number in range(count):
            sku = f"C-{secrets.token_hex(5)}"
            body = {"name": f"Ware {number}", "description": "Sold in a storm.", "price": PRICES[number % len(PRICES)], "currency": "RUB", "isActive": True}
            await operator.must("PUT", f"/api/v1/products/{sku}", body)
            self.skus[sku] = 0
            for warehouse in WAREHOUSES:
                units = int(self.rng.between("opening", *OPENING))
                await operator.must("PUT", f"/api/v1/stocks/{sku}", {"warehouse": warehouse, "available": units})
                self.skus[sku] += units


@dataclass
class Person:
    """A client with an account."""

    store: Store
    name: str
    email: str
    password: str
    id: str = ""
    token: str = ""

    @classmethod
    async def register(cls, store: Store, name: str) -> "Person":
        """Registers a customer."""
        person = cls(store, name, f"{name}-{secrets.token_hex(6)}@holdfast.test", PASSWORD)
        body = {"firstName": "Vera", "lastName": "Stormova", "email": person.email, "password": PASSWORD}
        status, user = await store.request("POST", "/api/v1/auth/register/email", body)
        if status != 201:
            raise RuntimeError(f"registering answered {status} {user}")
        person.id = user["id"]
        return person

    async def must(self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None) -> dict[str, Any]:
        """Sends a request that must succeed. Raises RuntimeError otherwise."""
        status, response = await self.ask(method, path, body, headers)
        if status // 100 != 2:
            raise RuntimeError(f"{method} {path} answered {status} {response}")
        return response

    async def ask(self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None) -> tuple[int, dict[str, Any]]:
        """Sends a request with a token, after a login if necessary."""
        for _ in range(2):
            if not self.token and not await self._log_in():
                return 0, {}
            status, response = await self.store.request(method, path, body, {"Authorization": f"Bearer {self.token}", **(headers or {})})
            if status != 401:
                return status, response
            self.token = ""
        return status, response

    async def _log_in(self) -> bool:
        _, pair = await self.store.request("POST", "/api/v1/auth/login/email", {"email": self.email, "password": self.password})
        self.token = pair.get("accessToken", "")
        return bool(self.token)

    async def do(self, operation: Operation, method: str, path: str, body: Any = None, key: str = "", repeats: int = REPEATS) -> Operation:
        """Sends a request until its outcome is known, `repeats` + 1 times at most: 0 for a request that is not idempotent."""
        headers = {"Idempotency-Key": key} if key else {}
        for attempt in range(repeats + 1):
            status, response = await self.ask(method, path, body, headers)
            operation.status, operation.code, operation.response, operation.ended = status, str(response.get("code", "")), response, time.monotonic()
            operation.outcome = _outcome(status, operation.code)
            if operation.outcome is Outcome.OK:
                operation.answers.append(response)
            if operation.outcome is not Outcome.UNKNOWN:
                break
            if attempt < repeats:
                await asyncio.sleep(self.store.rng.between("pause", *PAUSE_SECONDS))
        # A client that lost the response sends the request again after it succeeded.
        if operation.outcome is Outcome.OK and key and self.store.rng.chance("repeat after success", 120):
            status, response = await self.ask(method, path, body, headers)
            if status // 100 == 2:
                operation.answers.append(response)
        return operation


def _outcome(status: int, code: str) -> Outcome:
    if status // 100 == 2:
        return Outcome.OK
    return Outcome.UNKNOWN if status == 0 or status >= 500 or code in AGAIN else Outcome.REFUSED


class Customer:
    """A customer's random operations."""

    def __init__(self, person: Person) -> None:
        self.person, self.store, self.rng = person, person.store, person.store.rng
        self.own: list[str] = []

    async def act(self) -> None:
        """Performs one random operation."""
        await getattr(self, self.rng.weighted("customer", CUSTOMER))()

    async def order(self) -> None:
        """Places an order directly; most requests have a key."""
        method = self.rng.weighted("method", METHODS)
        lines = self._lines()
        body = {**_address(), "items": [{"productId": sku, "quantity": quantity} for sku, quantity in lines.items()]}
        if method == "card":
            body["card"] = "tok_success"
        elif method == "phone":
            body["phone"] = "+79210000000"
        key = secrets.token_hex(8) if self.rng.chance("with a key", 700) else ""
        operation = self.store.history.begin(self.person.name, "order", lines=lines, method=method, key=key, street=body["street"])
        # Without a key only requests that charge at once may be repeated (docs/payments.md).
        await self.person.do(operation, "POST", "/api/v1/orders", body, key, REPEATS if key or method != "page" else 0)
        self._remember(operation, operation.response.get("orderId"))

    async def checkout(self) -> None:
        """Fills the cart and checks out."""
        lines = self._lines()
        for sku, quantity in lines.items():
            status, _ = await self.person.ask("PUT", f"/api/v1/cart/items/{sku}", {"quantity": quantity})
            if status // 100 != 2:
                await self.person.ask("DELETE", "/api/v1/cart")
                return
        method, body = self.rng.weighted("method", METHODS), _address()
        if method == "card":
            body |= {"method": "card", "cardToken": "tok_success"}
        elif method == "phone":
            body |= {"method": "phone", "phone": "+79210000000"}
        key = secrets.token_hex(8)
        # The cart may hold lines of earlier attempts, so the ordered lines are not known here.
        operation = self.store.history.begin(self.person.name, "checkout", lines=None, method=method, key=key, street=body["street"])
        await self.person.do(operation, "POST", "/api/v1/orders/checkout", body, key)
        self._remember(operation, operation.response.get("id"))

    async def later(self) -> None:
        """Places an order without a reservation, then reserves it."""
        lines = self._lines()
        body = {**_address(), "reserve": False, "items": [{"productId": sku, "quantity": quantity} for sku, quantity in lines.items()]}
        key = secrets.token_hex(8)
        operation = self.store.history.begin(self.person.name, "order_later", lines=lines, key=key, street=body["street"])
        await self.person.do(operation, "POST", "/api/v1/orders", body, key)
        self._remember(operation, operation.response.get("orderId"))
        if operation.outcome is Outcome.OK:
            order = operation.response["orderId"]
            await self.person.do(self.store.history.begin(self.person.name, "reserve", order=order, lines=lines), "POST", f"/api/v1/orders/{order}/reserve")

    async def pay(self) -> None:
        """Pays an own order by card."""
        if order := self._one():
            key = secrets.token_hex(8)
            operation = self.store.history.begin(self.person.name, "pay", order=order, key=key)
            await self.person.do(operation, "POST", f"/api/v1/orders/{order}/pay", {"method": "card", "cardToken": "tok_success"}, key)

    async def cancel(self) -> None:
        """Cancels an own order."""
        if order := self._one():
            await self.person.do(self.store.history.begin(self.person.name, "cancel", order=order), "POST", f"/api/v1/orders/{order}/cancel", {"reason": "changed my mind"})

    async def look(self) -> None:
        """Reads an own order."""
        if order := self._one():
            await look(self.person, order)

    def _lines(self) -> dict[str, int]:
        return {sku: self.rng.weighted("quantity", {1: 60, 2: 25, 5: 15}) for sku in self.rng.sample("skus", sorted(self.store.skus), 3)}

    def _one(self) -> str | None:
        # The latest orders are the ones that are still open.
        return self.rng.pick("own", self.own[-4:]) if self.own else None

    def _remember(self, operation: Operation, order: str | None) -> None:
        if order and order not in self.own:
            self.own.append(order)
            self.store.orders.append(order)


class Operator:
    """An operator's random operations on any order."""

    def __init__(self, person: Person) -> None:
        self.person, self.store, self.rng = person, person.store, person.store.rng

    async def act(self) -> None:
        """Performs one random operation."""
        await getattr(self, self.rng.weighted("operator", OPERATOR))()

    async def confirm(self) -> None:
        """Confirms an order."""
        if order := self._one():
            await self.person.do(self.store.history.begin(self.person.name, "confirm", order=order), "POST", f"/api/v1/orders/{order}/confirm")

    async def ship(self) -> None:
        """Ships an order."""
        if order := self._one():
            operation = self.store.history.begin(self.person.name, "ship", order=order)
            await self.person.do(operation, "PATCH", f"/api/v1/orders/{order}", {"status": "shipped"})

    async def cancel_any(self) -> None:
        """Cancels an order, also a paid one."""
        if order := self._one():
            await self.person.do(self.store.history.begin(self.person.name, "cancel_any", order=order), "POST", f"/api/v1/orders/{order}/cancel", {"reason": "out of order"})

    async def refund(self) -> None:
        """Refunds a part of an order."""
        order = self._one()
        if not order:
            return
        _, response = await self.person.ask("GET", f"/api/v1/orders/{order}")
        payment = (response.get("payment") or {}).get("paymentId")
        if not payment or response.get("status") not in ("paid", "confirmed", "shipped"):
            return
        amount, key = max(1, response["totalAmount"] // self.rng.pick("share", (1, 2, 3, 7))), secrets.token_hex(8)
        operation = self.store.history.begin(self.person.name, "refund", order=order, payment=payment, amount=amount, key=key)
        await self.person.do(operation, "POST", "/api/v1/refunds", {"orderId": order, "paymentId": payment, "amount": amount}, key)

    async def restock(self) -> None:
        """Adjusts the stock of a warehouse."""
        sku, delta, warehouse = self.rng.pick("sku", sorted(self.store.skus)), self.rng.pick("delta", (5, 3, 8, -2)), self.rng.pick("warehouse", WAREHOUSES)
        operation = self.store.history.begin(self.person.name, "restock", sku=sku, delta=delta, warehouse=warehouse)
        await self.person.do(operation, "PUT", f"/api/v1/stocks/{sku}", {"warehouse": warehouse, "delta": delta}, secrets.token_hex(8))

    async def look_any(self) -> None:
        """Reads any order."""
        if order := self._one():
            await look(self.person, order)

    def _one(self) -> str | None:
        orders = self.store.orders[-30:]
        return self.rng.pick("any order", orders) if orders else None


async def look(person: Person, order: str) -> None:
    """Reads an order."""
    await person.do(person.store.history.begin(person.name, "look", order=order), "GET", f"/api/v1/orders/{order}", repeats=0)


async def repeat(act: Callable[[], Awaitable[None]], rng: Random, until: float) -> None:
    """Repeats an operation until a time of the monotonic clock."""
    while time.monotonic() < until:
        await act()
        await asyncio.sleep(rng.between("thought", *THOUGHT_SECONDS))


def _address() -> dict[str, str]:
    # The street identifies the request, so that its orders are found even when the client got no response.
    return {"country": "RU", "region": "Москва", "city": "Москва", "street": f"ул. Бурь, {secrets.token_hex(8)}"}
