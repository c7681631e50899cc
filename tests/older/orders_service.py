"""The client of orders-service: the gateway and a cart service in JavaScript, which signs the snapshots of its carts by itself."""

import datetime
import hashlib
import hmac
import json
import uuid
from typing import Any

import requests

from older.contract import Contract
from older.shop import TIMEOUT_SECONDS, Shop, ok

CONTRACT = Contract(
    "## orders-service",
    {
        "`POST /api/orders`": "without `Idempotency-Key` 400; goods out of stock are 409 `Insufficient stock`; a snapshot is good for 15 minutes and one order, "
        "and has each SKU on one line; a `userId` other than the caller's takes `orders:write`",
        "`POST /api/orders/{orderId}/cancel`": "an owner may cancel an unpaid order without `orders:write`",
        "`GET /`": "`version` and `commit` besides `service` and `status`",
        "every order": "`pending` is `awaiting_payment`, and the other statuses are those of `/api/v1`; `items`, `number` and `expiresAt` besides; "
        "the snapshot's products and currency are those of the catalog",
        "every problem": "a problem (RFC 9457) that also has `error`",
    },
)
STRANGER = "00000000-0000-4000-8000-000000000000"


class CartService:
    """Takes snapshots of carts and signs them as `createHmac("sha256", secret).update(JSON.stringify(snapshot))` does."""

    def __init__(self, secret: str):
        self._secret = secret

    def snapshot(self, sku: str, quantity: int, cents: int, user: str | None, minutes_ago: int = 0, lines: int = 1) -> dict:
        """A signed snapshot of a cart with one line, or more of the same SKU."""
        created = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(minutes=minutes_ago)
        totals = {"itemCount": lines, "totalQuantity": lines * quantity, "subtotalCents": lines * quantity * cents, "currency": "USD"}
        snapshot: dict[str, Any] = {
            "snapshotId": str(uuid.uuid4()),
            "cartId": str(uuid.uuid4()),
            "cartVersion": 5,
            "currency": "USD",
            "items": [{"sku": sku, "qty": quantity, "unitPriceCents": cents, "currency": "USD", "title": "Kettle ☕"}] * lines,
            "totals": totals,
            "createdAt": created.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "userId": user,
            "pricingSnapshot": {"source": "catalog", "taxRate": 0.2},
        }
        text = json.dumps(snapshot, separators=(",", ":"), ensure_ascii=False)
        return {**snapshot, "signature": hmac.new(self._secret.encode(), text.encode(), hashlib.sha256).hexdigest()}


class OrdersService:
    """The calls of the document, below `/api/orders` or its alias `/orders`."""

    def __init__(self, base: str, prefix: str, bearer: dict[str, str]):
        self._prefix = base + prefix
        self._session = requests.Session()
        self._session.headers.update(bearer)

    def create(self, snapshot: dict, key: str | None) -> requests.Response:
        """Places an order from a signed snapshot."""
        headers = {"Idempotency-Key": key} if key else {}
        return self._session.post(self._prefix, json={"cartSnapshot": snapshot}, headers=headers, timeout=TIMEOUT_SECONDS)

    def order(self, order_id: str) -> requests.Response:
        """Reads an order."""
        return self._session.get(f"{self._prefix}/{order_id}", timeout=TIMEOUT_SECONDS)

    def cancel(self, order_id: str, body: dict | None = None) -> requests.Response:
        """Cancels an order; the body is optional."""
        return self._session.post(f"{self._prefix}/{order_id}/cancel", json=body, timeout=TIMEOUT_SECONDS)


def run(shop: Shop) -> None:
    """Runs every row of the document, with both prefixes."""
    _is_alive(shop)
    carts = CartService(shop.secret("CartSnapshotSecret"))
    privileged = shop.bearer("orders:read", "orders:write")
    customer, other = shop.customer(), shop.customer()
    for prefix in ("/api/orders", "/orders"):
        anna, boris, operator = (OrdersService(shop.url, prefix, bearer) for bearer in (customer.bearer, other.bearer, privileged))
        sku = shop.product(price=2600, stock=20, currency="USD")
        snapshot = carts.snapshot(sku, 3, 2500, customer.id)
        order_id = _creates(shop, anna, prefix, snapshot)
        _is_refused(carts, anna, operator, prefix, sku, customer.id)
        _reads((anna, boris, operator), prefix, order_id, snapshot)
        _cancels((anna, boris, operator), prefix, order_id)
        _cancels_own(carts, anna, prefix, sku, customer.id)
        _publishes(shop, order_id)


def _is_alive(shop: Shop) -> None:
    """Probes the service."""
    with CONTRACT.row("`GET /`"):
        alive = ok(requests.get(f"{shop.url}/", timeout=TIMEOUT_SECONDS))
        assert alive["service"] and alive["status"]
    with CONTRACT.difference("`GET /`"):
        assert set(alive) == {"service", "status", "version", "commit"}, alive
    for probe in ("/healthz", "/readyz"):
        with CONTRACT.row(f"`GET {probe}`"):
            ok(requests.get(shop.url + probe, timeout=TIMEOUT_SECONDS))


def _creates(shop: Shop, client: OrdersService, prefix: str, snapshot: dict) -> str:
    """Places the order and repeats the request. Returns its id."""
    with CONTRACT.row(f"`POST {prefix}`"):
        key = str(uuid.uuid4())
        first = client.create(snapshot, key)
        order_id = ok(first, 201)["orderId"]
        assert first.headers.get("x-idempotent-replay", "false") == "false"
        again = client.create(snapshot, key)
        assert ok(again)["orderId"] == order_id and again.headers["x-idempotent-replay"] == "true"
        assert OrdersService(shop.url, prefix, {}).create(snapshot, key).status_code == 401
        forged = ok(client.create({**snapshot, "signature": "0" * 64}, str(uuid.uuid4())), 422)
        assert forged["error"] == "Invalid snapshot payload", forged
    with CONTRACT.difference("every problem"):
        assert (forged["status"], forged["code"]) == (422, "invalid_snapshot"), forged
    return order_id


def _is_refused(carts: CartService, client: OrdersService, operator: OrdersService, prefix: str, sku: str, user: str) -> None:
    """Sends requests that the old service accepted."""
    with CONTRACT.difference("`POST /api/orders`"):
        assert ok(client.create(carts.snapshot(sku, 1, 2500, user), None), 400)["code"] == "idempotency_key_required"
        scarce = ok(client.create(carts.snapshot(sku, 21, 2500, user), str(uuid.uuid4())), 409)
        assert scarce["error"] == "Insufficient stock", scarce
        once = carts.snapshot(sku, 1, 2500, None)
        assert ok(client.create(once, str(uuid.uuid4())), 422)["reason"] == "another_user"
        ok(operator.create(once, str(uuid.uuid4())), 201)
        assert ok(operator.create(once, str(uuid.uuid4())), 409)["code"] == "snapshot_already_ordered"
        split = carts.snapshot(sku, 1, 2500, user, lines=2)
        assert ok(client.create(split, str(uuid.uuid4())), 422)["reason"] == "repeated_sku"
        late = ok(client.create(carts.snapshot(sku, 1, 2500, user, minutes_ago=16), str(uuid.uuid4())), 422)
        assert late["reason"] == "expired", late
    with CONTRACT.row(f"`POST {prefix}`"):
        named = ok(operator.create(carts.snapshot(sku, 1, 2500, "user-123"), str(uuid.uuid4())), 201)
        assert ok(operator.order(named["orderId"]))["userId"] == "user-123"


def _reads(callers: tuple[OrdersService, ...], prefix: str, order_id: str, snapshot: dict) -> None:
    """Reads the order as its owner, an operator and another customer."""
    owner, other, operator = callers
    with CONTRACT.row(f"`GET {prefix}/{{orderId}}`"):
        order = ok(owner.order(order_id))
        assert order == ok(operator.order(order_id))
        shown = ("id", "currency", "userId", "totals", "cartSnapshot", "cancellationReason", "canceledAt")
        assert {name: order[name] for name in shown} == {
            "id": order_id,
            "currency": "USD",
            "userId": snapshot["userId"],
            "totals": snapshot["totals"],
            "cartSnapshot": snapshot,
            "cancellationReason": None,
            "canceledAt": None,
        }, order
        assert {"status", "createdAt", "updatedAt"} <= set(order)
        assert other.order(order_id).status_code == 403
        assert owner.order(STRANGER).status_code == 404
    with CONTRACT.difference("every order"):
        assert order["status"] == "awaiting_payment" and order["expiresAt"] is None
        assert order["number"] > 0 and len(order["items"]) == 1 and order["items"][0]["productId"] == snapshot["items"][0]["sku"]


def _cancels(callers: tuple[OrdersService, ...], prefix: str, order_id: str) -> None:
    """Cancels the order as an operator, twice."""
    _, other, operator = callers
    with CONTRACT.row(f"`POST {prefix}/{{orderId}}/cancel`"):
        assert other.cancel(order_id).status_code == 403
        canceled = ok(operator.cancel(order_id, {"reason": "customer_request"}))
        order = canceled["order"]
        assert canceled["status"] == order["status"] == "canceled" and order["canceledAt"]
        assert order["cancellationReason"] == "customer_request"
        final = ok(operator.cancel(order_id), 409)
        assert (final["error"], final["order"]) == ("Order already finalized", order)
        assert operator.cancel(STRANGER).status_code == 404


def _cancels_own(carts: CartService, owner: OrdersService, prefix: str, sku: str, user: str) -> None:
    """Cancels an order as its owner."""
    order_id = ok(owner.create(carts.snapshot(sku, 1, 2500, user), str(uuid.uuid4())), 201)["orderId"]
    with CONTRACT.difference("`POST /api/orders/{orderId}/cancel`"):
        assert ok(owner.cancel(order_id))["status"] == "canceled"


def _publishes(shop: Shop, order_id: str) -> None:
    """Reads the journal's events of the order, which are those that are published."""
    with CONTRACT.row("`orders.order_placed.v1`, `orders.order_canceled.v1`"):
        page = shop.operator.expect(200, "GET", f"/api/v1/orders/{order_id}/events").json()
        types = [f"{each['type'].removesuffix('.v1')}.v1" for each in page["items"]]
        assert sorted(types) == ["orders.order_canceled.v1", "orders.order_placed.v1"], types
