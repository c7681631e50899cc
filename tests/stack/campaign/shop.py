"""What customers and operators do: random wishes by the seed, each sent as a careful client sends it, and what they were told."""

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from stack.campaign.dice import Dice
from stack.campaign.history import Deed, History, Outcome

PRICES = (100_00, 249_90, 1_990_00, 999)
WAREHOUSES = ("msk-1", "spb-1")
OPENING = (4, 40)
PASSWORD = "a campaign of very many faults"
# A client gives a request up after so long; API Gateway does after 30 seconds.
PATIENCE_SECONDS = 31.0
# How often a client repeats what it was not told the outcome of, and how long it waits before.
REPEATS = 4
PAUSE_SECONDS = (0.1, 1.5)
# What a customer thinks between two wishes.
THOUGHT_SECONDS = (0.0, 0.6)
# The answers that ask for the same request again.
AGAIN = frozenset({"idempotency_in_progress", "payment_in_progress", "too_many_requests"})

CUSTOMER = {"order": 30, "checkout": 14, "pay": 14, "cancel": 12, "look": 22, "later": 8}
OPERATOR = {"confirm": 20, "ship": 10, "cancel_any": 12, "refund": 14, "restock": 24, "look_any": 20}
METHODS = {"card": 45, "page": 40, "phone": 15}


@dataclass
class Shop:
    """What is for sale, and everything that happened."""

    api: str
    dice: Dice
    history: History
    operator_login: tuple[str, str]
    skus: dict[str, int] = field(default_factory=dict)
    # Orders that somebody was told of, with their owner and what they said last.
    orders: dict[str, tuple["Person", dict[str, Any]]] = field(default_factory=dict)
    _session: aiohttp.ClientSession | None = None

    async def open(self) -> None:
        """Opens the connections."""
        self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=PATIENCE_SECONDS), connector=aiohttp.TCPConnector(limit=0))

    async def close(self) -> None:
        """Closes the connections."""
        if self._session:
            await self._session.close()

    async def request(self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None) -> tuple[int, dict[str, Any]]:
        """Sends one request; status 0 when there is no answer."""
        try:
            async with self._session.request(method, self.api + path, json=body, headers=headers) as answer:
                found = await answer.json(content_type=None)
                return answer.status, found if isinstance(found, dict) else {}
        except (aiohttp.ClientError, asyncio.TimeoutError, ValueError):
            return 0, {}

    async def stock_up(self, operator: "Person", count: int) -> None:
        """Puts new products up for sale, with stock in two warehouses. There is no weather yet: everything has to succeed."""
        for number in range(count):
            sku = f"C-{secrets.token_hex(5)}"
            body = {"name": f"Ware {number}", "description": "Sold in a storm.", "price": PRICES[number % len(PRICES)], "currency": "RUB", "isActive": True}
            await operator.must("PUT", f"/api/v1/products/{sku}", body)
            self.skus[sku] = 0
            for warehouse in WAREHOUSES:
                units = int(self.dice.between("opening", *OPENING))
                await operator.must("PUT", f"/api/v1/stocks/{sku}", {"warehouse": warehouse, "available": units})
                self.skus[sku] += units


@dataclass
class Person:
    """Somebody with an account: a customer, or an operator."""

    shop: Shop
    name: str
    email: str
    password: str
    id: str = ""
    token: str = ""

    @classmethod
    async def register(cls, shop: Shop, name: str) -> "Person":
        """A new customer."""
        person = cls(shop, name, f"{name}-{secrets.token_hex(6)}@holdfast.test", PASSWORD)
        body = {"firstName": "Vera", "lastName": "Stormova", "email": person.email, "password": PASSWORD}
        status, user = await shop.request("POST", "/api/v1/auth/register/email", body)
        if status != 201:
            raise RuntimeError(f"registering answered {status} {user}")
        person.id = user["id"]
        return person

    async def must(self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None) -> dict[str, Any]:
        """Sends a request that has to succeed."""
        status, told = await self.ask(method, path, body, headers)
        if status // 100 != 2:
            raise RuntimeError(f"{method} {path} answered {status} {told}")
        return told

    async def ask(self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None) -> tuple[int, dict[str, Any]]:
        """Sends a request as this person, who logs in when they have to."""
        for _ in range(2):
            if not self.token and not await self._log_in():
                return 0, {}
            status, told = await self.shop.request(method, path, body, {"Authorization": f"Bearer {self.token}", **(headers or {})})
            if status != 401:
                return status, told
            self.token = ""
        return status, told

    async def _log_in(self) -> bool:
        _, pair = await self.shop.request("POST", "/api/v1/auth/login/email", {"email": self.email, "password": self.password})
        self.token = pair.get("accessToken", "")
        return bool(self.token)

    async def do(self, deed: Deed, method: str, path: str, body: Any = None, key: str = "", repeats: int = REPEATS) -> Deed:
        """Sends a request, and again while its outcome is unknown. `repeats` is 0 for what a client may not send twice."""
        headers = {"Idempotency-Key": key} if key else {}
        for attempt in range(repeats + 1):
            status, told = await self.ask(method, path, body, headers)
            deed.status, deed.code, deed.told, deed.ended = status, str(told.get("code", "")), told, time.monotonic()
            deed.outcome = _outcome(status, deed.code)
            if deed.outcome is Outcome.OK:
                deed.answers.append(told)
            if deed.outcome is not Outcome.UNKNOWN:
                break
            if attempt < repeats:
                await asyncio.sleep(self.shop.dice.between("pause", *PAUSE_SECONDS))
        # Some clients send what was answered once more: a lost answer looks like that.
        if deed.outcome is Outcome.OK and key and self.shop.dice.chance("repeat after success", 120):
            status, told = await self.ask(method, path, body, headers)
            if status // 100 == 2:
                deed.answers.append(told)
        return deed


def _outcome(status: int, code: str) -> Outcome:
    if status // 100 == 2:
        return Outcome.OK
    return Outcome.UNKNOWN if status == 0 or status >= 500 or code in AGAIN else Outcome.REFUSED


class Customer:
    """Wishes of a customer."""

    def __init__(self, person: Person) -> None:
        self.person, self.shop, self.dice = person, person.shop, person.shop.dice
        self.own: list[str] = []

    async def wish(self) -> None:
        """One random wish."""
        await getattr(self, self.dice.weighted("customer", CUSTOMER))()

    async def order(self) -> None:
        """Orders directly, in one of three ways to pay; mostly with a key."""
        method = self.dice.weighted("method", METHODS)
        lines = self._lines()
        body = {**_address(), "items": [{"productId": sku, "quantity": quantity} for sku, quantity in lines.items()]}
        if method == "card":
            body["card"] = "tok_success"
        elif method == "phone":
            body["phone"] = "+79210000000"
        key = secrets.token_hex(8) if self.dice.chance("with a key", 700) else ""
        deed = self.shop.history.begin(self.person.name, "order", lines=lines, method=method, key=key, street=body["street"])
        # Without a key only what charges at once may be sent again (docs/orders.md).
        await self.person.do(deed, "POST", "/api/v1/orders", body, key, REPEATS if key or method != "page" else 0)
        self._remember(deed, deed.told.get("orderId"))

    async def checkout(self) -> None:
        """Puts something into the cart and checks it out."""
        lines = self._lines()
        for sku, quantity in lines.items():
            status, _ = await self.person.ask("PUT", f"/api/v1/cart/items/{sku}", {"quantity": quantity})
            if status // 100 != 2:
                await self.person.ask("DELETE", "/api/v1/cart")
                return
        method, body = self.dice.weighted("method", METHODS), _address()
        if method == "card":
            body |= {"method": "card", "cardToken": "tok_success"}
        elif method == "phone":
            body |= {"method": "phone", "phone": "+79210000000"}
        key = secrets.token_hex(8)
        # The cart may hold more by now: what was ordered is what the order says.
        deed = self.shop.history.begin(self.person.name, "checkout", lines=None, method=method, key=key, street=body["street"])
        await self.person.do(deed, "POST", "/api/v1/orders/checkout", body, key)
        self._remember(deed, deed.told.get("id"))

    async def later(self) -> None:
        """Orders without setting goods aside, and sets them aside afterwards."""
        lines = self._lines()
        body = {**_address(), "reserve": False, "items": [{"productId": sku, "quantity": quantity} for sku, quantity in lines.items()]}
        key = secrets.token_hex(8)
        deed = self.shop.history.begin(self.person.name, "order_later", lines=lines, key=key, street=body["street"])
        await self.person.do(deed, "POST", "/api/v1/orders", body, key)
        self._remember(deed, deed.told.get("orderId"))
        if deed.outcome is Outcome.OK:
            order = deed.told["orderId"]
            await self.person.do(self.shop.history.begin(self.person.name, "reserve", order=order, lines=lines), "POST", f"/api/v1/orders/{order}/reserve")

    async def pay(self) -> None:
        """Pays an order of theirs by card."""
        if order := self._one():
            key = secrets.token_hex(8)
            deed = self.shop.history.begin(self.person.name, "pay", order=order, key=key)
            await self.person.do(deed, "POST", f"/api/v1/orders/{order}/pay", {"method": "card", "cardToken": "tok_success"}, key)

    async def cancel(self) -> None:
        """Cancels an order of theirs."""
        if order := self._one():
            await self.person.do(self.shop.history.begin(self.person.name, "cancel", order=order), "POST", f"/api/v1/orders/{order}/cancel", {"reason": "changed my mind"})

    async def look(self) -> None:
        """Looks at an order of theirs."""
        if order := self._one():
            await look(self.person, order)

    def _lines(self) -> dict[str, int]:
        return {sku: self.dice.weighted("quantity", {1: 60, 2: 25, 5: 15}) for sku in self.dice.sample("skus", sorted(self.shop.skus), 3)}

    def _one(self) -> str | None:
        # The last ones: those are alive.
        return self.dice.pick("own", self.own[-4:]) if self.own else None

    def _remember(self, deed: Deed, order: str | None) -> None:
        if order and order not in self.own:
            self.own.append(order)
            self.shop.orders[order] = (self.person, deed.told)


class Operator:
    """What those who run the shop do to anybody's orders."""

    def __init__(self, person: Person) -> None:
        self.person, self.shop, self.dice = person, person.shop, person.shop.dice

    async def wish(self) -> None:
        """One random act."""
        await getattr(self, self.dice.weighted("operator", OPERATOR))()

    async def confirm(self) -> None:
        """Confirms an order."""
        if order := self._one():
            await self.person.do(self.shop.history.begin(self.person.name, "confirm", order=order), "POST", f"/api/v1/orders/{order}/confirm")

    async def ship(self) -> None:
        """Ships an order."""
        if order := self._one():
            deed = self.shop.history.begin(self.person.name, "ship", order=order)
            await self.person.do(deed, "PATCH", f"/api/v1/orders/{order}", {"status": "shipped"})

    async def cancel_any(self) -> None:
        """Cancels an order, also a paid one."""
        if order := self._one():
            await self.person.do(self.shop.history.begin(self.person.name, "cancel_any", order=order), "POST", f"/api/v1/orders/{order}/cancel", {"reason": "out of order"})

    async def refund(self) -> None:
        """Sends a part of the money of an order back."""
        order = self._one()
        if not order:
            return
        _, told = await self.person.ask("GET", f"/api/v1/orders/{order}")
        payment = (told.get("payment") or {}).get("paymentId")
        if not payment or told.get("status") not in ("paid", "confirmed", "shipped"):
            return
        amount, key = max(1, told["totalAmount"] // self.dice.pick("share", (1, 2, 3, 7))), secrets.token_hex(8)
        deed = self.shop.history.begin(self.person.name, "refund", order=order, payment=payment, amount=amount, key=key)
        await self.person.do(deed, "POST", "/api/v1/refunds", {"orderId": order, "paymentId": payment, "amount": amount}, key)

    async def restock(self) -> None:
        """Brings goods into a warehouse, or takes some out."""
        sku, delta, warehouse = self.dice.pick("sku", sorted(self.shop.skus)), self.dice.pick("delta", (5, 3, 8, -2)), self.dice.pick("warehouse", WAREHOUSES)
        deed = self.shop.history.begin(self.person.name, "restock", sku=sku, delta=delta, warehouse=warehouse)
        # A change by a number is not to be sent twice (docs/stock.md).
        await self.person.do(deed, "PUT", f"/api/v1/stocks/{sku}", {"warehouse": warehouse, "delta": delta}, repeats=0)

    async def look_any(self) -> None:
        """Looks at anybody's order."""
        if order := self._one():
            await look(self.person, order)

    def _one(self) -> str | None:
        orders = list(self.shop.orders)[-30:]
        return self.dice.pick("any order", orders) if orders else None


async def look(person: Person, order: str) -> None:
    """Reads an order."""
    await person.do(person.shop.history.begin(person.name, "look", order=order), "GET", f"/api/v1/orders/{order}", repeats=0)


async def busy(wish: Callable[[], Awaitable[None]], dice: Dice, until: float) -> None:
    """Has somebody wish on and on until a moment of the monotonic clock."""
    while time.monotonic() < until:
        await wish()
        await asyncio.sleep(dice.between("thought", *THOUGHT_SECONDS))


def _address() -> dict[str, str]:
    # Its street names the wish, so that its orders are found whatever its sender was told.
    return {"country": "RU", "region": "Москва", "city": "Москва", "street": f"ул. Бурь, {secrets.token_hex(8)}"}
