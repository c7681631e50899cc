//! The sandbox's payment page: plain HTML that works without a script.

use http::StatusCode;
use http::header::{CONTENT_SECURITY_POLICY, REFERRER_POLICY};
use maud::{DOCTYPE, Markup, html};
use platform::http::Response;

use crate::sandbox::{SandboxPayment, SandboxStatus};

/// Nothing is loaded and no script runs; the page's address, which is its secret, is not sent to others as a referrer.
const CSP: &str = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

const STYLE: &str = "body{font:1rem/1.5 system-ui,sans-serif;max-width:28rem;margin:4rem auto;padding:0 1rem;color:#1c2430}\
h1{font-size:1.25rem}.amount{font-size:2rem;font-weight:600}.note{color:#5b6675}\
form{display:flex;gap:.75rem;margin:2rem 0}button{font:inherit;padding:.6rem 1.4rem;border-radius:.4rem;border:1px solid #1f6f4a;\
background:#1f6f4a;color:#fff;cursor:pointer}button.decline{background:#fff;color:#1c2430;border-color:#9aa4b2}";

/// The page for `payment`.
pub fn show(payment: &SandboxPayment) -> Response {
    let body = html! {
        h1 { "Sandbox payment" }
        p { "Order " strong { (payment.order_number) } }
        @if let Some(money) = payment.money() { p.amount { (money) } }
        @match payment.status {
            SandboxStatus::Failing | SandboxStatus::Pending | SandboxStatus::Late => (buttons()),
            SandboxStatus::Paid if payment.refunded == 0 => p role="status" { "Paid. You can go back to the shop." },
            SandboxStatus::Paid if payment.refunded == payment.amount => p role="status" { "Refunded." },
            SandboxStatus::Paid => p role="status" { "Paid, and refunded in part." },
            SandboxStatus::Declined => p role="status" { "Declined. Nothing was charged." },
            SandboxStatus::Cancelled => p role="status" { "The shop has closed this payment. Nothing was charged." },
        }
        p.note { "No real money moves here." }
    };
    reply(StatusCode::OK, &body)
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
    reply(StatusCode::BAD_GATEWAY, &body)
}

/// The page for an address that leads to no payment.
pub fn unknown() -> Response {
    let body =
        html! { h1 { "There is no such payment" } p { "Check the address, or start again from the shop." } };
    reply(StatusCode::NOT_FOUND, &body)
}

fn buttons() -> Markup {
    html! {
        form method="post" {
            button name="decision" value="pay" { "Pay" }
            button.decline name="decision" value="decline" { "Decline" }
        }
    }
}

fn reply(status: StatusCode, body: &Markup) -> Response {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { "Sandbox payment" }
                style { (maud::PreEscaped(STYLE)) }
            }
            body { main { (body) } }
        }
    };
    Response::html(status, page.into_string())
        .header(CONTENT_SECURITY_POLICY, CSP)
        .header(REFERRER_POLICY, "no-referrer")
}
