"""The client of the marketplace of six services, all below `/api/v1`. Each call has the members that the document lists, and no others."""

import base64
import hashlib
import hmac
import json
import secrets
import time
from typing import Any

import requests

from older.contract import Contract
from older.shop import PASSWORD, TIMEOUT_SECONDS, Account, Shop, ok, unique_email, unique_phone

CONTRACT = Contract(
    "## The marketplace",
    {
        "`GET /api/v1/users/me`": "`email` and `phone` are left out where the account has none",
        "`PATCH /api/v1/users/me`": "`id` may only be the caller's own; another is 422",
        "`POST /api/v1/auth/password/reset/request`": "exactly one of `email` and `phone`; both are 422",
        "`POST /api/v1/orders`": "`card` is a token of the payment provider and never a card number; `card` and `phone` exclude each other; `productId` is a text",
        "`GET /api/v1/orders/me`, `GET /api/v1/products`, `GET /api/v1/stocks`": "a page `{items, nextCursor}`, and no bare array",
        "`POST /api/v1/orders/{orderId}/confirm`": "takes `orders:write`; customers get 403",
        "`POST /api/v1/orders/{orderId}/payment-status`": "takes a signature (Standard Webhooks) or `payments:write`; `status` is `succeeded` or `failed`",
        "`POST /api/v1/reservations`, `/confirm`, `/release`": "take `stock:write`",
        "`POST /api/v1/payments`, `POST /api/v1/refunds`": "take `payments:write`; `amount` and `currency` of a payment are the order's; refunds never exceed what was paid",
        "`POST /api/v1/payments/{paymentId}/notify`": "signed (Standard Webhooks); without a signature 401",
        "`POST /api/v1/notifications/send`": "takes `notifications:write`; nine fixed templates with fixed variables; `channel` is `email` or `sms`",
        "`GET /api/v1/notifications/{notificationId}`": "`to` is masked",
        "every amount": "an integer in minor units with a `currency`",
        "every status": "lower case; an order's are `new`, `awaiting_payment`, `paid`, `confirmed`, `shipped`, `delivered`, `cancelled`, `failed`",
    },
)
ADDRESS = {"country": "RU", "region": "Москва", "city": "Москва", "street": "Тверская, 1"}


class Marketplace:
    """The calls of the document for one caller, below `/api/v1`."""

    def __init__(self, base: str, bearer: dict[str, str] | None = None):
        self._prefix = f"{base}/api/v1"
        self._session = requests.Session()
        self._session.headers.update(bearer or {})

    def get(self, path: str) -> requests.Response:
        """Reads a path."""
        return self._session.get(self._prefix + path, timeout=TIMEOUT_SECONDS)

    def post(self, path: str, **members: Any) -> requests.Response:
        """Posts the members; without any, no body."""
        return self._session.post(self._prefix + path, json=members or None, timeout=TIMEOUT_SECONDS)

    def patch(self, path: str, **members: Any) -> requests.Response:
        """Patches with the members."""
        return self._session.patch(self._prefix + path, json=members, timeout=TIMEOUT_SECONDS)

    def notify(self, payment_id: str, secret: str, **members: Any) -> requests.Response:
        """Posts a payment's status with a signature by Standard Webhooks."""
        body, stamp = json.dumps(members), str(int(time.time()))
        message = f"{payment_id}.{secrets.token_hex(8)}"
        digest = hmac.new(base64.b64decode(secret.removeprefix("whsec_")), f"{message}.{stamp}.{body}".encode(), hashlib.sha256).digest()
        signed = {"webhook-id": message, "webhook-timestamp": stamp, "webhook-signature": f"v1,{base64.b64encode(digest).decode()}"}
        headers = {"content-type": "application/json", **signed}
        return self._session.post(f"{self._prefix}/payments/{payment_id}/notify", data=body, headers=headers, timeout=TIMEOUT_SECONDS)


def run(shop: Shop) -> None:
    """Runs every row of the document."""
    anyone = Marketplace(shop.url)
    for kind, login in (("email", unique_email()), ("phone", unique_phone())):
        _keeps_an_account(shop, anyone, kind, login)
    customer, sku = shop.customer(), shop.product(price=7550, stock=20)
    buyer = Marketplace(shop.url, customer.bearer)
    _reads_the_catalog(anyone, buyer, sku)
    order = _orders(buyer, sku)
    _pays(shop, buyer, order)
    _cancels(buyer, sku)
    _reserves(shop, buyer, order["orderId"], sku)
    _serves_payments(shop, buyer, sku)
    _notifies(shop, buyer, customer)


def _keeps_an_account(shop: Shop, anyone: Marketplace, kind: str, login: str) -> None:
    """Registers, logs in, verifies the login, resets the password and changes it."""
    person = {"firstName": "Анна", "lastName": "Каренина", kind: login}
    with CONTRACT.row(f"`POST /api/v1/auth/register/{kind}`"):
        registered = ok(anyone.post(f"/auth/register/{kind}", **person, password=PASSWORD), 201)
    with CONTRACT.row(f"`POST /api/v1/auth/verify/{kind}/send`"):
        assert anyone.post(f"/auth/verify/{kind}/send", **{kind: login}).status_code == 202
    with CONTRACT.row(f"`POST /api/v1/auth/verify/{kind}/confirm`"):
        code = shop.code_sent_to(login, r"(?:code is|Код|код)\D*(\d{6})")
        assert anyone.post(f"/auth/verify/{kind}/confirm", **{kind: login}, code=code).status_code == 204
    with CONTRACT.row("`POST /api/v1/auth/password/reset/request`"):
        assert anyone.post("/auth/password/reset/request", **{kind: login}).status_code == 202
    with CONTRACT.difference("`POST /api/v1/auth/password/reset/request`"):
        assert anyone.post("/auth/password/reset/request", email=unique_email(), phone=unique_phone()).status_code == 422
    with CONTRACT.row("`POST /api/v1/auth/password/reset/confirm`"):
        token = shop.code_sent_to(login, r"(?:^|\s)([\w-]{22})(?:\s|$)")
        assert anyone.post("/auth/password/reset/confirm", resetToken=token, newPassword=f"{PASSWORD} 2").status_code == 204
    with CONTRACT.row(f"`POST /api/v1/auth/login/{kind}`"):
        assert anyone.post(f"/auth/login/{kind}", **{kind: login}, password=PASSWORD).status_code == 401
        tokens = ok(anyone.post(f"/auth/login/{kind}", **{kind: login}, password=f"{PASSWORD} 2"))
    with CONTRACT.row("`POST /api/v1/auth/refresh`"):
        tokens = ok(anyone.post("/auth/refresh", refreshToken=tokens["refreshToken"]))
    known = Marketplace(shop.url, {"Authorization": f"Bearer {tokens['accessToken']}"})
    _has_a_profile(known, registered["id"], {**person, f"{kind}Verified": True})
    with CONTRACT.row("`POST /api/v1/auth/password/change`"):
        assert known.post("/auth/password/change", currentPassword=f"{PASSWORD} 2", newPassword=f"{PASSWORD} 3").status_code == 204
    with CONTRACT.row("`POST /api/v1/auth/logout`"):
        assert anyone.post("/auth/logout", refreshToken=tokens["refreshToken"]).status_code == 204
        assert anyone.post("/auth/refresh", refreshToken=tokens["refreshToken"]).status_code == 401


def _has_a_profile(known: Marketplace, user_id: str, expected: dict) -> None:
    """Reads the profile and updates it by the members that the document has, the id among them."""
    with CONTRACT.row("`GET /api/v1/users/me`"):
        profile = ok(known.get("/users/me"))
        assert profile["id"] == user_id and expected.items() <= profile.items(), profile
    with CONTRACT.difference("`GET /api/v1/users/me`"):
        assert ("email" in profile) != ("phone" in profile), profile
    name = "`PATCH /api/v1/users/me`"
    with CONTRACT.row(name):
        changed = ok(known.patch("/users/me", id=user_id, firstName="Анна", lastName="Вронская"))
        assert changed == {**profile, "lastName": "Вронская"}
    with CONTRACT.difference(name):
        assert known.patch("/users/me", id="00000000-0000-4000-8000-000000000000", firstName="А", lastName="К").status_code == 422


def _reads_the_catalog(anyone: Marketplace, buyer: Marketplace, sku: str) -> None:
    """Reads the lists and the product."""
    listed = "`GET /api/v1/orders/me`, `GET /api/v1/products`, `GET /api/v1/stocks`"
    with CONTRACT.row("`GET /api/v1/products`"):
        products = ok(anyone.get("/products"))
    with CONTRACT.row("`GET /api/v1/stocks`"):
        stocks = ok(anyone.get("/stocks"))
    with CONTRACT.row("`GET /api/v1/orders/me`"):
        orders = ok(buyer.get("/orders/me"))
    with CONTRACT.difference(listed):
        assert orders == {"items": []}
        assert {"id", "name", "stock", "price", "currency"} <= set(products["items"][0]) and products["nextCursor"]
        assert set(stocks["items"][0]) == {"productId", "available"} and stocks["nextCursor"]
    with CONTRACT.row("`GET /api/v1/products/{id}`"):
        product = ok(anyone.get(f"/products/{sku}"))
        assert {"id", "name", "description", "stock", "price", "currency", "attributes", "isActive"} <= set(product)
    with CONTRACT.row("`GET /api/v1/products/{id}/price`"):
        assert ok(anyone.get(f"/products/{sku}/price")) == {"productId": sku, "price": 7550, "currency": "RUB"}
    with CONTRACT.row("`GET /api/v1/products/{id}/stock`"):
        assert ok(anyone.get(f"/products/{sku}/stock")) == {"productId": sku, "available": 20}


def _orders(buyer: Marketplace, sku: str) -> Any:
    """Orders one product, and sees the order. Returns the receipt."""
    name = "`POST /api/v1/orders`"
    with CONTRACT.row(name):
        placed = ok(buyer.post("/orders", productId=sku, **ADDRESS), 201)
        assert {"orderId", "status", "totalAmount", "currency", "items", "createdAt"} <= set(placed), placed
        paid = [ok(buyer.post("/orders", productId=sku, **ADDRESS, **by), 201) for by in ({"card": "tok_success"}, {"phone": "+79991234560"})]
        assert [each["status"] for each in paid] == ["paid", "paid"]
    with CONTRACT.difference(name):
        refused = ok(buyer.post("/orders", productId=sku, **ADDRESS, card="4111111111111111"), 422)
        assert [each["pointer"] for each in refused["errors"]] == ["/card"]
        for members in ({"productId": sku, "card": "tok_success", "phone": "+79991234560"}, {"productId": 1001}):
            assert buyer.post("/orders", **ADDRESS, **members).status_code == 422
    with CONTRACT.difference("every amount"):
        assert (placed["totalAmount"], placed["currency"]) == (7550, "RUB")
    with CONTRACT.difference("every status"):
        assert placed["status"] == "awaiting_payment"
    with CONTRACT.row("`GET /api/v1/orders/me`"):
        listed = ok(buyer.get("/orders/me"))["items"]
        assert {"id", "status", "totalAmount", "currency", "createdAt"} <= set(listed[0]) and len(listed) == 3
    with CONTRACT.row("`GET /api/v1/orders/{orderId}`"):
        order = ok(buyer.get(f"/orders/{placed['orderId']}"))
        assert {**ADDRESS, "id": placed["orderId"], "items": placed["items"], "createdAt": placed["createdAt"]}.items() <= order.items()
        assert {"status", "totalAmount", "currency", "updatedAt"} <= set(order)
    with CONTRACT.row("`POST /api/v1/orders/{orderId}/reserve`"):
        assert ok(buyer.post(f"/orders/{placed['orderId']}/reserve")) == order
    return placed


def _pays(shop: Shop, buyer: Marketplace, order: Any) -> None:
    """Begins the payment, reports that it succeeded, and confirms the order."""
    path = f"/orders/{order['orderId']}"
    with CONTRACT.row("`POST /api/v1/orders/{orderId}/pay`"):
        payment = ok(buyer.post(f"{path}/pay"), 201)
        assert payment["status"] == "pending"
    name = "`POST /api/v1/orders/{orderId}/payment-status`"
    report = {"paymentId": payment["paymentId"], "status": "succeeded"}
    provider = Marketplace(shop.url, shop.bearer("payments:write"))
    with CONTRACT.difference(name):
        assert Marketplace(shop.url).post(f"{path}/payment-status", **report).status_code == 401
        assert buyer.post(f"{path}/payment-status", **report).status_code == 403
        assert provider.post(f"{path}/payment-status", **{**report, "status": "SUCCESS"}).status_code == 422
    with CONTRACT.row(name):
        assert ok(provider.post(f"{path}/payment-status", **report))["status"] == "succeeded"
        assert ok(buyer.get(path))["status"] == "paid"
    name = "`POST /api/v1/orders/{orderId}/confirm`"
    with CONTRACT.difference(name):
        assert buyer.post(f"{path}/confirm").status_code == 403
    with CONTRACT.row(name):
        assert ok(Marketplace(shop.url, shop.bearer("orders:write")).post(f"{path}/confirm"))["status"] == "confirmed"


def _cancels(buyer: Marketplace, sku: str) -> None:
    """Cancels an order with a reason."""
    with CONTRACT.row("`POST /api/v1/orders/{orderId}/cancel`"):
        placed = ok(buyer.post("/orders", productId=sku, **ADDRESS), 201)
        order = ok(buyer.post(f"/orders/{placed['orderId']}/cancel", reason="Передумала"))
        assert (order["status"], order["cancellationReason"]) == ("cancelled", "Передумала")


def _reserves(shop: Shop, buyer: Marketplace, order_id: str, sku: str) -> None:
    """Makes reservations, and ends one in each way."""
    items = [{"productId": sku, "quantity": 2}]
    with CONTRACT.difference("`POST /api/v1/reservations`, `/confirm`, `/release`"):
        assert buyer.post("/reservations", orderId=order_id, items=items).status_code == 403
        assert buyer.post("/reservations/00000000-0000-4000-8000-000000000000/confirm").status_code == 403
    warehouse = Marketplace(shop.url, shop.bearer("stock:write"))
    for ending, status in (("confirm", "confirmed"), ("release", "released")):
        with CONTRACT.row("`POST /api/v1/reservations`"):
            made = ok(warehouse.post("/reservations", orderId=order_id, items=items), 201)
            assert made["status"] == "reserved"
        path = f"/reservations/{made['reservationId']}"
        with CONTRACT.row("`GET /api/v1/reservations/{reservationId}`"):
            read = ok(warehouse.get(path))
            assert {"reservationId", "orderId", "status", "createdAt"} <= set(read)
            assert (read["orderId"], read["items"]) == (order_id, [{"productId": sku, "reservedQuantity": 2}])
        with CONTRACT.row(f"`POST /api/v1/reservations/{{reservationId}}/{ending}`"):
            assert ok(warehouse.post(f"{path}/{ending}"))["status"] == status


def _serves_payments(shop: Shop, buyer: Marketplace, sku: str) -> None:
    """Creates payments and a refund as another service, and is notified by the provider."""
    service = Marketplace(shop.url, shop.bearer("payments:write"))
    orders = [ok(buyer.post("/orders", productId=sku, **ADDRESS), 201)["orderId"] for _ in range(2)]
    whole = {"amount": 7550, "currency": "RUB", "method": "card"}
    with CONTRACT.row("`POST /api/v1/payments`"):
        paid = ok(service.post("/payments", orderId=orders[0], **whole, cardToken="tok_success"), 201)
        pending = ok(service.post("/payments", orderId=orders[1], **whole, cardToken="tok_pending"), 201)
        assert (paid["status"], pending["status"]) == ("succeeded", "pending")
    with CONTRACT.row("`GET /api/v1/payments/{paymentId}`"):
        expected = {"paymentId": paid["paymentId"], "orderId": orders[0], "status": "succeeded", **whole}
        assert expected.items() <= ok(service.get(f"/payments/{paid['paymentId']}")).items()
    refund = {"orderId": orders[0], "paymentId": paid["paymentId"]}
    with CONTRACT.row("`POST /api/v1/refunds`"):
        made = ok(service.post("/refunds", **refund, amount=50), 201)
        assert {"refundId", "status"} <= set(made)
    with CONTRACT.row("`GET /api/v1/refunds/{refundId}`"):
        assert {**refund, "refundId": made["refundId"], "amount": 50, "currency": "RUB"}.items() <= ok(service.get(f"/refunds/{made['refundId']}")).items()
    with CONTRACT.difference("`POST /api/v1/payments`, `POST /api/v1/refunds`"):
        assert buyer.post("/payments", orderId=orders[1], **whole, cardToken="tok_success").status_code == 403
        assert buyer.post("/refunds", **refund, amount=50).status_code == 403
        assert service.post("/payments", orderId=orders[1], **{**whole, "amount": 75}, cardToken="tok_success").status_code in (409, 422)
        assert service.post("/refunds", **refund, amount=7550).status_code == 409
    _is_notified(shop, buyer, orders[1], pending["paymentId"])


def _is_notified(shop: Shop, buyer: Marketplace, order_id: str, payment_id: str) -> None:
    """Sends the provider's notification without a signature, then with one."""
    name, provider = "`POST /api/v1/payments/{paymentId}/notify`", Marketplace(shop.url)
    failed = {"status": "failed", "failureCode": "declined", "failureMessage": "Declined"}
    with CONTRACT.difference(name):
        assert provider.post(f"/payments/{payment_id}/notify", **failed).status_code == 401
    with CONTRACT.row(name):
        assert ok(provider.notify(payment_id, shop.secret("PaymentCallbackSecret"), **failed))["status"] == "failed"
        assert ok(buyer.get(f"/orders/{order_id}"))["status"] == "cancelled"


def _notifies(shop: Shop, buyer: Marketplace, customer: Account) -> None:
    """Sends a notification and reads its status."""
    sender = Marketplace(shop.url, shop.bearer("notifications:write"))
    message = {"channel": "email", "to": customer.email, "template": "order_confirmed", "variables": {"number": 42, "totalAmount": 7550, "currency": "RUB"}}
    with CONTRACT.row("`POST /api/v1/notifications/send`"):
        sent = ok(sender.post("/notifications/send", **message), 201)
        assert set(sent) == {"notificationId", "status"}
    with CONTRACT.difference("`POST /api/v1/notifications/send`"):
        assert buyer.post("/notifications/send", **message).status_code == 403
        for other in ({"template": "welcome"}, {"channel": "Email"}, {"variables": {"name": "Анна"}}):
            assert sender.post("/notifications/send", **{**message, **other}).status_code == 422
    name = "`GET /api/v1/notifications/{notificationId}`"
    with CONTRACT.row(name):
        read = ok(sender.get(f"/notifications/{sent['notificationId']}"))
        assert {"notificationId", "status", "channel", "to", "template", "createdAt"} <= set(read)
    with CONTRACT.difference(name):
        assert read["to"] != customer.email and "***@" in read["to"], read
