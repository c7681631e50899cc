"""A customer's journey through the Python client that OpenAPI Generator makes: see docs/api.md.

Requests are built of the client's types, and every answer has to be of the type that the document gives it. `tests/stack/client.py` makes the
client and runs this; `journey.ts` goes the same way in TypeScript.
"""

import importlib
import os
import pkgutil
import secrets
from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import urlsplit
from uuid import UUID

import holdfast_client
from holdfast_client import (
    AccountsApi,
    ApiClient,
    ApiException,
    BegunPayment,
    CancelOrderRequest,
    Cart,
    CartApi,
    CartLineChange,
    CatalogApi,
    CheckedOutOrder,
    CheckoutRequest,
    Configuration,
    LoginByEmail,
    MeApi,
    Order,
    OrderLine,
    OrderPage,
    OrderProblem,
    OrderReceipt,
    OrdersApi,
    Payment,
    PaymentsApi,
    PayOrderRequest,
    PlaceOrderLines,
    PlaceOrderRequest,
    Problem,
    ProductDetails,
    RegistrationByEmail,
    SandboxApi,
    SessionsApi,
    SetStock,
    StockApi,
    StockChange,
    User,
)

Answer = TypeVar("Answer")
PRICE = 349000
API = os.environ["API_URL"]


def import_all() -> None:
    """Imports every module of the client, which the journey alone does not need."""
    for module in pkgutil.walk_packages(holdfast_client.__path__, "holdfast_client."):
        importlib.import_module(module.name)


def of_type(kind: type[Answer], answer: Any) -> Answer:
    """The answer, which must be of this type."""
    assert isinstance(answer, kind), f"{type(answer)} instead of {kind}: {answer}"
    return answer


def refused(kind: type[Answer], status: int, call: Callable[[], object]) -> Answer:
    """The problem that the call is refused with, which must have this status and be of this type."""
    try:
        answer = call()
    except ApiException as error:
        assert error.status == status, f"{error.status} instead of {status}: {error.body}"
        return of_type(kind, error.data)
    raise AssertionError(f"{answer} instead of {status}")


class Caller:
    """The API for one caller: with an access token, or for anyone without."""

    def __init__(self, token: str | None = None):
        client = ApiClient(Configuration(host=API, access_token=token))
        self.accounts, self.sessions, self.me = AccountsApi(client), SessionsApi(client), MeApi(client)
        self.catalog, self.stock, self.cart = CatalogApi(client), StockApi(client), CartApi(client)
        self.orders, self.payments, self.sandbox = OrdersApi(client), PaymentsApi(client), SandboxApi(client)


ANYONE = Caller()


def customer() -> Caller:
    """Registers an account, logs in and reads the profile."""
    email, password = f"client-{secrets.token_hex(6)}@holdfast.test", secrets.token_urlsafe(12)
    registration = RegistrationByEmail(first_name="Зоя", last_name="Client 🐢", email=email, password=password)
    user = of_type(User, ANYONE.accounts.register_by_email(registration))
    assert isinstance(user.id, UUID) and user.email == email and user.phone is None and not user.email_verified
    again = refused(Problem, 409, lambda: ANYONE.accounts.register_by_email(registration))
    assert again.code == "email_taken", again.code
    tokens = ANYONE.sessions.log_in_by_email(LoginByEmail(email=email, password=password))
    known = Caller(tokens.access_token)
    assert known.me.get_me() == user
    return known


def operator() -> Caller:
    """Logs the stack's operator in, by the form that clients of the older contract send."""
    given = {"username": os.environ["OPERATOR_EMAIL"], "password": os.environ["OPERATOR_PASSWORD"]}
    return Caller(ANYONE.sessions.issue_token(grant_type="password", **given).access_token)


def product(merchant: Caller) -> str:
    """Creates a product with a stock of five, which any caller finds in the list."""
    sku, name = f"client-{secrets.token_hex(6)}", f"Чайник 🫖 {secrets.token_hex(4)}"
    created = merchant.catalog.put_product(sku, ProductDetails(currency="RUB", name=name, price=PRICE))
    assert (created.name, created.price) == (name, PRICE)
    stock = merchant.stock.put_stock(sku, StockChange(SetStock(warehouse="msk-1", available=5)))
    assert stock.available == 5
    page = ANYONE.catalog.list_products(q=name, limit=5)
    assert [(each.id, each.stock) for each in page.items] == [(sku, 5)]
    return sku


def order(buyer: Caller, sku: str, quantity: int) -> CheckedOutOrder:
    """Puts the product into the cart and checks it out."""
    cart = of_type(Cart, buyer.cart.put_cart_item(sku, CartLineChange(quantity=quantity)))
    assert [(each.sku, each.quantity) for each in cart.items] == [(sku, quantity)]
    address = CheckoutRequest(country="RU", region="Москва", city="Москва", street="Тверская, 1")
    placed = of_type(CheckedOutOrder, buyer.orders.checkout(idempotency_key=secrets.token_hex(8), checkout_request=address))
    assert (placed.status, placed.total_amount, placed.city) == ("awaiting_payment", quantity * PRICE, "Москва")
    assert buyer.cart.get_cart().items == []
    return placed


def seen(viewer: Caller, placed: CheckedOutOrder, status: str) -> Order:
    """Reads the order, which must be in this status, by its id and by its number."""
    now = of_type(Order, viewer.orders.get_order(placed.id))
    assert now.status == status, f"{now.status} instead of {status}"
    assert viewer.orders.get_order(placed.number) == now
    return now


def pays_on_the_page(buyer: Caller, merchant: Caller, sku: str) -> None:
    """Pays on the provider's page, and has the order confirmed."""
    placed = order(buyer, sku, 2)
    assert placed.payment_url is not None
    page = UUID(urlsplit(placed.payment_url).path.rpartition("/")[2])
    assert str(placed.number) in of_type(str, ANYONE.sandbox.show_sandbox_payment(page))
    ANYONE.sandbox.decide_sandbox_payment(page, "pay")
    paid = seen(buyer, placed, "paid")
    assert paid.payment is not None and paid.payment.status == "succeeded"
    assert refused(Problem, 403, lambda: buyer.orders.confirm_order(placed.id)).code == "insufficient_scope"
    assert merchant.orders.confirm_order(placed.id).status == "confirmed"
    seen(buyer, placed, "confirmed")


def pays_by_card_and_is_cancelled(buyer: Caller, merchant: Caller, sku: str) -> None:
    """Pays by card, which is charged at once, and has the order cancelled by the operator."""
    lines = PlaceOrderLines(country="RU", region="Москва", city="Москва", street="Тверская, 1", items=[OrderLine(quantity=1, product_id=sku)])
    placed = of_type(OrderReceipt, buyer.orders.place_order(PlaceOrderRequest(lines)).actual_instance)
    card = PayOrderRequest(method="card", card_token="tok_success")
    begun = of_type(BegunPayment, buyer.payments.pay_order(placed.order_id, pay_order_request=card))
    assert begun.status == "succeeded", begun
    reason = CancelOrderRequest(reason="Разбился при упаковке")
    cancelled = merchant.orders.cancel_order(placed.order_id, cancel_order_request=reason)
    assert (cancelled.status, cancelled.cancellation_reason) == ("cancelled", reason.reason)
    refunds = of_type(Payment, buyer.payments.get_payment(begun.payment_id)).refunds
    assert [(each.amount, each.cause) for each in refunds] == [(PRICE, "order_cancelled")], refunds
    final = refused(OrderProblem, 409, lambda: merchant.orders.cancel_order(placed.order_id, cancel_order_request=reason))
    assert final.code == "order_already_finalized", final.code


def main() -> None:
    """Goes the whole way."""
    import_all()
    merchant, buyer, stranger = operator(), customer(), customer()
    sku = product(merchant)
    pays_on_the_page(buyer, merchant, sku)
    pays_by_card_and_is_cancelled(buyer, merchant, sku)
    assert ANYONE.catalog.get_product(sku).stock == 3
    mine = of_type(OrderPage, buyer.orders.list_my_orders()).items
    assert [each.status for each in mine] == ["cancelled", "confirmed"]
    assert refused(Problem, 403, lambda: stranger.orders.get_order(mine[0].id)).code == "not_your_order"
    print(f"  the Python client went the whole way: orders {mine[1].number} and {mine[0].number}")


if __name__ == "__main__":
    main()
