//! The registry of error codes: every code that a response can have, with its status and what a client can do about it.
//!
//! docs/errors.md is made from it and the API document, and `tests/blackbox/repo_checks/errors.rs` compares it with that document and with the sources.

/// A code that programs branch on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ErrorCode {
    /// The stable `snake_case` name.
    pub code: &'static str,
    /// The HTTP status, as far as single operations have no other one.
    pub status: u16,
    /// The statuses of operations that differ, in ascending order. LOMS clients expect 400 and 412; some operations find a fault in stored
    /// lines instead of the body.
    pub other_statuses: &'static [u16],
    /// One or two sentences for the developer of a client: what was wrong and what to do.
    pub description: &'static str,
}

impl ErrorCode {
    /// Every status that a response with this code can have, the usual one first.
    pub fn statuses(&self) -> impl Iterator<Item = u16> + use<> {
        [self.status].into_iter().chain(self.other_statuses.iter().copied())
    }

    /// The same code, also returned with `other_statuses`.
    const fn or(self, other_statuses: &'static [u16]) -> Self {
        Self { other_statuses, ..self }
    }
}

const fn error(code: &'static str, status: u16, description: &'static str) -> ErrorCode {
    ErrorCode { code, status, other_statuses: &[], description }
}

/// The values of `code` in a problem and in the report of an import, in the order of the alphabet.
// One row for each code, so that the table can be read as one.
#[rustfmt::skip]
pub const CODES: &[ErrorCode] = &[
    error("address_missing", 409, "The order has no shipping address. Set country, region, city and street, then repeat the transition."),
    error("address_required", 422, "Some of the goods have to be shipped, and the order has no address. Send `shippingAddress`."),
    error("amount_below_minimum", 409, "The payment provider accepts no payment of so small an amount. `minimum` is the smallest one."),
    error("amount_too_large", 422, "The order costs more than an amount holds. Reduce its quantities."),
    error("body_too_large", 413, "The body has more bytes than the operation accepts. Send a smaller body, or split an import."),
    error("cart_changed", 409, "Another request changed or ordered the cart meanwhile. Read the cart again, then repeat the request."),
    error("cart_empty", 409, "The cart has no lines. Add a product first."),
    error("cart_not_orderable", 409, "The lines of the cart break a rule of orders, which `detail` names. Change the cart."),
    error("cross_site_request", 403, "The request does not come from the console. The console sends the header `X-CSRF-Protection`, and browsers must report its own origin."),
    error("email_taken", 409, "Another account has this email address. The owner of the address can reset the password by email."),
    error("endpoint_disabled", 409, "The webhook endpoint is disabled. Enable it first."),
    error("etag_mismatch", 412, "The resource does not have a tag of `If-Match`. Read it again, then repeat the request with the current tag, which is in `etag`."),
    error("fresh_login_required", 403, "The operation needs the account's password, or a login at most `maxAge` seconds old. Log in again."),
    error("idempotency_in_progress", 409, "The first request with this `Idempotency-Key` is still running. Send it again after `Retry-After` seconds."),
    error("idempotency_key_required", 400, "The operation is not idempotent by itself. Send `Idempotency-Key`, or `If-Match` where `GET` returns an `ETag`."),
    error("idempotency_key_reused", 422, "Another request had this `Idempotency-Key` before. Use a new key for each new request."),
    error("insufficient_scope", 403, "The access token is valid, but lacks the scope in `scope`, or does not belong to a customer. Use another token."),
    error("insufficient_stock", 409, "Less stock is available than was requested of the SKU `sku`. Reduce the quantity, or try again later.").or(&[412]),
    error("internal", 500, "The service failed. Report `requestId` to the operators: a repetition will probably fail too."),
    error("invalid_cart_token", 400, "The header `X-Cart-Token` is not a cart token. Send the token that the first change of the cart returned."),
    error("invalid_client", 401, "The client's id or secret is wrong. Correct the credentials, or have the operators issue a new secret."),
    error("invalid_code", 422, "The code is wrong, expired, already used or was tried too often. Request a new code, or wait for the authenticator's next one."),
    error("invalid_credentials", 401, "The login or the password is wrong. Correct it, or reset the password."),
    error("invalid_idempotency_key", 400, "The header `Idempotency-Key` is empty, too long or not one key. Send a single valid key."),
    error("invalid_input", 422, "Members are missing, unknown or break a rule. `errors` names each of them by JSON Pointer.").or(&[400]),
    error("invalid_parameter", 400, "A parameter of the path or query is unknown or breaks a rule. `errors` names each of them."),
    error("invalid_refresh_token", 401, "The refresh token is unknown, expired, revoked or already used. Log in again."),
    error("invalid_reset_token", 422, "The reset token is wrong, expired or already used. Request a new one."),
    error("invalid_scope", 422, "The account does not have every requested scope. Request scopes that it has."),
    error("invalid_second_factor", 401, "The password is right, but the code of the second factor is wrong or already used. Send a new code."),
    error("invalid_signature", 401, "The signature of the callback is missing, wrong or too old. Sign the body again with the shared secret."),
    error("invalid_snapshot", 422, "The signed cart is not valid, as `reason` says. Request a new snapshot of the cart."),
    error("invalid_token", 401, "The access token is malformed, expired or revoked. Refresh the session, or log in again."),
    error("invalid_utf8", 400, "The line is not UTF-8. Send it as UTF-8, or declare its charset."),
    error("last_login", 409, "The account would have no verified login left. Add another login first."),
    error("line_too_long", 413, "The line has more bytes than an import accepts. Shorten it."),
    error("malformed_body", 400, "The body is not valid JSON, or not in the declared charset. `detail` names the place."),
    error("malformed_line", 400, "The line is not valid JSON. Correct it and import it again."),
    error("method_not_allowed", 405, "The path does not have this method. `allow` and the header `Allow` list the methods that it has."),
    error("mixed_currencies", 409, "The product has another currency than the cart. Order it separately."),
    error("no_shipping_method", 422, "No shipping method ships to the address. Choose another address."),
    error("no_total", 409, "The lines of the cart have no common total: currencies differ, or the sum is too large. Change the cart."),
    error("not_found", 404, "The resource does not exist, or the caller may not know of it. Check the path and its ids."),
    error("not_reached", 503, "The time of the request ended before this line, which was not imported. Import it again."),
    error("not_ready", 503, "A table or the event bus does not respond. `checks` has the state of each of them."),
    error("not_your_order", 403, "The order belongs to another account, or only its owner may change the address. Use the owner's token."),
    error("order_already_finalized", 409, "The order's status is final for this operation: it cannot be cancelled any more. Read its current state."),
    error("order_expired", 409, "The time to pay the order has ended. Place a new order."),
    error("payment_already_captured", 409, "The payment succeeded, so the attempt cannot be given up. Refund it instead."),
    error("payment_in_progress", 409, "A payment of the order has already begun. Wait until it is decided, or cancel the attempt."),
    error("payment_not_captured", 409, "The payment has not succeeded, so nothing can be refunded. Wait for the payment, or cancel the order."),
    error("payment_refunded", 409, "The payment of the order was refunded, so the order cannot be fulfilled. Place a new order."),
    error("phone_taken", 409, "Another account has this phone number. The owner of the number can reset the password by SMS."),
    error("price_beyond_uint32", 409, "A price has more minor units than a 32-bit member of the LOMS surface can hold. Use `/api/v1`."),
    error("price_changed", 409, "The total differs from `expectedTotal`, or from the order's prices. Show the customer the current total, then order again."),
    error("product_not_orderable", 422, "A product is not for sale, too expensive, or has another currency than the first. `errors` or `detail` names it: remove it.").or(&[400, 409]),
    error("promotion_not_applicable", 409, "A promotion code does not apply, as `promotions` says; or a promotion of the order was used up since. Remove the code, or order again."),
    error("provider_refused", 409, "The payment provider refused the request. Try another payment method, or ask the operators for the reason."),
    error("receipt_contact_required", 422, "The merchant sends receipts, and there is no address or number for this one. Send `contact`, or verify a login of the account."),
    error("refund_exceeds_payment", 409, "Less of the payment is left than the refund requests. `refundable` is the largest amount."),
    error("reservation_already_finalized", 409, "The reservation was confirmed or released, and that is final. The response has the reservation."),
    error("reservation_belongs_to_order", 409, "The reservation belongs to an order and ends with it. Pay or cancel the order."),
    error("reservation_expired", 409, "The reservation has expired, so it cannot be confirmed. Make a new reservation."),
    error("row_missing", 409, "The stock row was deleted while units of it are reserved. Restore the row from a backup, then repair it."),
    error("second_factor_enabled", 409, "The account has a second factor. Remove it before another one is enrolled."),
    error("second_factor_not_available", 403, "Only accounts with scopes can have a second factor, and this account has none."),
    error("second_factor_not_enrolled", 403, "The console requires a second factor, and the account has none. Enrol one, then sign in again."),
    error("second_factor_required", 401, "The password is right, and the account has a second factor. Send its code in `code`."),
    error("shipping_method_not_applicable", 422, "The shipping method can't be chosen for these goods and this address, as `shippingMethod` says. Choose one of `GET /api/v1/cart/shipping-methods`."),
    error("shipping_method_required", 422, "Some of the goods have to be shipped. Choose one of `GET /api/v1/cart/shipping-methods`."),
    error("snapshot_already_ordered", 409, "An order was placed from this signed cart under another key. `orderId` names it to its owner."),
    error("source_not_allowed", 403, "The notification does not come from an address of the payment provider. Operators set the addresses by the parameter `YooKassaSources`."),
    error("token_required", 401, "The request has no access token. Send `Authorization: Bearer`, or the other credential that the operation accepts."),
    error("too_many_addresses", 409, "The account has the maximum number of saved addresses. Delete one first."),
    error("too_many_anonymous_carts", 429, "Too many anonymous carts began from this address. Log in, send an existing cart token, or wait `Retry-After` seconds."),
    error("too_many_attempts", 429, "Too many attempts came from this address, or for this account, login or client. Wait `Retry-After` seconds."),
    error("too_many_endpoints", 409, "The stage has the maximum number of webhook endpoints. Delete one first."),
    error("too_many_lines", 422, "The request has more lines or different products than the operation accepts. Split it.").or(&[400, 413]),
    error("too_many_promotion_codes", 422, "At most 10 promotion codes are allowed at once, those of the cart among them."),
    error("too_many_refunds", 409, "The payment has the maximum number of refunds. No further refund of it is possible."),
    error("too_many_settings", 409, "There is the maximum number of shipping methods, tax rates or promotions. Delete one first."),
    error("too_many_unpaid_orders", 429, "Too many orders of this account or address wait for payment. Pay or cancel one, or wait `Retry-After` seconds."),
    error("too_many_unpaid_units", 409, "Too many units of the SKU `sku` would wait for payment. Order fewer, or pay or cancel an order first."),
    error("transition_not_allowed", 409, "The order's status does not allow this transition. Read the order, and request a transition that its status allows."),
    error("unavailable", 503, "The service, or something that it depends on, is busy. Send the same request again after `Retry-After` seconds."),
    error("unsupported_content_encoding", 415, "The body is compressed. Send it without `Content-Encoding`."),
    error("unsupported_media_type", 415, "The operation does not accept this content type or charset. Send the content type of the API document, in UTF-8."),
    error("verification_required", 403, "The login was not verified in time after its registration. Verify it by a code, then log in."),
    error("wrong_password", 422, "The password is not the account's current password. Send the current one."),
];

/// The values of `error` by RFC 6749, section 5.2, in the order of the alphabet.
#[rustfmt::skip]
pub const OAUTH_ERRORS: &[ErrorCode] = &[
    error("invalid_client", 401, "The client's id or secret is missing or wrong. Send both, by HTTP Basic or in the form."),
    error("invalid_grant", 400, "The login, password, second factor or refresh token is not valid. Correct it, or log in again."),
    error("invalid_request", 400, "A parameter is missing or breaks a rule. `error_description` names it."),
    error("invalid_scope", 400, "A requested scope does not exist, or the account or client does not have it. Request fewer scopes."),
    error("unauthorized_client", 400, "The client may not use this grant type. Machine clients use `client_credentials`."),
    error("unsupported_grant_type", 400, "The grant type does not exist here. `error_description` lists those that exist."),
];

#[cfg(test)]
mod tests {
    use http::StatusCode;

    use super::*;

    /// The most words of a sentence of a description.
    const MAX_WORDS: usize = 25;
    /// The most sentences of a description.
    const MAX_SENTENCES: usize = 2;

    #[test]
    fn every_table_is_sorted_and_has_each_code_once() {
        for table in [CODES, OAUTH_ERRORS] {
            assert!(table.is_sorted_by(|one, next| one.code < next.code));
        }
    }

    #[test]
    fn every_code_is_in_snake_case() {
        let allowed = |letter: char| matches!(letter, 'a'..='z' | '0'..='9' | '_');
        for error in CODES.iter().chain(OAUTH_ERRORS) {
            assert!(error.code.chars().all(allowed), "{}", error.code);
        }
    }

    #[test]
    fn every_status_is_one_of_errors() {
        for error in CODES.iter().chain(OAUTH_ERRORS) {
            assert!(error.other_statuses.is_sorted_by(|one, next| one < next), "{}", error.code);
            assert!(!error.other_statuses.contains(&error.status), "{}", error.code);
            for status in error.statuses() {
                let status = StatusCode::from_u16(status).unwrap();
                assert!(status.is_client_error() || status.is_server_error(), "{}: {status}", error.code);
            }
        }
    }

    #[test]
    fn every_description_is_one_or_two_short_sentences() {
        for error in CODES.iter().chain(OAUTH_ERRORS) {
            let Some(text) = error.description.strip_suffix('.') else { panic!("{} has no end", error.code) };
            let sentences: Vec<&str> = text.split(". ").collect();
            assert!(sentences.len() <= MAX_SENTENCES, "{}: {text}", error.code);
            for sentence in sentences {
                assert!(sentence.split_whitespace().count() <= MAX_WORDS, "{}: {sentence}", error.code);
                assert!(!sentence.contains(['|', '\n']), "{}: it has to fit in a table", error.code);
            }
        }
    }
}
