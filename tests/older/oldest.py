"""The client of the oldest orders module: `/api/v1/orders` and YooKassa's notifications. The calls are those of its document."""

from typing import Any

import requests

from older.contract import Contract
from older.shop import TIMEOUT_SECONDS, Shop, ok

CONTRACT = Contract(
    "## The oldest orders module",
    {
        "`GET /api/v1/orders/`": "308 to `/api/v1/orders`; the list is a page `{items, nextCursor}` of summaries, and no bare array; "
        "it takes `limit` and `cursor`, and 400 names any other parameter",
        "`GET /api/v1/orders/{order_id}`": "`id` is a UUID; the integer is `number`, up to 2^53-1, and every route takes either",
        "`POST /api/v1/orders/checkout`": "the page to pay on is `paymentUrl`, and not `payment_url`",
        "`POST /api/v1/orders/{order_id}/cancel`": "`cancelled` and `failed` in lower case; an order that is not `awaiting_payment` is 409 with the order",
        "every amount": "an integer in minor units with a `currency`",
        "every name": "camelCase (`createdAt`, `totalAmount`), and not snake_case",
        "`POST /api/v1/webhooks/payment/yookassa`": "404 where YooKassa is not the stack's provider; the payment is read back from YooKassa, and the body is not trusted",
    },
)


class OrdersModule:
    """The calls of the document, below the base prefix `/api/v1/orders`."""

    def __init__(self, base: str, bearer: dict[str, str]):
        self._prefix = f"{base}/api/v1/orders"
        self._session = requests.Session()
        self._session.headers.update(bearer)

    def checkout(self) -> requests.Response:
        """Places an order from the current cart. The body is empty."""
        return self._session.post(f"{self._prefix}/checkout", timeout=TIMEOUT_SECONDS)

    def orders(self, **parameters: int) -> requests.Response:
        """Lists the user's orders: `GET /` below the prefix."""
        return self._session.get(f"{self._prefix}/", params=parameters, timeout=TIMEOUT_SECONDS)

    def order(self, order_id: object) -> requests.Response:
        """Reads one order."""
        return self._session.get(f"{self._prefix}/{order_id}", timeout=TIMEOUT_SECONDS)

    def cancel(self, order_id: object) -> requests.Response:
        """Cancels an order that awaits its payment."""
        return self._session.post(f"{self._prefix}/{order_id}/cancel", timeout=TIMEOUT_SECONDS)


def run(shop: Shop) -> None:
    """Runs every row of the document."""
    customer = shop.customer()
    client = OrdersModule(shop.url, customer.bearer)
    sku = shop.product(price=7550, stock=5)
    shop.put_in_cart(customer, sku, 2)
    placed = _checks_out(shop, client, sku)
    _reads(client, placed)
    _cancels(shop, client, placed, sku)
    _is_refused(shop, client, sku)
    _is_notified(shop.url, placed)


def _checks_out(shop: Shop, client: OrdersModule, sku: str) -> Any:
    """Orders the cart. Returns the order."""
    name = "`POST /api/v1/orders/checkout`"
    with CONTRACT.row(name):
        placed = ok(client.checkout(), 201)
        assert placed["status"] == "awaiting_payment" and placed["payment"]["status"] == "pending", placed
        assert [(line["productId"], line["quantity"]) for line in placed["items"]] == [(sku, 2)], placed
        assert shop.available(sku) == 3, "the stock is reserved"
        assert ok(client.checkout(), 409)["code"] == "cart_empty", "the cart is cleared"
        assert OrdersModule(shop.url, {}).checkout().status_code == 401
    with CONTRACT.difference(name):
        assert "payment_url" not in placed
        assert requests.get(placed["paymentUrl"], timeout=TIMEOUT_SECONDS).status_code == 200
    with CONTRACT.difference("every amount"):
        assert (placed["totalAmount"], placed["currency"], placed["items"][0]["unitPrice"]) == (15100, "RUB", 7550)
    with CONTRACT.difference("every name"):
        assert not [member for member in placed if "_" in member], placed
    return placed


def _reads(client: OrdersModule, placed: Any) -> None:
    """Reads the list and the order."""
    name = "`GET /api/v1/orders/`"
    with CONTRACT.row(name):
        listed = client.orders()
        page = ok(listed)
    with CONTRACT.difference(name):
        assert [(each.status_code, each.is_permanent_redirect) for each in listed.history] == [(308, True)]
        assert [(each["id"], "items" in each) for each in page["items"]] == [(placed["id"], False)], page
        assert ok(client.orders(skip=0), 400)["code"] == "invalid_parameter"
    name = "`GET /api/v1/orders/{order_id}`"
    with CONTRACT.row(name):
        order = ok(client.order(placed["number"]))
        assert (order["status"], len(order["items"])) == ("awaiting_payment", 1)
    with CONTRACT.difference(name):
        assert isinstance(order["number"], int) and order["number"] < 2**53 and len(order["id"]) == 36
        assert ok(client.order(order["id"])) == order


def _cancels(shop: Shop, client: OrdersModule, placed: Any, sku: str) -> None:
    """Cancels the order, once."""
    name = "`POST /api/v1/orders/{order_id}/cancel`"
    with CONTRACT.row(name):
        order = ok(client.cancel(placed["number"]))
        assert order == ok(client.order(placed["number"])), "the answer is the order, reloaded"
        assert shop.available(sku) == 5, "the stock is returned"
    with CONTRACT.difference(name):
        assert (order["status"], order["payment"]["status"]) == ("cancelled", "failed")
        again = ok(client.cancel(placed["number"]), 409)
        assert (again["code"], again["order"]["status"]) == ("order_already_finalized", "cancelled")


def _is_refused(shop: Shop, client: OrdersModule, sku: str) -> None:
    """Orders what is out of stock, and asks for the orders of another customer."""
    with CONTRACT.row("`POST /api/v1/orders/checkout`"):
        customer, rival = shop.customer(), shop.customer()
        for buyer, quantity in ((customer, 3), (rival, 5)):
            shop.put_in_cart(buyer, sku, quantity)
        ok(OrdersModule(shop.url, rival.bearer).checkout(), 201)
        refused = ok(OrdersModule(shop.url, customer.bearer).checkout(), 409)
        assert refused["code"] == "insufficient_stock", refused
    with CONTRACT.row("`GET /api/v1/orders/{order_id}`"):
        theirs = ok(OrdersModule(shop.url, rival.bearer).orders())["items"][0]["number"]
        assert client.order(theirs).status_code == 403


def _is_notified(base: str, placed: Any) -> None:
    """Sends YooKassa's notification to a stack whose provider is the sandbox."""
    name = "`POST /api/v1/webhooks/payment/yookassa`"
    notification: Any = {"type": "notification", "event": "payment.succeeded", "object": {"id": placed["payment"]["paymentId"], "status": "succeeded", "paid": True}}
    with CONTRACT.difference(name):
        assert requests.post(f"{base}/api/v1/webhooks/payment/yookassa", json=notification, timeout=TIMEOUT_SECONDS).status_code == 404
