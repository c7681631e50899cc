"""What JSON Schema can't say: refusals of requests that fit their schemas, by code and, where the code is about input, by member.

Each is about the state of the system, about time, about what only the provider or the world knows, or about two parts of a request at once.
Everything else that is refused though its schema allows it fails the run.
"""

import json
import re

# Codes that say by themselves what the request met, and the operations that may answer them.
CODES = {
    "idempotency_key_reused": ("", "another request had this key before"),
    "idempotency_key_required": ("placeOrder", "a header that only one kind of body needs"),
    "product_not_orderable": ("placeOrder|reserveOrder|checkout|lomsC", "products are made and taken off sale"),
    "address_required": ("checkout|placeOrder", "which goods have to be shipped"),
    "shipping_method_required": ("checkout|placeOrder", "the same, and the merchant's methods"),
    "too_many_promotion_codes": ("checkout|putCartPromotion", "the codes of the cart"),
    "insufficient_stock": ("lomsAddCartItem", "stock is sold; 412 is what clients of that contract know"),
    "cart_empty": ("checkout|snapshotCart|lomsCheckout", "what is in the cart"),
    "invalid_snapshot": ("placeOrder", "only a signature of ours is good"),
    "invalid_code": ("confirmEmail|confirmPhone|confirmLogin|confirmSecondFactor|removeSecondFactor", "the code was sent to somebody else"),
    "invalid_reset_token": ("confirmPasswordReset", "the token was sent to somebody else"),
    "wrong_password": ("changePassword|deleteMe|addLogin|removeLogin|enrolSecondFactor|removeSecondFactor", "the password is somebody else's"),
    "invalid_grant": ("issueToken", "RFC 6749 answers 400 for credentials that are not good"),
    "invalid_client": ("issueToken", "RFC 6749 answers 400 or 401 for a client that is not known"),
    "invalid_scope": ("issueToken", "which scopes a client has"),
    "promotion_not_applicable": ("putCartPromotion", "which codes there are, and what is in the cart"),
    "shipping_method_not_applicable": ("getCart|checkout|placeOrder", "which methods there are, and what is in the cart"),
    "no_shipping_method": ("getCart|checkout|placeOrder", "which methods there are"),
    "too_many_settings": ("putShippingMethod|putTaxRate|putPromotion", "how many there are"),
    "etag_mismatch": ("", "If-Match names a version, and the order has another"),
}
# Members of the input that break a rule only with the state or the world: the operations, then the pointer, with * for the place in an array.
MEMBERS = {
    "/query/cursor": ("list", "a cursor is what a page answered, for the same list and filter"),
    "/query/to": ("list|countOrders", "an end that has to be after a beginning"),
    "/query/country": ("getCart|getCartShippingMethods", "which codes ISO 3166-1 has, and a region or a postal code needs one"),
    "/path/code": ("putCartPromotion|deleteCartPromotion", "which characters of other scripts are letters"),
    "/recipientPhone": ("putAddress", "which numbers there are"),
    "/recipientName": ("putAddress", "which characters beyond the first 65,536 are letters"),
    "/country": ("putAddress|putTaxRate", "which codes ISO 3166-1 has"),
    "/zones/*/countries/*": ("putShippingMethod", "which codes ISO 3166-1 has"),
    "/shippingAddress/recipientPhone": ("checkout|placeOrder", "which numbers there are"),
    "/shippingAddress/recipientName": ("checkout|placeOrder", "which characters beyond the first 65,536 are letters"),
    "/shippingAddress/country": ("checkout|placeOrder", "which codes ISO 3166-1 has"),
    "/shippingAddress/region": ("checkout|placeOrder", "which countries need a region"),
    "/shippingAddress/postalCode": ("checkout|placeOrder", "which countries need a postal code, and its forms there"),
    "/billingAddress/recipientPhone": ("checkout|placeOrder", "which numbers there are"),
    "/billingAddress/recipientName": ("checkout|placeOrder", "which characters beyond the first 65,536 are letters"),
    "/billingAddress/country": ("checkout|placeOrder", "which codes ISO 3166-1 has"),
    "/billingAddress/region": ("checkout|placeOrder", "which countries need a region"),
    "/billingAddress/postalCode": ("checkout|placeOrder", "which countries need a postal code, and its forms there"),
    "/contact": ("checkout", "a visitor says who they are, an account need not"),
    "/contact/phone": ("checkout|placeOrder", "which numbers there are"),
    "/contact/firstName": ("checkout|placeOrder", "which characters beyond the first 65,536 are letters"),
    "/contact/lastName": ("checkout|placeOrder", "the same"),
    "/returnUrl": ("checkout|placeOrder", "which origins are the merchant's"),
    "/region": ("putAddress", "which countries need a region"),
    "/postalCode": ("putAddress", "which countries need a postal code, and its forms there"),
    "/phone": (
        "lookUpOrder|logInByPhone|addLogin|confirmLogin|register|sendPhoneCode|confirmPhone|requestPasswordReset|payOrder|checkout|placeOrder|createPayment",
        "which numbers there are",
    ),
    "/firstName": ("register|updateMe", "which characters beyond the first 65,536 are letters"),
    "/lastName": ("register|updateMe", "the same"),
    "/variables/firstName": ("sendNotification", "the same"),
    "/id": ("updateMe", "only the caller's own id"),
    "/timeZone": ("updateMe|register", "which time zones there are"),
    "/password": ("register", "a list of the passwords that are guessed first, and rules that no schema states"),
    "/newPassword": ("changePassword|confirmPasswordReset", "the same list"),
    "/cardToken": ("payOrder|checkout|createPayment", "what stands for a card is the provider's matter"),
    "/card": ("placeOrder", "the same token"),
    "/paymentId": ("reportPaymentStatus", "which payments the order has"),
    "/login": ("beginOpsSession", "which numbers there are"),
    "/to": ("sendNotification", "which numbers there are"),
    "/variables/paymentUrl": ("sendNotification", "which origins are the merchant's"),
    "/items/*/quantity": ("createReservation|placeOrder", "a bound of what the lines of one product add up to"),
    "/items/*/count": ("lomsCreateOrder", "the same"),
    "/amount": ("createPayment|recordExternalPayment", "the order's total"),
    "/lanes": ("updateStock", "a bound of the product of lanes and warehouses"),
    "/delta": ("putStock", "a bound of the sum with what there is"),
    "/expiresAt": ("createReservation", "a time that has to lie ahead"),
    "/quantity": ("putCartItem", "a bound of the cart's total, at the prices of the moment"),
    "/code": ("putPromotion", "which characters of other scripts are letters, and the codes of other promotions"),
    "/value": ("putPromotion", "a bound of the kind"),
    "/currency": ("putPromotion", "amounts need one"),
    "/buyQuantity": ("putPromotion", "a member of one kind"),
    "/getQuantity": ("putPromotion", "a member of one kind"),
    "/endsAt": ("putPromotion", "an end that has to be after a beginning"),
    "/maxDays": ("putShippingMethod", "at least minDays"),
    "/rates/*/upTo": ("putShippingMethod", "rates ascend, and the last one alone has no end"),
    "/zones/*/regions": ("putShippingMethod", "of zones of one country alone"),
    "/zones/*/postalPrefixes": ("putShippingMethod", "of zones of one country alone"),
    "/taxCategory": ("putTaxRate", "the rates that there are"),
    "/includedInPrices": ("putTaxRate", "the kind of the rates that there are"),
    "/url": ("createWebhookEndpoint|updateWebhookEndpoint", "addresses that are not public"),
}
# A form has no arrays: an array in it is a parameter that comes several times, which RFC 6749 forbids.
REPEATED = ("issueToken", "is given twice")
# The largest number up to which a double holds every whole one.
LARGEST = 2**53 - 1
# A table has columns, of which a schema of text knows nothing.
TABLE = ("importProducts", "text/csv")


def explains_refusal(operation: str, response) -> bool:
    """Whether everything that the answer complains of is listed for this operation."""
    try:
        told = json.loads(response.content)
    except ValueError:
        return False
    code = told.get("code") or told.get("error")
    if code in CODES:
        return bool(re.match(CODES[code][0], operation))
    if code == "invalid_request":
        return operation.startswith(REPEATED[0]) and REPEATED[1] in told["error_description"]
    if operation == TABLE[0] and code == "unsupported_media_type":
        # With a body of no bytes Schemathesis sends no content type.
        return "Content-Type" not in response.request.headers
    if operation == TABLE[0] and response.request.headers.get("Content-Type") == TABLE[1]:
        return code == "invalid_input"
    if code not in ("invalid_input", "invalid_parameter"):
        return False
    pointers = [each["pointer"] for each in told.get("errors", [])]
    sent = response.request.body
    return bool(pointers) and all(_may_break(operation, pointer) or _is_no_number_here(sent, pointer) for pointer in pointers)


def _may_break(operation: str, pointer: str) -> bool:
    """Whether this member may break a rule that its schema does not have."""
    place = re.sub(r"/[0-9]+(?=/|$)", "/*", pointer)
    return place in MEMBERS and bool(re.match(MEMBERS[place][0], operation))


def _is_no_number_here(sent: bytes | str | None, pointer: str) -> bool:
    """Whether this member is a number to JSON Schema and none here (docs/http.md): a whole one written with a fraction, such as 70.0, or,
    anywhere in the free members of a signed cart, one that a double does not hold exactly.
    """
    try:
        value = json.loads(sent or "")
        for name in pointer.split("/")[1:]:
            value = value[int(name)] if isinstance(value, list) else value[name.replace("~1", "/").replace("~0", "~")]
    except (ValueError, KeyError, IndexError, TypeError):
        return False
    if isinstance(value, float) and value.is_integer():
        return True
    return pointer.startswith("/cartSnapshot/") and isinstance(value, (int, float)) and abs(value) > LARGEST
