//! The part of a priced basket that is paid back for some of its units.
//!
//! Shares are cumulative: the share of the units `k+1..=m` of a line is the rounded share of `m` units less that of `k`. So any sequence of
//! partial refunds of a line adds up to what was paid for it.

use std::fmt;

use kernel::Sku;
use serde::{Deserialize, Serialize};

use crate::arithmetic::floor;
use crate::priced::{Priced, PricedLine};

/// The units of each line, in the order of the lines, and whether shipping is among it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Portion {
    pub quantities: Vec<u32>,
    pub shipping: bool,
}

/// Amounts of one line or of the shipping, in minor units.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Part {
    pub subtotal: i64,
    pub discount: i64,
    pub tax: i64,
    /// The amount that was paid: `subtotal - discount`, plus `tax` when it is not included.
    pub total: i64,
}

/// The exact share of some units.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Share {
    /// In the order of the lines; nothing for a line without units.
    pub lines: Vec<Part>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shipping: Option<Part>,
    pub total: i64,
}

/// The reason for which there is no such share.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ShareRefusal {
    /// A portion has another number of lines than the basket.
    LineCount { expected: usize },
    /// More units than are left of a line.
    TooManyUnits { sku: Sku, left: u32, requested: u32 },
    /// Shipping was not charged, or is refunded already.
    NoShippingLeft,
}

impl fmt::Display for ShareRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::LineCount { expected } => write!(f, "The order has {expected} lines."),
            Self::TooManyUnits { sku, left, requested } => {
                write!(f, "Too many units of SKU {sku}: {left} left, {requested} requested.")
            }
            Self::NoShippingLeft => f.write_str("Shipping was not charged, or is refunded already."),
        }
    }
}

impl std::error::Error for ShareRefusal {}

/// Returns the share of `now` after `refunded` was paid back.
pub fn share_of(priced: &Priced, refunded: &Portion, now: &Portion) -> Result<Share, ShareRefusal> {
    let expected = priced.lines.len();
    if refunded.quantities.len() != expected || now.quantities.len() != expected {
        return Err(ShareRefusal::LineCount { expected });
    }
    let quantities = refunded.quantities.iter().zip(&now.quantities);
    let part = |(line, (before, more)): (&PricedLine, (&u32, &u32))| {
        let left = line.quantity.get().saturating_sub(*before);
        if *more > left {
            let sku = line.sku.clone();
            return Err(ShareRefusal::TooManyUnits { sku, left, requested: *more });
        }
        Ok(paid_for(line, *before + *more, priced.tax_included).less(paid_for(
            line,
            *before,
            priced.tax_included,
        )))
    };
    let lines: Vec<Part> = priced.lines.iter().zip(quantities).map(part).collect::<Result<_, _>>()?;
    let shipping = shipping_of(priced, refunded, now)?;
    let total = lines.iter().chain(&shipping).map(|part| part.total).sum();
    Ok(Share { lines, shipping, total })
}

/// The cumulative share of the first `units` of a line: its net price and its tax are rounded down, and the discount is the rest.
fn paid_for(line: &PricedLine, units: u32, tax_included: bool) -> Part {
    let of = |amount| floor(amount, i64::from(units), i64::from(line.quantity.get()));
    let subtotal = of(line.subtotal);
    let net = of(line.subtotal - line.discount);
    let tax = of(line.tax);
    Part { subtotal, discount: subtotal - net, tax, total: net + if tax_included { 0 } else { tax } }
}

impl Part {
    fn less(self, other: Self) -> Self {
        Self {
            subtotal: self.subtotal - other.subtotal,
            discount: self.discount - other.discount,
            tax: self.tax - other.tax,
            total: self.total - other.total,
        }
    }
}

/// Shipping is paid back whole, once.
fn shipping_of(priced: &Priced, refunded: &Portion, now: &Portion) -> Result<Option<Part>, ShareRefusal> {
    if !now.shipping {
        return Ok(None);
    }
    let charged = priced.shipping.as_ref().filter(|_| !refunded.shipping);
    let shipping = charged.ok_or(ShareRefusal::NoShippingLeft)?;
    let (subtotal, discount) = (shipping.price, shipping.discount);
    Ok(Some(Part { subtotal, discount, tax: shipping.tax, total: shipping.total }))
}

#[cfg(test)]
#[path = "share_tests.rs"]
mod tests;
