//! The API's representation of an order.

use std::collections::BTreeMap;

use kernel::contact::Contact;
use kernel::{Currency, OrderId, OrderNumber, Problem, Quantity, Sku, Timestamp, UserId};
use platform::http::Surface;
use pricing::view::{Charge, ShippingCharge, UsedPromotion};
use serde::Serialize;
use serde_json::{Value, json};

use crate::address::Address;
use crate::derivation::Derivation;
use crate::edges::Status;
use crate::lifetime::never;
use crate::order::Order;
use crate::payment::PaymentSummary;
use crate::state::{Cancelled, Cause, State};

/// The representation of the order on `surface`.
pub fn render(order: &Order, surface: Surface) -> Result<Value, Problem> {
    match surface {
        Surface::Canonical => serde_json::to_value(OrderView::of(order)),
        Surface::Orders => serde_json::to_value(CompatView::of(order)),
    }
    .map_err(Problem::internal)
}

/// The representation for an operator: on the canonical surface with the derivation of the prices.
pub fn render_for_operator(order: &Order, surface: Surface) -> Result<Value, Problem> {
    match (surface, &order.pricing) {
        (Surface::Canonical, Some(pricing)) => {
            let view = OrderView { pricing: Some(Derivation::of(pricing)), ..OrderView::of(order) };
            serde_json::to_value(view).map_err(Problem::internal)
        }
        _ => render(order, surface),
    }
}

/// The spelling of `status` on `surface`.
pub fn status_name(status: Status, surface: Surface) -> &'static str {
    match (status, surface) {
        (Status::Cancelled, Surface::Orders) => "canceled",
        _ => status.name(),
    }
}

/// The entity tag of an order as it is now (RFC 9110 section 8.8.3). Any change raises the version, and an annotation of its payment the
/// annotation count since.
pub fn etag(order: &Order) -> String {
    format!("\"{}-{}\"", order.version, order.notes)
}

/// The whole order, on the canonical surface.
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
    #[serde(skip_serializing_if = "Option::is_none")]
    shipping_address: Option<Address>,
    #[serde(skip_serializing_if = "Option::is_none")]
    billing_address: Option<Address>,
    #[serde(skip_serializing_if = "Option::is_none")]
    contact: Option<Contact>,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    metadata: BTreeMap<String, String>,
    totals: SaleTotals,
    tax_included: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    shipping: Option<ShippingCharge>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    promotions: Vec<UsedPromotion>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pricing: Option<Derivation>,
    payment: Option<PaymentSummary>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cart_snapshot: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cancellation_cause: Option<Cause>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cancellation_reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    canceled_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    paid_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    confirmed_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    shipped_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    delivered_at: Option<Timestamp>,
    created_at: Timestamp,
    updated_at: Timestamp,
    version: u64,
}

/// The representation of a line.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ItemView {
    product_id: Sku,
    name: String,
    quantity: Quantity,
    unit_price: i64,
    total_amount: i64,
    /// Absent where the order has neither shipping, taxes nor discounts.
    #[serde(flatten)]
    charge: Option<Charge>,
}

/// The sums of an order, with those that the older surfaces know.
#[derive(Debug, Serialize)]
struct SaleTotals {
    #[serde(flatten)]
    counts: Totals,
    #[serde(flatten)]
    sums: pricing::Totals,
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
        let cancelled = cancelled(order);
        let steps = order.state.steps();
        let line = |part: fn(&Address) -> Option<&String>| order.address.as_ref().and_then(part).cloned();
        let priced = order.pricing.as_ref().map(|pricing| &pricing.priced);
        Self {
            id: order.id,
            number: order.number,
            status: order.status().name(),
            user_id: order.user_id,
            total_amount: order.total.amount(),
            currency: order.total.currency(),
            items: items(order),
            country: line(|address| Some(&address.country)),
            region: line(|address| address.region.as_ref()),
            city: line(|address| Some(&address.city)),
            street: line(|address| Some(&address.street)),
            shipping_address: order.address.clone(),
            billing_address: order.buyer.billing_address.clone(),
            contact: order.buyer.contact.clone(),
            note: order.details.note.clone(),
            metadata: order.details.metadata.clone(),
            totals: SaleTotals { counts: Totals::of(order), sums: order.totals() },
            tax_included: priced.is_none_or(|priced| priced.tax_included),
            shipping: priced.and_then(|priced| priced.shipping.as_ref()).map(ShippingCharge::from),
            promotions: priced.map(UsedPromotion::of).unwrap_or_default(),
            pricing: None,
            payment: order.payment.clone(),
            cart_snapshot: order.cart_snapshot.clone(),
            cancellation_cause: cancelled.map(|state| state.cancellation.cause),
            cancellation_reason: cancelled.and_then(|state| state.cancellation.reason.clone()),
            canceled_at: cancelled.map(|state| state.canceled_at),
            expires_at: expires_at(order),
            paid_at: steps.paid_at,
            confirmed_at: steps.confirmed_at,
            shipped_at: steps.shipped_at,
            delivered_at: steps.delivered_at,
            created_at: order.created_at,
            updated_at: order.updated_at,
            version: order.version,
        }
    }
}

/// The representation on the surfaces of orders-service and orders-management: every member is always present.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CompatView {
    id: OrderId,
    number: OrderNumber,
    status: &'static str,
    currency: Currency,
    user_id: Value,
    items: Vec<ItemView>,
    totals: Totals,
    cart_snapshot: Option<Value>,
    cancellation_reason: Option<String>,
    canceled_at: Option<Timestamp>,
    expires_at: Option<Timestamp>,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl CompatView {
    /// Renders `order`.
    pub fn of(order: &Order) -> Self {
        let cancelled = cancelled(order);
        Self {
            id: order.id,
            number: order.number,
            items: items(order),
            expires_at: expires_at(order),
            status: status_name(order.status(), Surface::Orders),
            currency: order.total.currency(),
            user_id: signed_user(order).unwrap_or_else(|| json!(order.user_id)),
            totals: Totals::of(order),
            cart_snapshot: order.cart_snapshot.clone(),
            cancellation_reason: cancelled.and_then(|state| state.cancellation.reason.clone()),
            canceled_at: cancelled.map(|state| state.canceled_at),
            created_at: order.created_at,
            updated_at: order.updated_at,
        }
    }
}

impl Totals {
    fn of(order: &Order) -> Self {
        Self {
            item_count: order.lines.len(),
            total_quantity: order.lines.iter().map(|line| u64::from(line.quantity.get())).sum(),
            subtotal_cents: order.totals().subtotal,
            currency: order.total.currency(),
        }
    }
}

/// The customer by the name that the signer of the order's cart uses: a text of its own, or `null` for none.
fn signed_user(order: &Order) -> Option<Value> {
    let user = order.cart_snapshot.as_ref()?.get("userId")?;
    (user.is_null() || user.is_string()).then(|| user.clone())
}

/// The time at which the payment is due, for an order that has such a time.
fn expires_at(order: &Order) -> Option<Timestamp> {
    order.expires_at().filter(|at| *at < never())
}

fn cancelled(order: &Order) -> Option<&Cancelled> {
    if let State::Cancelled(state) = &order.state { Some(state) } else { None }
}

/// The lines of `order`.
pub fn items(order: &Order) -> Vec<ItemView> {
    let priced = order.pricing.as_ref().map(|pricing| &pricing.priced.lines);
    let charge = |index: usize| priced?.get(index).map(Charge::from);
    order
        .lines
        .iter()
        .enumerate()
        .map(|(index, line)| ItemView {
            product_id: line.sku.clone(),
            name: line.name.clone(),
            quantity: line.quantity,
            unit_price: line.unit_price,
            total_amount: line.unit_price.saturating_mul(i64::from(line.quantity.get())),
            charge: charge(index),
        })
        .collect()
}
