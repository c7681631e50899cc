"""The client of orders-management: a FastAPI application with `/register`, `/token` and `/orders`, and no prefix.

The document names the routes and gives no bodies, so the bodies are those of docs/migrating.md.
"""

from typing import Any

import requests

from older.contract import Contract
from older.shop import PASSWORD, TIMEOUT_SECONDS, Shop, ok, unique_email

CONTRACT = Contract(
    "## orders-management",
    {
        "`POST /register`": "the body is `firstName`, `lastName`, `email` or `phone` or both, and `password`; other members are 422",
        "`POST /token`": "`username` is an email address or a phone number; `token_type` is `Bearer`, with a capital",
        "`POST /orders`": "an address is required; the answer is a receipt with `orderId` and `id`; an order that is not paid in time is cancelled (`expiresAt`)",
        "`PATCH /orders/{order_id}`": "every status but `canceled` takes `orders:write`; a change that the order's status does not allow is 409",
        "`GET /orders/user/{user_id}`": "a page `{items, nextCursor}`, and no bare array",
        "every amount": "an integer in minor units with a `currency`",
        "every status": "lower case, and `canceled`",
    },
)


class OrdersApi:
    """The calls of the document."""

    def __init__(self, base: str):
        self._base = base
        self._session = requests.Session()

    def register(self, **account: str) -> requests.Response:
        """Registers a user."""
        return self._session.post(f"{self._base}/register", json=account, timeout=TIMEOUT_SECONDS)

    def token(self, **form: str) -> requests.Response:
        """Gets a token, as a form (OAuth2), and uses it from then on."""
        answer = self._session.post(f"{self._base}/token", data=form, timeout=TIMEOUT_SECONDS)
        if answer.status_code == 200:
            self._session.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
        return answer

    def create(self, order: dict) -> requests.Response:
        """Places an order."""
        return self._session.post(f"{self._base}/orders", json=order, timeout=TIMEOUT_SECONDS)

    def order(self, order_id: str) -> requests.Response:
        """Reads an order by its UUID."""
        return self._session.get(f"{self._base}/orders/{order_id}", timeout=TIMEOUT_SECONDS)

    def update(self, order_id: str, status: str) -> requests.Response:
        """Updates an order's status."""
        return self._session.patch(f"{self._base}/orders/{order_id}", json={"status": status}, timeout=TIMEOUT_SECONDS)

    def orders_of(self, user_id: str) -> requests.Response:
        """Lists a user's orders."""
        return self._session.get(f"{self._base}/orders/user/{user_id}", timeout=TIMEOUT_SECONDS)


def run(shop: Shop) -> None:
    """Runs every row of the document."""
    client, operator = OrdersApi(shop.url), OrdersApi(shop.url)
    user = _signs_in(shop, client)
    placed = _orders(shop, client)
    _sees(shop, client, user, placed)
    _updates(shop, client, operator, placed["orderId"], _orders(shop, client)["orderId"])


def _signs_in(shop: Shop, client: OrdersApi) -> Any:
    """Registers and gets a token, with and without `grant_type`. Returns the user."""
    email = unique_email()
    account = {"firstName": "Анна", "lastName": "Каренина", "email": email, "password": PASSWORD}
    with CONTRACT.row("`POST /register`"):
        user = ok(client.register(**account), 201)
        assert user["email"] == email and "password" not in user
        assert client.register(**account).status_code == 409
    with CONTRACT.difference("`POST /register`"):
        refused = ok(client.register(username=unique_email(), password=PASSWORD), 422)
        assert {each["pointer"] for each in refused["errors"]} >= {"/firstName", "/lastName", "/username"}, refused
    with CONTRACT.row("`POST /token`"):
        assert client.order(user["id"]).status_code == 401
        for form in ({"grant_type": "password"}, {}):
            granted = ok(OrdersApi(shop.url).token(**form, username=email, password=PASSWORD))
            assert granted["access_token"] and granted["refresh_token"] and granted["expires_in"] == 900
        granted = ok(client.token(username=email, password=PASSWORD))
    with CONTRACT.difference("`POST /token`"):
        assert granted["token_type"] == "Bearer"
        refused = ok(OrdersApi(shop.url).token(username="anna", password=PASSWORD), 400)
        assert refused["error"] == "invalid_grant", refused
    return user


def _orders(shop: Shop, client: OrdersApi) -> Any:
    """Places an order. Returns its receipt."""
    sku = shop.product(price=10050, stock=9)
    order = {"items": [{"productId": sku, "quantity": 2}], "country": "RU", "region": "Москва", "city": "Москва", "street": "Тверская, 1"}
    with CONTRACT.row("`POST /orders`"):
        placed = ok(client.create(order), 201)
        assert OrdersApi(shop.url).create(order).status_code == 401
        assert shop.available(sku) == 7
    with CONTRACT.difference("`POST /orders`"):
        assert placed["id"] == placed["orderId"] and "userId" not in placed, placed
        assert ok(client.order(placed["id"]))["expiresAt"] > placed["createdAt"]
        assert client.create({"items": order["items"]}).status_code == 422
    with CONTRACT.difference("every amount"):
        assert (placed["totalAmount"], placed["currency"]) == (20100, "RUB")
    return placed


def _sees(shop: Shop, client: OrdersApi, user: Any, placed: Any) -> None:
    """Reads the order and the user's list."""
    with CONTRACT.row("`GET /orders/{order_id}`"):
        order = ok(client.order(placed["orderId"]))
        assert (order["id"], order["userId"], len(order["items"])) == (placed["orderId"], user["id"], 1)
        assert client.order("00000000-0000-4000-8000-000000000000").status_code == 404
    name = "`GET /orders/user/{user_id}`"
    with CONTRACT.row(name):
        listed = ok(client.orders_of(user["id"]))
        assert client.orders_of(shop.customer().id).status_code in (403, 404)
    with CONTRACT.difference(name):
        assert listed["items"] == [order] and "nextCursor" not in listed, listed


def _updates(shop: Shop, client: OrdersApi, operator: OrdersApi, order_id: str, another: str) -> None:
    """Has the customer cancel an order, and moves another on as an operator, from its payment on."""
    name = "`PATCH /orders/{order_id}`"
    machine, secret = shop.machine("orders:read", "orders:write")
    ok(operator.token(grant_type="client_credentials", client_id=machine, client_secret=secret))
    with CONTRACT.row(name):
        order = ok(client.update(order_id, "canceled"))
        for status in ("paid", "confirmed", "shipped", "delivered"):
            assert ok(operator.update(another, status))["status"] == status
    with CONTRACT.difference(name):
        assert client.update(order_id, "shipped").status_code == 403
        assert ok(operator.update(order_id, "shipped"), 409)["error"]
    with CONTRACT.difference("every status"):
        assert order["status"] == "canceled"
        assert operator.update(order_id, "SHIPPED").status_code == 422
