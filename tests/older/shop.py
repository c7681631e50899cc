"""Goods, accounts and secrets of the stack under test, for the clients of older contracts. Goods and accounts are new for each client."""

import functools
import json
import re
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import requests

from holdfast import resources
from holdfast.api import Api, log_in
from holdfast.project import LocalStack, read_env_file
from holdfast.report import Failure
from stack import local, messages

Found = TypeVar("Found")
PASSWORD = "correct horse battery staple"
WAREHOUSE = "msk-1"
# How long an email or a text is waited for.
MESSAGE_SECONDS = 60.0
# Requests of the clients wait no longer: a first call may have to start a process.
TIMEOUT_SECONDS = 30.0


@dataclass(frozen=True)
class Account:
    """A customer of the stack, logged in."""

    id: str
    email: str
    token: str

    @property
    def bearer(self) -> dict[str, str]:
        """The header that the customer's requests carry."""
        return {"Authorization": f"Bearer {self.token}"}


@dataclass(frozen=True)
class Shop:
    """A deployed stack and its operator."""

    stack: LocalStack

    @property
    def url(self) -> str:
        """The prefix before each route."""
        return self.stack.api_url

    @functools.cached_property
    def operator(self) -> Api:
        """The API for the stack's operator."""
        given, api = read_env_file(self.stack.env_file), Api(self.url)
        if (answer := log_in(api, given["OPERATOR_EMAIL"], given["OPERATOR_PASSWORD"])).status != 200:
            raise Failure(f"logging the operator in answered {answer.problem()}")
        return api

    def product(self, price: int, stock: int, sku: str = "", currency: str = "RUB") -> str:
        """Creates a product with stock. Returns its SKU."""
        sku = sku or f"older-{secrets.token_hex(6)}"
        self.operator.expect((200, 201), "PUT", f"/api/v1/products/{sku}", {"name": "Самовар ☕", "price": price, "currency": currency})
        self.operator.expect(200, "PUT", f"/api/v1/stocks/{sku}", {"warehouse": WAREHOUSE, "available": stock})
        return sku

    def available(self, sku: str) -> int:
        """The units of the product that can be sold."""
        return self.operator.expect(200, "GET", f"/api/v1/products/{sku}/stock").json()["available"]

    def customer(self) -> Account:
        """Registers a customer and logs them in."""
        email = unique_email()
        api = Api(self.url)
        person = {"firstName": "Анна", "lastName": "Каренина", "email": email, "password": PASSWORD}
        user = api.expect(201, "POST", "/api/v1/auth/register/email", person).json()
        if (answer := log_in(api, email, PASSWORD)).status != 200:
            raise Failure(f"logging a customer in answered {answer.problem()}")
        return Account(user["id"], email, api.token)

    def put_in_cart(self, customer: Account, sku: str, quantity: int) -> None:
        """Puts a product into the customer's cart."""
        Api(self.url, customer.token).expect(200, "PUT", f"/api/v1/cart/items/{sku}", {"quantity": quantity})

    def machine(self, *scopes: str) -> tuple[str, str]:
        """Creates a machine client with these scopes. Returns its id and secret."""
        order = json.dumps({"name": "an older system", "scopes": scopes})
        answer = local.session().client("lambda").invoke(FunctionName=f"{self.stack.name}-CreateClient", Payload=order)
        created = json.loads(answer["Payload"].read())
        return created["clientId"], created["clientSecret"]

    def bearer(self, *scopes: str) -> dict[str, str]:
        """The header of a machine client with these scopes."""
        answer = requests.post(f"{self.url}/token", data={"grant_type": "client_credentials"}, auth=self.machine(*scopes), timeout=TIMEOUT_SECONDS)
        answer.raise_for_status()
        return {"Authorization": f"Bearer {answer.json()['access_token']}"}

    def secret(self, logical_id: str) -> str:
        """The key in one of the stack's secrets; of several, the one that signs."""
        aws = local.session()
        arn = resources.find(aws.client("cloudformation"), self.stack.name, logical_id)
        text = aws.client("secretsmanager").get_secret_value(SecretId=arn)["SecretString"]
        return json.loads(text)[0] if text.startswith("[") else text

    def code_sent_to(self, address: str, pattern: str) -> str:
        """The first group of `pattern` in the newest message to an email address or phone number."""

        def found() -> str | None:
            queue = read_env_file(self.stack.env_file)["EMAIL_QUEUE_URL"]
            sent = messages.emails(self.stack, queue) if "@" in address else messages.texts(self.stack)
            matches = [match for each in sent if each.to == address and (match := re.search(pattern, each.text))]
            return matches[-1][1] if matches else None

        return wait_for(f"a message to {address}", found)


def wait_for(what: str, found: Callable[[], Found | None]) -> Found:
    """Polls until `found` returns something; a failure after a minute."""
    end = time.monotonic() + MESSAGE_SECONDS
    while (got := found()) is None:
        if time.monotonic() > end:
            raise Failure(f"{what} did not come within {MESSAGE_SECONDS:.0f} seconds")
        time.sleep(0.5)
    return got


def unique_email() -> str:
    """An address that no account has."""
    return f"older-{secrets.token_hex(8)}@holdfast.test"


def unique_phone() -> str:
    """A Russian mobile number that no account has."""
    return f"+79{secrets.randbelow(10**9):09}"


def ok(answer: requests.Response, status: int = 200) -> Any:
    """The answer's JSON; it must have the status."""
    assert answer.status_code == status, f"{answer.request.method} {answer.request.url} answered {answer.status_code}: {answer.text[:300]}"
    return answer.json() if answer.text else None
