"""The client of LOMS, its cart and its product service: POST only, JSON integers. Of Holdfast it knows a base URL with a client's id and secret in it."""

import json
import secrets
from typing import Any

import requests

from older.contract import Contract
from older.shop import TIMEOUT_SECONDS, Shop, ok

CONTRACT = Contract(
    "## LOMS, cart and product service",
    {
        "every route": "HTTP Basic with the id and secret of a client with the scope `loms`, or an access token; a body without `Content-Type: application/json` is 415; "
        "refusals are problems (RFC 9457)",
        "`user`": "from 1; a smaller one is 400",
        "`POST /loms/order/create`": "the status is `awaiting payment` or `failed` at once, and never seen as `new`; a SKU that is not sold is 400",
        "`POST /loms/order/pay`": "a cancelled or expired order is 409; a repeat is `{}`",
        "`POST /loms/order/cancel`": "a paid or failed order is 409; a repeat is `{}`",
        "`POST /loms/stocks`": "a SKU without stock records is 404",
        "`POST /cart/item/add`": "412 beyond the available stock; a SKU that is not sold is 404",
        "`POST /cart/checkout`": "an empty cart is 409",
        "`POST /get_product`": "`token` is `id:secret` or an access token; a SKU that is not sold is 404; a price beyond a uint32 is 409",
        "`POST /list_skus`": "at most 1,000 at a time; `token` as for `/get_product`",
    },
)


class Loms:
    """The calls of the document. `base` has the credentials in it: `http://id:secret@host`."""

    def __init__(self, base: str):
        self._base = base

    def call(self, handle: str, **request: Any) -> requests.Response:
        """Posts a request to a handle, such as `loms/order/create`."""
        return requests.post(f"{self._base}/{handle}", json=request, timeout=TIMEOUT_SECONDS)

    def call_untyped(self, handle: str, **request: Any) -> requests.Response:
        """Posts a request without the type of its body, as some clients do."""
        return requests.post(f"{self._base}/{handle}", data=json.dumps(request).encode(), timeout=TIMEOUT_SECONDS)


def run(shop: Shop) -> None:
    """Runs every row of the document."""
    machine = shop.machine("loms")
    client = Loms(shop.url.replace("://", f"://{machine[0]}:{machine[1]}@"))
    sku, user = secrets.randbelow(2**31) + 2**31, secrets.randbelow(2**62) + 1
    shop.product(price=1990, stock=10, sku=str(sku))
    _signs_in(shop, client, user)
    _orders(client, user, sku)
    _orders_the_scarce(client, user, sku)
    _fills_the_cart(client, user, sku)
    _checks_out(client, user, sku)
    _reads_products(shop, client, ":".join(machine), sku)


def _signs_in(shop: Shop, client: Loms, user: int) -> None:
    """Calls without credentials, with a user that is none, and with more than the document has."""
    with CONTRACT.difference("every route"):
        stranger = Loms(shop.url).call("cart/list", user=user)
        assert ok(stranger, 401)["code"] == "token_required" and stranger.headers["content-type"].startswith("application/problem+json")
        assert client.call("cart/list", user=user, page=1).status_code == 400
        assert client.call_untyped("cart/list", user=user).status_code == 415
    with CONTRACT.difference("`user`"):
        for number in (0, -1):
            refused = ok(client.call("cart/list", user=number), 400)
            assert refused["errors"][0]["pointer"] == "/user", refused


def _stock(client: Loms, sku: int) -> int:
    """The count of both names of the route."""
    counts = [ok(client.call(handle, sku=sku)) for handle in ("loms/stocks", "stocks")]
    assert counts[0] == counts[1] and set(counts[0]) == {"count"}, counts
    return counts[0]["count"]


def _status(client: Loms, order_id: int) -> str:
    """The order's status."""
    return ok(client.call("loms/order/info", orderID=order_id))["status"]


def _orders(client: Loms, user: int, sku: int) -> None:
    """Places orders, pays one and cancels another."""
    items = [{"sku": sku, "count": 2}]
    with CONTRACT.row("`POST /loms/order/create`"):
        paid, cancelled = (ok(client.call("loms/order/create", user=user, items=items)) for _ in range(2))
        assert set(paid) == {"orderID"} and isinstance(paid["orderID"], int), paid
    with CONTRACT.row("`POST /loms/stocks`"), CONTRACT.row("`POST /stocks`"):
        assert _stock(client, sku) == 6, "what is reserved cannot be bought"
    with CONTRACT.row("`POST /loms/order/info`"):
        assert ok(client.call("loms/order/info", **paid)) == {"status": "awaiting payment", "user": user, "items": items}
        assert client.call("loms/order/info", orderID=2**53 - 1).status_code == 404
    with CONTRACT.row("`POST /loms/order/pay`"):
        assert ok(client.call("loms/order/pay", **paid)) == {}
        assert (_status(client, paid["orderID"]), _stock(client, sku)) == ("payed", 6)
    with CONTRACT.row("`POST /loms/order/cancel`"):
        assert ok(client.call("loms/order/cancel", **cancelled)) == {}
        assert (_status(client, cancelled["orderID"]), _stock(client, sku)) == ("cancelled", 8)
    with CONTRACT.difference("`POST /loms/order/pay`"):
        assert ok(client.call("loms/order/pay", **paid)) == {}
        assert client.call("loms/order/pay", **cancelled).status_code == 409
    with CONTRACT.difference("`POST /loms/order/cancel`"):
        assert ok(client.call("loms/order/cancel", **cancelled)) == {}
        assert client.call("loms/order/cancel", **paid).status_code == 409


def _orders_the_scarce(client: Loms, user: int, sku: int) -> None:
    """Orders more than there is, and what is not sold."""
    name, unsold = "`POST /loms/order/create`", secrets.randbelow(2**30)
    with CONTRACT.row(name):
        failed = ok(client.call("loms/order/create", user=user, items=[{"sku": sku, "count": 9}]))
        assert (_status(client, failed["orderID"]), _stock(client, sku)) == ("failed", 8)
    with CONTRACT.difference(name):
        waiting = ok(client.call("loms/order/create", user=user, items=[{"sku": sku, "count": 1}]))["orderID"]
        assert _status(client, waiting) == "awaiting payment"
        assert client.call("loms/order/create", user=user, items=[{"sku": unsold, "count": 1}]).status_code == 400
        ok(client.call("loms/order/cancel", orderID=waiting))
    with CONTRACT.difference("`POST /loms/stocks`"):
        assert [client.call(handle, sku=unsold).status_code for handle in ("loms/stocks", "stocks")] == [404, 404]
    with CONTRACT.difference("`POST /cart/item/add`"):
        assert client.call("cart/item/add", user=user, sku=sku, count=9).status_code == 412
        assert client.call("cart/item/add", user=user, sku=unsold, count=1).status_code == 404


def _fills_the_cart(client: Loms, user: int, sku: int) -> None:
    """Adds to the cart, reads it, and empties it in both ways."""
    empty = {"items": [], "totalPrice": 0}
    for handle, request in (("cart/item/delete", {"sku": sku}), ("cart/clear", {})):
        with CONTRACT.row("`POST /cart/item/add`"):
            for count in (1, 2):
                assert ok(client.call("cart/item/add", user=user, sku=sku, count=count)) == {}
        with CONTRACT.row("`POST /cart/list`"):
            line = {"sku": sku, "count": 3, "name": "Самовар ☕", "price": 1990}
            assert ok(client.call("cart/list", user=user)) == {"items": [line], "totalPrice": 5970}
        with CONTRACT.row(f"`POST /{handle}`"):
            assert ok(client.call(handle, user=user, **request)) == {}
            assert ok(client.call("cart/list", user=user)) == empty


def _checks_out(client: Loms, user: int, sku: int) -> None:
    """Orders the cart."""
    name = "`POST /cart/checkout`"
    with CONTRACT.row(name):
        ok(client.call("cart/item/add", user=user, sku=sku, count=3))
        order = ok(client.call("cart/checkout", user=user))
        assert ok(client.call("loms/order/info", **order)) == {"status": "awaiting payment", "user": user, "items": [{"sku": sku, "count": 3}]}
        assert _stock(client, sku) == 5
    with CONTRACT.difference(name):
        assert client.call("cart/checkout", user=user).status_code == 409


def _reads_products(shop: Shop, client: Loms, token: str, sku: int) -> None:
    """Reads products by the token in the body alone, under both names of the routes."""
    anyone = Loms(shop.url)
    for handle in ("get_product", "product/get_product"):
        with CONTRACT.row(f"`POST /{handle}`"):
            assert ok(anyone.call(handle, token=token, sku=sku)) == {"name": "Самовар ☕", "price": 1990}
    for handle in ("list_skus", "product/list_skus"):
        with CONTRACT.row(f"`POST /{handle}`"):
            assert ok(anyone.call(handle, token=token, startAfterSku=sku - 1, count=1)) == {"skus": [sku]}
    with CONTRACT.difference("`POST /get_product`"):
        assert anyone.call("get_product", token="testtoken", sku=sku).status_code == 401
        assert client.call("get_product", token="testtoken", sku=sku).status_code == 200, "the header counts"
        assert anyone.call("get_product", token=token, sku=secrets.randbelow(2**30)).status_code == 404
        dear = secrets.randbelow(2**31) + 2**31
        shop.product(price=2**32, stock=1, sku=str(dear))
        assert anyone.call("get_product", token=token, sku=dear).status_code == 409
    with CONTRACT.difference("`POST /list_skus`"):
        assert len(ok(anyone.call("list_skus", token=token, startAfterSku=0, count=2**32 - 1))["skus"]) <= 1000
        assert anyone.call("list_skus", token="testtoken", startAfterSku=0, count=1).status_code == 401
