"""Puts the sample catalog and the sample settings of pricing into a stack through the front door, as an operator.

The operator's account is made by the public registration route and granted its scopes by the function
`GrantScopes`, which has no route: only someone who may invoke it can make an operator. What is there already
is left alone, so that a repeated `make up` never resets prices, stock or settings.
"""

import json
import secrets
import urllib.parse
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from holdfast.accounts import change_scopes
from holdfast.api import Api, log_in
from holdfast.report import Failure

CATALOG = Path(__file__).with_name("catalog.json")
PRICING = Path(__file__).with_name("pricing.json")
# The lists of that file, and the routes of their settings.
SETTINGS = {"shippingMethods": "shipping-methods", "taxRates": "tax-rates", "promotions": "promotions"}
OPERATOR_EMAIL = "operator@holdfast.test"
OPERATOR_SCOPES = ("catalog:write", "pricing:write", "stock:write", "orders:read", "orders:write", "webhooks:write", "notifications:write", "operations:write")
# Enough to hide the latency of single requests; each one keeps a function process busy.
CLIENTS = 4


def new_password() -> str:
    """A password for the operator: 144 random bits, and nothing that a shell would read differently."""
    return secrets.token_urlsafe(18)


def operator(api: Api, functions: Any, stack_name: str, password: str, email: str = OPERATOR_EMAIL) -> None:
    """Logs an operator in, having made the account and granted its scopes if need be.

    `functions` is a Lambda client.
    """
    # 403: the password is right, and the login was not verified within a day, which the grant below makes up for.
    if log_in(api, email, password).status not in (200, 403):
        account = {"firstName": "Local", "lastName": "Operator", "email": email, "password": password}
        answer = api.send("POST", "/api/v1/auth/register/email", account)
        if answer.status == 409:
            raise Failure(
                f"{email} exists with another password than the one in .stack/env",
                "Restore that file, or begin anew: make clean-stack && make up",
            )
        if answer.status != 201:
            raise Failure(f"registering the operator answered {answer.problem()}")
    # Also for an account that was there: a run that was interrupted may have stopped short of this.
    change_scopes(functions, stack_name, {"email": email, "scopes": OPERATOR_SCOPES, "verified": True})
    answer = log_in(api, email, password)
    if answer.status != 200:
        raise Failure(f"logging the operator in answered {answer.problem()}")


def catalog(api: Api, progress: Callable[[str], None]) -> int:
    """Puts the products that are not there yet, each with its opening stock; how many those were."""
    products = json.loads(CATALOG.read_text())
    added = 0
    with ThreadPoolExecutor(CLIENTS) as pool:
        for done, new in enumerate(pool.map(lambda product: _product(api, product), products), start=1):
            added += new
            progress(f"{done} of {len(products)} products")
    return added


def _product(api: Api, product: dict) -> bool:
    """Puts one product and its stock unless it is there: the stock first, so that none is ever half seeded."""
    sku = urllib.parse.quote(product["sku"], safe="")
    if api.expect((200, 404), "GET", f"/api/v1/products/{sku}").status == 200:
        return False
    for warehouse, available in product["stock"].items():
        api.expect(200, "PUT", f"/api/v1/stocks/{sku}", {"warehouse": warehouse, "available": available})
    told = {name: value for name, value in product.items() if name not in ("sku", "stock")}
    api.expect((200, 201), "PUT", f"/api/v1/products/{sku}", told)
    return True


def pricing(api: Api) -> int:
    """Puts the shipping methods, tax rates and promotions that are not there yet; how many those were."""
    return sum(_setting(api, SETTINGS[kind], setting) for kind, settings in json.loads(PRICING.read_text()).items() for setting in settings)


def _setting(api: Api, kind: str, setting: dict) -> bool:
    """Puts one setting unless it is there, or one of the merchant's own contradicts it."""
    path = f"/api/v1/admin/{kind}/{urllib.parse.quote(setting['id'], safe='')}"
    if api.expect((200, 404), "GET", path).status == 200:
        return False
    return api.expect((200, 201, 422), "PUT", path, {name: value for name, value in setting.items() if name != "id"}).status == 201
