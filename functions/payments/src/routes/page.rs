//! The sandbox's payment page, and the page after payment: plain HTML that works without a script.

use http::StatusCode;
use http::header::{CONTENT_SECURITY_POLICY, REFERRER_POLICY};
use maud::{DOCTYPE, Markup, html};
use platform::http::Response;

use crate::sandbox::{SandboxPayment, SandboxStatus};

/// Nothing is loaded and no script runs; the page's address, which is its secret, is not sent to others as a referrer.
const CSP: &str = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

/// The title of the sandbox's pages.
const SANDBOX: &str = "Sandbox payment";
/// Seconds for which a decided payment is shown before the customer is led back to the merchant.
const SECONDS_TO_RETURN: u32 = 3;

const STYLE: &str = ":root{color-scheme:light dark;--text:#1c2430;--note:#5b6675;--line:#9aa4b2;--page:#fff;--link:#1b5e9e}\
@media(prefers-color-scheme:dark){:root{--text:#e6eaf0;--note:#9da9b8;--line:#5b6675;--page:#12171e;--link:#8ab8e8}}\
body{font:1rem/1.5 system-ui,sans-serif;max-width:28rem;margin:4rem auto;padding:0 1rem;color:var(--text);background:var(--page)}\
h1{font-size:1.25rem}.amount{font-size:2rem;font-weight:600}.note{color:var(--note)}a{color:var(--link)}\
form{display:flex;gap:.75rem;margin:2rem 0}button{font:inherit;padding:.6rem 1.4rem;border-radius:.4rem;border:1px solid #1f6f4a;\
background:#1f6f4a;color:#fff;cursor:pointer}button.decline{background:var(--page);color:var(--text);border-color:var(--line)}";

/// The page for `payment`.
pub fn show(payment: &SandboxPayment) -> Response {
    let is_undecided =
        matches!(payment.status, SandboxStatus::Failing | SandboxStatus::Pending | SandboxStatus::Late);
    let back = payment.return_url.as_deref().filter(|_| !is_undecided);
    let body = html! {
        h1 { "Sandbox payment" }
        p { "Order " strong { (payment.order_number) } }
        @if let Some(money) = payment.money() { p.amount { (money) } }
        @match payment.status {
            SandboxStatus::Failing | SandboxStatus::Pending | SandboxStatus::Late => (buttons()),
            SandboxStatus::Paid if payment.refunded == 0 => p role="status" { "Paid." },
            SandboxStatus::Paid if payment.refunded == payment.amount => p role="status" { "Refunded." },
            SandboxStatus::Paid => p role="status" { "Paid, and refunded in part." },
            SandboxStatus::Declined => p role="status" { "Declined. Nothing was charged." },
            SandboxStatus::Cancelled => p role="status" { "The shop has closed this payment. Nothing was charged." },
        }
        @if let Some(url) = back { p { a href=(url) { "Back to the shop" } } }
        p.note { "No real money moves here." }
    };
    reply(StatusCode::OK, SANDBOX, back, &body)
}

/// The page that customers reach after payment where the merchant has none.
pub fn returned() -> Response {
    let body = html! {
        h1 { "Thank you" }
        p role="status" { "The shop is checking your payment, and sends you a message when it is done." }
        p.note { "You can close this page." }
    };
    reply(StatusCode::OK, "Payment", None, &body)
}

/// The page for a decision that was recorded but could not be delivered to the merchant.
pub fn not_told(decision: &str) -> Response {
    let body = html! {
        h1 { "Sandbox payment" }
        p role="alert" { "Your decision is written down, but the shop could not be told of it." }
        form method="post" {
            button name="decision" value=(decision) { "Tell the shop again" }
        }
    };
    reply(StatusCode::BAD_GATEWAY, SANDBOX, None, &body)
}

/// The page for an address that leads to no payment.
pub fn unknown() -> Response {
    let body =
        html! { h1 { "There is no such payment" } p { "Check the address, or start again from the shop." } };
    reply(StatusCode::NOT_FOUND, SANDBOX, None, &body)
}

fn buttons() -> Markup {
    html! {
        form method="post" {
            button name="decision" value="pay" { "Pay" }
            button.decline name="decision" value="decline" { "Decline" }
        }
    }
}

/// The page with `body`; it leads to `next` by itself.
fn reply(status: StatusCode, title: &str, next: Option<&str>, body: &Markup) -> Response {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                @if let Some(url) = next { meta http-equiv="refresh" content={ (SECONDS_TO_RETURN) "; url=" (url) }; }
                title { (title) }
                style { (maud::PreEscaped(STYLE)) }
            }
            body { main { (body) } }
        }
    };
    Response::html(status, page.into_string())
        .header(CONTENT_SECURITY_POLICY, CSP)
        .header(REFERRER_POLICY, "no-referrer")
}
