//! The reasons for which orders are not placed, paid or reserved, and the problem of each.

use std::net::IpAddr;

use kernel::{Currency, FieldError, Kind, Money, OrderId, OrderNumber, Problem, Timestamp};
use orders::Order;
use orders::holds::TooMuch;
use orders::refusal::{DraftRefusal, TransitionRefusal, UnorderableLine};
use platform::idempotency::{KeyRefusal, LookupError, Refusal};
use pricing::Totals;
use serde_json::{Value, json};
use stock::Shortage;

/// The reasons for which an order is not placed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PlaceRefusal {
    /// The lines of the cart are no order.
    CartLines(DraftRefusal),
    /// The cart has changed or was ordered since it was read.
    CartChanged,
    /// An order was placed from the same signed cart.
    SnapshotOrdered {
        /// That order, if it belongs to the caller.
        order_id: Option<OrderId>,
    },
    /// The order costs something else than the customer expects.
    PriceChanged {
        /// The number of lines.
        item_count: usize,
        /// The number of units.
        total_quantity: u64,
        /// The sums that it would have.
        totals: Totals,
        /// Their currency.
        currency: Currency,
    },
    /// The stock is insufficient, and a failed order records the attempt.
    OutOfStock {
        /// The failed order.
        order_id: OrderId,
        /// Its number.
        number: OrderNumber,
        /// The SKU of which there is too little.
        shortage: Shortage,
    },
}

/// The error of placing an order.
#[derive(Debug)]
pub enum NotPlaced {
    /// No such order is placed.
    Refused(PlaceRefusal),
    /// The idempotency key refuses the request.
    Key(KeyRefusal),
    /// Any other.
    Failed(Problem),
}

/// An order that takes no payment.
#[derive(Debug)]
pub struct Unpayable {
    /// The order as it is.
    pub order: Order,
    /// The reason.
    pub why: TransitionRefusal,
}

/// The error of paying an order.
#[derive(Debug)]
pub enum NotPaid {
    /// The order is in a state that takes no payment.
    Unpayable(Box<Unpayable>),
    /// The idempotency key refuses the request.
    Key(KeyRefusal),
    /// Any other.
    Failed(Problem),
}

/// The reasons for which a payment has no receipt that could be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReceiptRefusal {
    /// Neither the order nor the account has an address or a number for it.
    ContactRequired,
}

/// The reasons for which the goods of a placed order are not reserved.
#[derive(Debug, Clone, PartialEq)]
pub enum ReserveRefusal {
    /// The products cost something else than when the order was placed.
    PriceChanged {
        /// The order's total.
        ordered: Money,
        /// The total at current prices.
        current: Money,
    },
    /// Some of the products can't be ordered any more.
    NotOrderable(Vec<UnorderableLine>),
    /// A promotion that the order was priced with has been used as often as it may be since the order failed.
    PromotionUsedUp,
    /// The stock is insufficient.
    OutOfStock {
        /// The SKU of which there is too little.
        shortage: Shortage,
        /// The API's representation of the order.
        order: Value,
    },
}

/// An order that would exceed a limit on unpaid orders.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnpaidRefusal {
    /// The limit.
    pub too_much: TooMuch,
    /// The time of the request.
    pub now: Timestamp,
    /// The holder that the limit is one of.
    pub limited: Limited,
}

/// The holder of unpaid orders that a limit is one of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limited {
    /// A source address.
    Address,
    /// A guest's contact. Anybody may enter it, so a problem does not say what it holds.
    Guest,
    /// An account.
    Account {
        /// True when it has a verified contact.
        verified: bool,
    },
}

/// The reasons for which a provider's notification is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotificationRefusal {
    /// Another provider is configured.
    OtherProvider,
    /// The source address is none of the provider's.
    SourceNotAllowed(Option<IpAddr>),
}

impl From<PlaceRefusal> for Problem {
    fn from(refusal: PlaceRefusal) -> Self {
        match refusal {
            PlaceRefusal::CartLines(refusal) => refusal.into(),
            PlaceRefusal::CartChanged => {
                let detail = "The cart was changed or checked out in the meantime; look at it again.";
                Problem::conflict("cart_changed", detail)
            }
            PlaceRefusal::SnapshotOrdered { order_id } => {
                let detail = "An order was placed from this signed cart already.";
                let problem = Problem::conflict("snapshot_already_ordered", detail);
                match order_id {
                    Some(id) => problem.with("orderId", id.to_string()),
                    None => problem,
                }
            }
            PlaceRefusal::PriceChanged { item_count, total_quantity, totals, currency } => {
                let total =
                    Money::new(totals.total, currency).map_or_else(String::new, |total| total.to_string());
                let detail = format!(
                    "The order costs {total}, which is not the expected total. Show the new totals and order again."
                );
                let totals = json!({
                    "itemCount": item_count,
                    "totalQuantity": total_quantity,
                    "subtotal": totals.subtotal,
                    "discount": totals.discount,
                    "shipping": totals.shipping,
                    "tax": totals.tax,
                    "total": totals.total,
                    "currency": currency,
                });
                Problem::conflict("price_changed", detail).with("totals", totals)
            }
            PlaceRefusal::OutOfStock { order_id, number, shortage } => {
                Problem::from(shortage).with("orderId", order_id.to_string()).with("number", number.get())
            }
        }
    }
}

impl From<ReserveRefusal> for Problem {
    fn from(refusal: ReserveRefusal) -> Self {
        match refusal {
            ReserveRefusal::PriceChanged { ordered, current } => {
                let amount = |money: Money| json!({"amount": money.amount(), "currency": money.currency()});
                let detail = "The prices have changed since the order was placed; order again.";
                Problem::conflict("price_changed", detail)
                    .with("orderTotal", amount(ordered))
                    .with("currentTotal", amount(current))
            }
            ReserveRefusal::NotOrderable(lines) => {
                let faults: Vec<String> = lines.iter().map(UnorderableLine::to_string).collect();
                let detail = format!("The order can't be reserved any more: {}.", faults.join("; "));
                Problem::conflict("product_not_orderable", detail)
            }
            ReserveRefusal::PromotionUsedUp => {
                let detail = "A promotion of the order has been used as often as it may be; order again.";
                Problem::conflict("promotion_not_applicable", detail)
            }
            ReserveRefusal::OutOfStock { shortage, order } => Problem::from(shortage).with("order", order),
        }
    }
}

impl From<ReceiptRefusal> for Problem {
    fn from(refusal: ReceiptRefusal) -> Self {
        match refusal {
            ReceiptRefusal::ContactRequired => {
                let detail =
                    "The receipt needs an email address or a phone number: send a contact, or verify one.";
                let error = FieldError {
                    pointer: "/contact".to_owned(),
                    detail: "needs an email address or a phone number for the receipt".to_owned(),
                };
                let mut problem = Problem::new(Kind::Invalid, "receipt_contact_required", detail);
                problem.errors.push(error);
                problem
            }
        }
    }
}

impl From<UnpaidRefusal> for Problem {
    /// Open orders end by themselves, so the caller has to wait: 429. Units are the order's own doing, and it may never be possible: 409.
    fn from(UnpaidRefusal { too_much, now, limited }: UnpaidRefusal) -> Self {
        let problem = match too_much {
            TooMuch::Orders { limit, next } => {
                let wait = (next.as_seconds() - now.as_seconds()).max(1);
                let detail = format!(
                    "Too many orders wait for payment: {limit} are allowed. Pay or cancel one of them first."
                );
                Problem::new(Kind::Throttled, "too_many_unpaid_orders", detail)
                    .with("limit", limit)
                    .retry_after(u32::try_from(wait).unwrap_or(u32::MAX))
            }
            TooMuch::Units { sku, limit, .. } if limited == Limited::Guest => {
                let detail = format!(
                    "Too many units of SKU {sku} would wait for payment: {limit} are allowed. Order fewer, or pay or cancel first."
                );
                Problem::conflict("too_many_unpaid_units", detail).with("sku", sku).with("limit", limit)
            }
            TooMuch::Units { sku, held, limit } => {
                let detail = format!(
                    "Too many units of SKU {sku} would wait for payment: {limit} are allowed, {held} wait already. Order fewer, or pay or cancel first."
                );
                Problem::conflict("too_many_unpaid_units", detail)
                    .with("sku", sku)
                    .with("limit", limit)
                    .with("held", held)
            }
        };
        match limited {
            Limited::Address => problem,
            Limited::Guest => problem.with("verified", false),
            Limited::Account { verified } => problem.with("verified", verified),
        }
    }
}

impl From<NotificationRefusal> for Problem {
    fn from(refusal: NotificationRefusal) -> Self {
        match refusal {
            NotificationRefusal::OtherProvider => Self::not_found("This shop has another provider."),
            NotificationRefusal::SourceNotAllowed(address) => {
                let detail = "Notifications are taken from the provider's addresses only.";
                let inside = address.map_or_else(|| "no address".to_owned(), |address| address.to_string());
                Problem::new(Kind::Forbidden, "source_not_allowed", detail).with_internal_detail(inside)
            }
        }
    }
}

impl Refusal for NotPlaced {
    fn is_about_state(&self) -> bool {
        match self {
            Self::Refused(PlaceRefusal::CartLines(_)) | Self::Key(KeyRefusal::Reused) => false,
            Self::Refused(_) | Self::Key(KeyRefusal::InProgress) => true,
            Self::Failed(problem) => problem.is_about_state(),
        }
    }
}

impl From<PlaceRefusal> for NotPlaced {
    fn from(refusal: PlaceRefusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<LookupError> for NotPlaced {
    fn from(error: LookupError) -> Self {
        match error {
            LookupError::Refused(refusal) => Self::Key(refusal),
            LookupError::Failed(problem) => Self::Failed(problem),
        }
    }
}

impl From<Problem> for NotPlaced {
    fn from(problem: Problem) -> Self {
        Self::Failed(problem)
    }
}

impl From<NotPlaced> for Problem {
    fn from(error: NotPlaced) -> Self {
        match error {
            NotPlaced::Refused(refusal) => refusal.into(),
            NotPlaced::Key(refusal) => refusal.into(),
            NotPlaced::Failed(problem) => problem,
        }
    }
}

impl Refusal for NotPaid {
    fn is_about_state(&self) -> bool {
        match self {
            Self::Unpayable(_) | Self::Key(KeyRefusal::InProgress) => true,
            Self::Key(KeyRefusal::Reused) => false,
            Self::Failed(problem) => problem.is_about_state(),
        }
    }
}

impl From<LookupError> for NotPaid {
    fn from(error: LookupError) -> Self {
        match error {
            LookupError::Refused(refusal) => Self::Key(refusal),
            LookupError::Failed(problem) => Self::Failed(problem),
        }
    }
}

impl From<Problem> for NotPaid {
    fn from(problem: Problem) -> Self {
        Self::Failed(problem)
    }
}

#[cfg(test)]
#[path = "refusal_tests.rs"]
mod tests;
