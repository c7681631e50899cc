"""`make demo`: a customer's journey on the running stack, printed as it happens. It ends at the first unexpected answer."""

import secrets
import time
import urllib.parse
from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any

from holdfast import local_stack
from holdfast.api import Answer, Api, log_in
from holdfast.project import ROOT, LocalStack, read_env_file
from holdfast.report import Failure, say
from stack import local, messages, page

# What the customer buys: the first lines of the sample catalog.
MUG, PRESS = "1001", "1002"
# The sample promotion's code, and where a guest receives parcels.
CODE = "WELCOME15"
GUEST_ADDRESS = {
    "recipientName": "Demo Guest",
    "recipientPhone": "+79991234567",
    "country": "RU",
    "region": "Москва",
    "city": "Москва",
    "street": "ул. Тверская, 1",
    "postalCode": "125009",
}
# The function that finds orders whose time is over, and the variable that names its table: a restored stack has another one.
SWEEP, ORDERS_VARIABLE = "SweepExpiredOrders", "ORDERS_TABLE"
# Longest wait for what happens behind the routes.
PATIENCE_SECONDS = 30.0
SWEEP_SAMPLE = ROOT / "events" / "sweep-expired-orders.json"


class Story:
    """Prints requests and answers, one line each."""

    def __init__(self, api: Api):
        self.api = api
        self.chapters = 0

    def chapter(self, title: str) -> None:
        """Begins a part of the story."""
        self.chapters += 1
        say(f"\n{self.chapters}. {title}")

    def tell(self, what: str, status: int | str, shown: str) -> None:
        """One line of the story."""
        say(f"   {what:<46} {status}  {shown}")

    def call(
        self, status: int, method: str, path: str, body: Any = None, show: Callable[[Any], str] = lambda _: ""
    ) -> Any:
        """One request whose answer must have the status; its JSON."""
        answer = self.api.send(method, f"/api/v1{path}", body)
        if answer.status != status:
            raise Failure(f"{method} {path} should answer {status} and answered {answer.problem()}")
        told = answer.json()
        self.tell(f"{method} /api/v1{path}", answer.status, show(told))
        return told


def tell() -> None:
    """Runs and prints the whole journey."""
    stack = local_stack.running_stack()
    stack.use_in_this_process()
    variables = read_env_file(stack.env_file)
    if "EMAIL_QUEUE_URL" not in variables:
        raise Failure("the stack is not fully deployed", "Finish it with: make up")
    story = Story(Api(stack.api_url))
    say(f"A customer's journey at {stack.api_url}")
    customer = _registers(story)
    _shops(story)
    _pays(story)
    _declines(story)
    _cancels(story)
    _forgets(story, stack)
    _reads_messages(story, stack, variables["EMAIL_QUEUE_URL"], customer)
    _sells_to_a_guest(story)
    say("\nThat was the whole journey, every answer as it should be.")


def _registers(story: Story) -> dict[str, str]:
    """An account with email and phone, and its first login."""
    story.chapter("A customer registers and logs in")
    mark = secrets.token_hex(4)
    customer = {
        "firstName": "Demo",
        "lastName": "Customer",
        "email": f"demo-{mark}@holdfast.test",
        "phone": f"+7999{secrets.randbelow(10**7):07}",
        "password": secrets.token_urlsafe(12),
    }
    story.call(201, "POST", "/auth/register/email", customer, lambda user: f"user {user['id']}, {user['email']}")
    answer = log_in(story.api, customer["email"], customer["password"])
    if answer.status != 200:
        raise Failure(f"the login answered {answer.problem()}")
    told = answer.json()
    shown = f"{told['tokenType']} token for {told['expiresIn']} s"
    story.tell("POST /api/v1/auth/login/email", answer.status, shown)
    return customer


def _shops(story: Story) -> None:
    """Looking at products."""
    story.chapter("Looks around")
    story.call(
        200,
        "GET",
        "/products?limit=3",
        show=lambda got: "; ".join(f"{each['id']} {each['name']} {_money(each)}" for each in got["items"]),
    )
    show = lambda got: f"{got['name']}, {_money(got)}, {got['stock']} in stock"  # noqa: E731
    story.call(200, "GET", f"/products/{MUG}", show=show)


def _order(story: Story, sku: str = MUG, quantity: int = 1) -> dict:
    """Puts one thing into the cart and checks out; the order."""
    story.call(200, "PUT", f"/cart/items/{sku}", {"quantity": quantity}, _cart)
    order = story.call(201, "POST", "/orders/checkout", show=_summary)
    if order["status"] != "awaiting_payment" or not _payment_url(order):
        raise Failure(f"a new order should await its payment: {order}")
    return order


def _pays(story: Story) -> None:
    """The main road: cart, checkout, payment."""
    story.chapter("Buys two things and pays")
    before = _stock(story, MUG)
    story.call(200, "PUT", f"/cart/items/{PRESS}", {"quantity": 1}, _cart)
    story.call(200, "PUT", f"/cart/items/{MUG}", {"quantity": 2}, _cart)
    story.call(200, "GET", "/cart", show=_cart)
    order = story.call(201, "POST", "/orders/checkout", show=_summary)
    story.call(200, "GET", "/cart", show=_cart)
    _press(story, order, "Pay")
    _becomes(story, order, "paid")
    _stock_is(story, MUG, before - 2, "the two mugs are sold")


def _declines(story: Story) -> None:
    """The provider refuses: the order is cancelled and its stock returned."""
    story.chapter("Orders once more, and the payment is declined")
    before = _stock(story, MUG)
    order = _order(story)
    _press(story, order, "Decline")
    _becomes(story, order, "cancelled")
    _stock_is(story, MUG, before, "the mug is back")


def _cancels(story: Story) -> None:
    """The customer changes their mind before paying."""
    story.chapter("Orders once more, and cancels")
    before = _stock(story, MUG)
    order = _order(story)
    story.call(200, "POST", f"/orders/{order['id']}/cancel", {"reason": "changed my mind"}, _summary)
    _becomes(story, order, "cancelled")
    again = story.api.send("POST", f"/api/v1/orders/{order['id']}/cancel", {})
    if again.status != 409:
        raise Failure(f"cancelling twice should answer 409 and answered {again.problem()}")
    story.tell("once more", again.status, again.json()["code"])
    _stock_is(story, MUG, before, "the mug is back")


def _forgets(story: Story, stack: LocalStack) -> None:
    """Leaves an order unpaid: the sweep finds it when its time is over, and a queue's consumer cancels it."""
    story.chapter("Orders once more, and never pays")
    functions, sweep = local.session().client("lambda"), f"{stack.name}-{SWEEP}"
    before = _stock(story, MUG)
    order = _order(story)
    now = datetime.now(timezone.utc)
    table = functions.get_function_configuration(FunctionName=sweep)["Environment"]["Variables"][ORDERS_VARIABLE]
    _let_time_run_out(local.session().client("dynamodb"), table, order["id"], now)
    story.tell("(the deadline of this order alone, by hand)", "   ", f"{order['expiresAt']} -> {_timestamp(now)}")
    swept = functions.invoke(FunctionName=sweep, Payload=SWEEP_SAMPLE.read_bytes())
    if "FunctionError" in swept:
        raise Failure(f"{SWEEP} failed: {swept['Payload'].read().decode()[:300]}")
    story.tell(f"invoke {SWEEP}", swept["StatusCode"], swept["Payload"].read().decode()[:80])
    _becomes(story, order, "cancelled")
    _stock_is(story, MUG, before, "the mug is back")


def _let_time_run_out(dynamodb: Any, table: str, order: str, now: datetime) -> None:
    """Moves the deadline of one order to `now`, in its item, so that the story need not wait for it. No setting changes, and no other order.

    Fails when the order awaits no payment any more.
    """
    dynamodb.update_item(
        TableName=table,
        Key={"PK": {"S": f"ORDER#{order}"}, "SK": {"S": "ORDER"}},
        # The sweep finds orders by `expiryKey`; `expiresAt` is what its consumer goes by.
        UpdateExpression="SET expiresAt = :now, expiryKey = :now",
        ConditionExpression="attribute_exists(expiryKey)",
        ExpressionAttributeValues={":now": {"S": _timestamp(now)}},
    )


def _timestamp(moment: datetime) -> str:
    """A time as Holdfast writes it: in UTC, with milliseconds."""
    return moment.astimezone(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _reads_messages(story: Story, stack: LocalStack, queue_url: str, customer: dict[str, str]) -> None:
    """What reached the customer: one order was paid and three were cancelled. A request for payment is sent only while it is true, and a phone number
    that is not verified gets few text messages a day about orders that are not paid (docs/notifications.md), so that the last may be missing.
    """
    story.chapter("Reads the messages")
    expected = {"email": 4, "sms": 3}

    def arrived() -> list[messages.Message] | None:
        mails = [each for each in messages.emails(stack, queue_url) if each.to == customer["email"]]
        texts = [each for each in messages.texts(stack) if each.to == customer["phone"]]
        final = [sum(not _asks_for_payment(each) for each in sent) for sent in (mails, texts)]
        is_complete = final[0] >= expected["email"] and final[1] >= expected["sms"]
        return mails + texts if is_complete else None

    for message in _wait(arrived, f"{expected['email']} emails and {expected['sms']} text messages about finished orders did not arrive"):
        shown = f"{message.subject}: {message.text}" if message.subject else message.text
        story.tell(f"{message.channel} to {message.to}", "   ", " ".join(shown.split())[:110])


def _sells_to_a_guest(story: Story) -> None:
    """A cart without an account, a code, delivery that is priced before the order, and an order that its token opens."""
    story.chapter("Somebody without an account buys with a code")
    guest = Story(Api(story.api.url))
    cart = guest.call(200, "PUT", f"/cart/items/{PRESS}", {"quantity": 1}, _cart)
    guest.api.headers["x-cart-token"] = cart["cartToken"]
    guest.call(200, "PUT", f"/cart/promotions/{CODE.lower()}", show=_totals)
    place = urllib.parse.urlencode({name: GUEST_ADDRESS[name] for name in ("country", "region", "postalCode")})
    methods = guest.call(200, "GET", f"/cart/shipping-methods?{place}", show=lambda got: "; ".join(each["id"] for each in got["items"]))
    method = methods["items"][0]["id"]
    cart = guest.call(200, "GET", f"/cart?{place}&shippingMethodId={method}", show=_totals)
    order = {
        "contact": {"email": f"guest-{secrets.token_hex(4)}@holdfast.test", "firstName": "Guest"},
        "shippingAddress": GUEST_ADDRESS,
        "shippingMethodId": method,
        "expectedTotal": cart["totals"]["total"],
        "method": "card",
        "cardToken": "tok_success",
    }
    placed = guest.call(201, "POST", "/orders/checkout", order, _summary)
    guest.api.headers = {"x-order-token": placed["orderToken"]}
    _becomes(guest, placed, "paid")


def _asks_for_payment(message: messages.Message) -> bool:
    """Whether the message says that an order was placed and waits for its payment."""
    return (message.subject or "").endswith("is placed") or "is placed," in message.text


def _press(story: Story, order: dict, caption: str) -> None:
    """Opens the payment page and presses a button, as a browser would."""
    url = _payment_url(order)
    opened = story.api.send("GET", url, headers={"accept": "text/html"})
    if opened.status != 200:
        raise Failure(f"the payment page {url} answered {opened.problem()}")
    story.tell("GET the payment page", opened.status, url)
    pressed = page.press(url, opened.text, caption)
    form = {"content-type": "application/x-www-form-urlencoded", "accept": "text/html"}
    answer = Api(story.api.url).send(pressed.method, pressed.url, pressed.body, form)
    _shows_page(answer, pressed)
    story.tell(f"press {caption}: {pressed.method} the form", answer.status, answer.headers.get("location", ""))


def _shows_page(answer: Answer, pressed: page.Submission) -> None:
    """A browser gets a page, or is sent to one."""
    if answer.status not in (200, 302, 303):
        raise Failure(f"{pressed.method} {pressed.url} answered {answer.problem()}")


def _becomes(story: Story, order: dict, status: str) -> None:
    """Waits until the order has the status."""
    path = f"/api/v1/orders/{order['id']}"

    def reached() -> dict | None:
        now = story.api.expect(200, "GET", path).json()
        return now if now["status"] == status else None

    now = _wait(reached, f"order {order['id']} did not become {status}")
    story.tell("GET /api/v1/orders/{id}", 200, _summary(now))


def _stock(story: Story, sku: str) -> int:
    """How much of a product can be sold."""
    return story.api.expect(200, "GET", f"/api/v1/products/{sku}").json()["stock"]


def _stock_is(story: Story, sku: str, expected: int, why: str) -> None:
    """The stock must be what the story makes it."""
    _wait(lambda: _stock(story, sku) == expected or None, f"{sku}: {_stock(story, sku)} in stock, not {expected}")
    story.tell(f"GET /api/v1/products/{sku}", 200, f"{expected} in stock: {why}")


def _wait(look: Callable[[], Any], otherwise: str) -> Any:
    """What `look` finds, once it finds something."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while (found := look()) is None:
        if time.monotonic() > deadline:
            raise Failure(f"{otherwise} within {PATIENCE_SECONDS:.0f} s", "See: make logs")
        time.sleep(0.2)
    return found


def _payment_url(order: dict) -> str:
    """Where the order is paid: beside the order at checkout, in its payment later on."""
    return order.get("paymentUrl") or (order.get("payment") or {}).get("paymentUrl", "")


def _money(priced: dict) -> str:
    """A price as people write it; the API has minor units."""
    return f"{priced['price'] // 100}.{priced['price'] % 100:02} {priced['currency']}"


def _cart(cart: dict) -> str:
    """A cart in a few words."""
    return "; ".join(f"{each['quantity']} x {each['name']}" for each in cart["items"]) or "empty"


def _totals(cart: dict) -> str:
    """What a cart costs, and of what that consists."""
    totals = cart["totals"]
    shown = {name: _money({"price": totals[name], "currency": totals["currency"]}) for name in ("subtotal", "discount", "shipping", "total")}
    return "{subtotal} - {discount} + {shipping} = {total}".format(**shown)


def _summary(order: dict) -> str:
    """An order in a few words."""
    reason = f" ({order['cancellationReason']})" if order.get("cancellationReason") else ""
    amount = {"price": order["totalAmount"], "currency": order["currency"]}
    return f"order {order['number']}, {_money(amount)}: {order['status']}{reason}"
