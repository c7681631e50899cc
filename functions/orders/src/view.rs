//! An order as clients see it.

use kernel::{Currency, OrderId, OrderNumber, Problem, Quantity, Sku, Timestamp, UserId};
use platform::http::Surface;
use serde::Serialize;
use serde_json::{Value, json};

use crate::edges::Status;
use crate::order::Order;
use crate::payment::PaymentSummary;
use crate::state::State;

/// The whole order.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OrderView {
    id: OrderId,
    number: OrderNumber,
    status: &'static str,
    user_id: UserId,
    total_amount: i64,
    currency: Currency,
    items: Vec<ItemView>,
    country: Option<String>,
    region: Option<String>,
    city: Option<String>,
    street: Option<String>,
    totals: Totals,
    payment: Option<PaymentSummary>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cancellation_reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    canceled_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<Timestamp>,
    created_at: Timestamp,
    updated_at: Timestamp,
    version: u64,
}

/// A line as clients see it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ItemView {
    product_id: Sku,
    name: String,
    quantity: Quantity,
    unit_price: i64,
    total_amount: i64,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Totals {
    item_count: usize,
    total_quantity: u64,
    subtotal_cents: i64,
    currency: Currency,
}

impl OrderView {
    /// Renders `order`.
    pub fn of(order: &Order) -> Self {
        let cancelled = match &order.state {
            State::Cancelled(state) => Some(state),
            _ => None,
        };
        let line = |part: fn(&crate::Address) -> &String| {
            order.address.as_ref().map(|address| part(address).clone())
        };
        Self {
            id: order.id,
            number: order.number,
            status: order.status().name(),
            user_id: order.user_id,
            total_amount: order.total.amount(),
            currency: order.total.currency(),
            items: items(order),
            country: line(|address| &address.country),
            region: line(|address| &address.region),
            city: line(|address| &address.city),
            street: line(|address| &address.street),
            totals: Totals {
                item_count: order.lines.len(),
                total_quantity: order.lines.iter().map(|line| u64::from(line.quantity.get())).sum(),
                subtotal_cents: order.total.amount(),
                currency: order.total.currency(),
            },
            payment: order.payment.clone(),
            cancellation_reason: cancelled.map(|state| state.cancellation.words().to_owned()),
            canceled_at: cancelled.map(|state| state.canceled_at),
            expires_at: order.expires_at(),
            created_at: order.created_at,
            updated_at: order.updated_at,
            version: order.version,
        }
    }

    /// The entity tag of an order: strong, since any change raises the version, and any note about its payment the count of those.
    pub fn etag(order: &Order) -> String {
        format!("\"{}-{}\"", order.version, order.notes)
    }
}

/// The order as clients of `surface` see it.
pub fn rendered(order: &Order, surface: Surface) -> Result<Value, Problem> {
    let whole = serde_json::to_value(OrderView::of(order)).map_err(Problem::internal)?;
    Ok(match surface {
        Surface::Canonical => whole,
        Surface::Orders => json!({
            "id": order.id,
            "status": status_name(order.status(), surface),
            "currency": order.total.currency(),
            "userId": order.user_id,
            "totals": whole["totals"],
            "cartSnapshot": order.cart_snapshot,
            "cancellationReason": whole["cancellationReason"],
            "canceledAt": whole["canceledAt"],
            "createdAt": order.created_at,
            "updatedAt": order.updated_at,
        }),
    })
}

/// The status as clients of `surface` spell it.
pub fn status_name(status: Status, surface: Surface) -> &'static str {
    match (status, surface) {
        (Status::Cancelled, Surface::Orders) => "canceled",
        _ => status.name(),
    }
}

/// The lines of `order`.
pub fn items(order: &Order) -> Vec<ItemView> {
    order
        .lines
        .iter()
        .map(|line| ItemView {
            product_id: line.sku.clone(),
            name: line.name.clone(),
            quantity: line.quantity,
            unit_price: line.unit_price,
            total_amount: line.unit_price.saturating_mul(i64::from(line.quantity.get())),
        })
        .collect()
}
