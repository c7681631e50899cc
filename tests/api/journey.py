"""A customer's journey, told by the generated client: see docs/api.md.

Every call has types, and every answer is one of the document's. `tests/stack/client.py` makes the client and runs this.
"""

import os
import secrets
from typing import TypeVar
from urllib.parse import urlsplit
from uuid import UUID

from holdfast_client import AuthenticatedClient, Client
from holdfast_client.api.accounts import register_by_email
from holdfast_client.api.cart import get_cart, put_cart_item
from holdfast_client.api.catalog import get_product, list_products, put_product
from holdfast_client.api.me import get_me
from holdfast_client.api.orders import cancel_order, checkout, confirm_order, get_order, list_my_orders, place_order
from holdfast_client.api.payments import pay_order
from holdfast_client.api.sandbox import decide_sandbox_payment, show_sandbox_payment
from holdfast_client.api.sessions import issue_token, log_in_by_email
from holdfast_client.api.stock import put_stock
from holdfast_client.models import (
    BegunPayment,
    CancelOrderRequest,
    Cart,
    CartLineChange,
    CheckedOutOrder,
    CheckoutRequest,
    IssuedToken,
    LoginByEmail,
    Order,
    OrderLine,
    OrderPage,
    OrderProblem,
    OrderReceipt,
    PayOrderRequest,
    PlaceOrderLines,
    Problem,
    Product,
    ProductDetails,
    ProductPage,
    RegistrationByEmail,
    SandboxDecision,
    SessionTokens,
    Set,
    StockByWarehouse,
    TokenForm,
    User,
)
from holdfast_client.types import Response, Unset

Answer = TypeVar("Answer")
PRICE = 349000
API = os.environ["API_URL"]


def got(kind: type[Answer], status: int, answer: Response) -> Answer:
    """The answer, which must have this status and be of this type."""
    assert answer.status_code == status, f"{answer.status_code} instead of {status}: {answer.content!r}"
    assert isinstance(answer.parsed, kind), f"{type(answer.parsed)} instead of {kind}"
    return answer.parsed


def client(token: str) -> AuthenticatedClient:
    """A client with an access token, to which an answer that the document does not have is an error."""
    return AuthenticatedClient(API, token, raise_on_unexpected_status=True, timeout=30)


def anybody() -> Client:
    """A client without one."""
    return Client(API, raise_on_unexpected_status=True, timeout=30)


def customer() -> AuthenticatedClient:
    """Somebody registers, logs in and looks at their profile."""
    email, password = f"client-{secrets.token_hex(6)}@holdfast.test", secrets.token_urlsafe(12)
    wish = RegistrationByEmail(first_name="Зоя", last_name="Client 🐢", email=email, password=password)
    user = got(User, 201, register_by_email.sync_detailed(client=anybody(), body=wish))
    assert isinstance(user.id, UUID) and user.email == email and not user.email_verified
    again = got(Problem, 409, register_by_email.sync_detailed(client=anybody(), body=wish))
    assert again.code == "email_taken", again.code
    login = LoginByEmail(email=email, password=password)
    tokens = got(SessionTokens, 200, log_in_by_email.sync_detailed(client=anybody(), body=login))
    known = client(tokens.access_token)
    assert got(User, 200, get_me.sync_detailed(client=known)) == user
    return known


def operator() -> AuthenticatedClient:
    """The stack's operator, who signs in as a client of the older contract does."""
    form = TokenForm("password", username=os.environ["OPERATOR_EMAIL"], password=os.environ["OPERATOR_PASSWORD"])
    return client(got(IssuedToken, 200, issue_token.sync_detailed(client=anybody(), body=form)).access_token)


def product(keeper: AuthenticatedClient) -> str:
    """The operator puts a product and five of it; anybody finds it in the list."""
    sku, name = f"client-{secrets.token_hex(6)}", f"Чайник 🫖 {secrets.token_hex(4)}"
    wish = ProductDetails("RUB", name, PRICE)
    told = got(Product, 200, put_product.sync_detailed(sku, client=keeper, body=wish))
    assert (told.name, told.price) == (name, PRICE)
    stock = got(StockByWarehouse, 200, put_stock.sync_detailed(sku, client=keeper, body=Set(warehouse="msk-1", available=5)))
    assert stock.available == 5
    page = got(ProductPage, 200, list_products.sync_detailed(client=anybody(), q=name, limit=5))
    assert [(each.id, each.stock) for each in page.items] == [(sku, 5)]
    return sku


def order(buyer: AuthenticatedClient, sku: str, quantity: int) -> CheckedOutOrder:
    """Puts something into the cart and checks it out."""
    line = CartLineChange(quantity=quantity)
    cart = got(Cart, 200, put_cart_item.sync_detailed(sku, client=buyer, body=line))
    assert [(each.sku, each.quantity) for each in cart.items] == [(sku, quantity)]
    address = CheckoutRequest(country="RU", region="Москва", city="Москва", street="Тверская, 1")
    placed = got(CheckedOutOrder, 201, checkout.sync_detailed(client=buyer, body=address, idempotency_key=secrets.token_hex(8)))
    assert (placed.status, placed.total_amount, placed.city) == ("awaiting_payment", quantity * PRICE, "Москва")
    assert got(Cart, 200, get_cart.sync_detailed(client=buyer)).items == []
    return placed


def page_of(placed: CheckedOutOrder) -> UUID:
    """The reference of the order's payment page."""
    assert not isinstance(placed.payment_url, Unset)
    return UUID(urlsplit(placed.payment_url).path.rpartition("/")[2])


def seen(viewer: AuthenticatedClient, placed: CheckedOutOrder, status: str) -> Order:
    """The order as it is now, by its id and by its number."""
    now = got(Order, 200, get_order.sync_detailed(placed.id, client=viewer))
    assert now.status == status, f"{now.status} instead of {status}"
    assert got(Order, 200, get_order.sync_detailed(placed.number, client=viewer)) == now
    return now


def available(sku: str) -> int:
    """How much of a product can be sold."""
    return got(Product, 200, get_product.sync_detailed(sku, client=anybody())).stock


def pays_and_is_confirmed(buyer: AuthenticatedClient, keeper: AuthenticatedClient, sku: str) -> None:
    """The main road, on which the payment's page is opened and answered."""
    placed = order(buyer, sku, 2)
    shown = got(str, 200, show_sandbox_payment.sync_detailed(page_of(placed), client=anybody()))
    assert str(placed.number) in shown
    decided = decide_sandbox_payment.sync_detailed(page_of(placed), client=anybody(), body=SandboxDecision("pay"))
    assert decided.status_code in (200, 303), decided
    paid = seen(buyer, placed, "paid")
    assert paid.payment is not None and paid.payment.status == "succeeded"
    assert got(Problem, 403, confirm_order.sync_detailed(placed.id, client=buyer)).code == "insufficient_scope"
    assert got(Order, 200, confirm_order.sync_detailed(placed.id, client=keeper)).status == "confirmed"
    seen(buyer, placed, "confirmed")


def pays_by_card_and_is_refunded(buyer: AuthenticatedClient, keeper: AuthenticatedClient, sku: str) -> None:
    """A card, which is charged at once, and an operator who calls the order off."""
    wish = PlaceOrderLines("RU", "Москва", "Москва", "Тверская, 1", items=[OrderLine(quantity=1, product_id=sku)])
    placed = got(OrderReceipt, 201, place_order.sync_detailed(client=buyer, body=wish))
    card = PayOrderRequest(method="card", card_token="tok_success")
    begun = got(BegunPayment, 201, pay_order.sync_detailed(placed.order_id, client=buyer, body=card))
    assert begun.status == "succeeded", begun
    reason = CancelOrderRequest(reason="Разбился при упаковке")
    called_off = got(Order, 200, cancel_order.sync_detailed(placed.order_id, client=keeper, body=reason))
    assert (called_off.status, called_off.cancellation_reason) == ("cancelled", reason.reason)
    final = got(OrderProblem, 409, cancel_order.sync_detailed(placed.order_id, client=keeper, body=reason))
    assert final.code == "order_already_finalized", final.code


def main() -> None:
    """The whole journey."""
    keeper, buyer, stranger = operator(), customer(), customer()
    sku = product(keeper)
    pays_and_is_confirmed(buyer, keeper, sku)
    pays_by_card_and_is_refunded(buyer, keeper, sku)
    assert available(sku) == 3
    mine = got(OrderPage, 200, list_my_orders.sync_detailed(client=buyer))
    assert [each.status for each in mine.items] == ["cancelled", "confirmed"]
    first = mine.items[-1].id
    assert got(Problem, 403, get_order.sync_detailed(first, client=stranger)).code == "not_your_order"
    print(f"  the generated client went the whole way: orders {mine.items[-1].number} and {mine.items[0].number}")


if __name__ == "__main__":
    main()
