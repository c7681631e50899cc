//! The responses of the three API surfaces to a placed order.

use kernel::{Currency, OrderId, OrderNumber, Problem, Timestamp};
use orders::view::{ItemView, OrderView, items, status_name};
use orders::{Order, OrderToken};
use platform::http::{IDEMPOTENT_REPLAY, Response, Surface};
use serde::Serialize;
use serde_json::json;

/// The whole order, as checkout returns it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Whole {
    #[serde(flatten)]
    order: OrderView,
    #[serde(skip_serializing_if = "Option::is_none")]
    payment_url: Option<String>,
    /// The token that opens the order of a guest.
    #[serde(skip_serializing_if = "Option::is_none")]
    order_token: Option<String>,
}

/// The response to a direct order.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Short {
    /// The same value under its name on surface B. Every response has it, since a repeat may come by either surface.
    id: OrderId,
    order_id: OrderId,
    number: OrderNumber,
    status: &'static str,
    total_amount: i64,
    currency: Currency,
    items: Vec<ItemView>,
    created_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    payment_url: Option<String>,
}

/// The response to a checkout; with the token of a guest.
pub(super) fn whole(order: &Order, token: Option<&OrderToken>) -> Result<Response, Problem> {
    let (payment_url, order_token) = (payment_url(order), token.map(OrderToken::text));
    Response::created(&Whole { order: OrderView::of(order), payment_url, order_token })
}

/// The response to a direct order.
pub(super) fn short(order: &Order, surface: Surface) -> Result<Response, Problem> {
    Response::created(&Short {
        id: order.id,
        order_id: order.id,
        number: order.number,
        status: status_name(order.status(), surface),
        total_amount: order.total.amount(),
        currency: order.total.currency(),
        items: items(order),
        created_at: order.created_at,
        payment_url: payment_url(order),
    })
}

/// The response to an order by snapshot.
pub(super) fn only_id(order: &Order) -> Result<Response, Problem> {
    let reply = Response::created(&json!({"id": order.id, "orderId": order.id}))?;
    // Clients of surface B expect it in the first response too.
    Ok(reply.header(IDEMPOTENT_REPLAY, "false"))
}

fn payment_url(order: &Order) -> Option<String> {
    order.payment.as_ref().and_then(|payment| payment.payment_url.clone())
}
