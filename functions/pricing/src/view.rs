//! The representation of prices in responses about carts and orders.

use serde::Serialize;

use crate::priced::{Priced, PricedLine, PricedShipping, PromotionOutcome};
use crate::text::{PromotionCode, SettingId};

/// The amounts of a line or of the shipping.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Charge {
    discount: i64,
    tax: i64,
    /// The amount to pay for it.
    total: i64,
}

/// The shipping with its amounts.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ShippingCharge {
    method_id: SettingId,
    price: i64,
    #[serde(flatten)]
    charge: Charge,
}

/// A promotion that gave a discount.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct UsedPromotion {
    promotion_id: SettingId,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<PromotionCode>,
    amount: i64,
}

impl From<&PricedLine> for Charge {
    fn from(line: &PricedLine) -> Self {
        Self { discount: line.discount, tax: line.tax, total: line.total }
    }
}

impl From<&PricedShipping> for ShippingCharge {
    fn from(shipping: &PricedShipping) -> Self {
        let charge = Charge { discount: shipping.discount, tax: shipping.tax, total: shipping.total };
        Self { method_id: shipping.method_id.clone(), price: shipping.price, charge }
    }
}

impl UsedPromotion {
    /// The promotions that `priced` uses, by id.
    pub fn of(priced: &Priced) -> Vec<Self> {
        let used = priced.promotions.iter().filter(|used| used.outcome == PromotionOutcome::Used);
        used.map(|used| Self {
            promotion_id: used.promotion_id.clone(),
            code: used.code.clone(),
            amount: used.amount,
        })
        .collect()
    }
}
