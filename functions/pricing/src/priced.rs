//! A priced basket, as an order stores it: nothing of it is computed again from later settings. All amounts are in minor units of
//! `currency`.

use kernel::{Currency, Money, Quantity, Sku, Timestamp};
use serde::{Deserialize, Serialize};

use crate::permyriad::Permyriad;
use crate::promotion::PromotionKind;
use crate::shipping::RateBy;
use crate::text::{PromotionCode, SettingId, TaxCategory};

/// A basket with its prices and their derivation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Priced {
    pub currency: Currency,
    /// True when `tax` is contained in the prices, false when it is added to them.
    pub tax_included: bool,
    pub lines: Vec<PricedLine>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shipping: Option<PricedShipping>,
    /// Every promotion that could apply, by id.
    pub promotions: Vec<PromotionUse>,
    pub totals: Totals,
    pub priced_at: Timestamp,
}

/// The sums of a basket: `total = subtotal - discount + shipping`, plus `tax` when it is not included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Totals {
    /// The goods before discounts.
    pub subtotal: i64,
    /// The discounts on goods.
    pub discount: i64,
    /// The price of shipping after its discount.
    pub shipping: i64,
    /// The tax on goods and shipping.
    pub tax: i64,
    /// The amount to pay.
    pub total: i64,
}

/// A line with its prices.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PricedLine {
    pub sku: Sku,
    pub quantity: Quantity,
    pub unit_price: i64,
    /// `unitPrice` times `quantity`.
    pub subtotal: i64,
    pub discount: i64,
    pub tax: i64,
    /// The amount to pay for the line: `subtotal - discount`, plus `tax` when it is not included.
    pub total: i64,
    /// The code of its tax rate on receipts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receipt_vat_code: Option<u8>,
    pub derivation: Vec<Step>,
}

/// The shipping with its prices.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PricedShipping {
    pub method_id: SettingId,
    pub method_version: u64,
    /// Before promotions.
    pub price: i64,
    /// Lowers `totals.shipping` and is no part of `totals.discount`.
    pub discount: i64,
    pub tax: i64,
    /// The amount to pay for shipping: `price - discount`, plus `tax` when it is not included.
    pub total: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receipt_vat_code: Option<u8>,
    pub derivation: Vec<Step>,
}

/// A promotion that could apply, and its effect.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PromotionUse {
    pub promotion_id: SettingId,
    pub version: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<PromotionCode>,
    /// The discount that it gave on goods and shipping; 0 when it was not used.
    pub amount: i64,
    pub outcome: PromotionOutcome,
}

/// The effect of a promotion that could apply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PromotionOutcome {
    /// It gave a discount. Only this counts as a use of it.
    Used,
    /// Another promotion, or a combination of others, costs the customer less or the same; or as many others with usage limits take part as may.
    Outweighed,
    /// It took part, and nothing was left to discount.
    NoEffect,
}

/// A reason for which no tax is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UntaxedReason {
    NoDestination,
    NoRate,
}

/// One step of the computation of a line or of the shipping.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "snake_case", rename_all_fields = "camelCase")]
pub enum Step {
    /// The unit price times the quantity.
    Goods {
        unit_price: i64,
        quantity: Quantity,
        amount: i64,
    },
    /// The rate of a shipping method: `measure` is in grams or minor units, as `rateBy` says.
    Shipping {
        method_id: SettingId,
        version: u64,
        rate_by: RateBy,
        measure: i64,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        up_to: Option<i64>,
        amount: i64,
    },
    /// Shipping that is free from a subtotal.
    FreeFrom {
        method_id: SettingId,
        version: u64,
        free_from: i64,
        subtotal: i64,
        amount: i64,
    },
    /// A discount. `base` is the amount that was left before it, `units` the number of units that a buy-x-get-y promotion gives.
    Promotion {
        promotion_id: SettingId,
        version: u64,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        code: Option<PromotionCode>,
        kind: PromotionKind,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        value: Option<i64>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        units: Option<u32>,
        base: i64,
        amount: i64,
    },
    /// A tax. `base` is the amount after discounts.
    Tax {
        tax_rate_id: SettingId,
        version: u64,
        tax_category: TaxCategory,
        rate: Permyriad,
        included: bool,
        base: i64,
        amount: i64,
    },
    Untaxed {
        tax_category: TaxCategory,
        reason: UntaxedReason,
    },
}

impl Step {
    /// One sentence for the operator.
    pub fn describe(&self, currency: Currency) -> String {
        let money = |amount: i64| {
            Money::new(amount, currency).map_or_else(|| amount.to_string(), |money| money.to_string())
        };
        match self {
            Self::Goods { unit_price, quantity, amount } => {
                format!("{} x {quantity} = {}", money(*unit_price), money(*amount))
            }
            Self::Shipping { method_id, version, rate_by, measure, up_to, amount } => {
                let shown = |value: i64| match rate_by {
                    RateBy::Weight => format!("{value} g"),
                    RateBy::Subtotal => money(value),
                };
                let limit = up_to.map_or_else(String::new, |up_to| format!(" up to {}", shown(up_to)));
                let (measure, amount) = (shown(*measure), money(*amount));
                format!(
                    "shipping method {method_id} (version {version}) for {measure}: rate{limit} = {amount}"
                )
            }
            Self::FreeFrom { method_id, version, free_from, subtotal, amount } => {
                let (from, subtotal, amount) = (money(*free_from), money(*subtotal), money(*amount));
                format!(
                    "shipping method {method_id} (version {version}): free from {from}, subtotal {subtotal} = {amount}"
                )
            }
            Self::Promotion { promotion_id, version, code, units, base, amount, .. } => {
                let code = code.as_ref().map_or_else(String::new, |code| format!(", code {code}"));
                let units = units.map_or_else(String::new, |units| format!(" for {units} units"));
                let (base, amount) = (money(*base), money(*amount));
                format!("promotion {promotion_id} (version {version}{code}){units} on {base} = -{amount}")
            }
            Self::Tax { tax_rate_id, version, tax_category, rate, included, base, amount } => {
                let (kind, base, amount) =
                    (if *included { "contained in" } else { "on" }, money(*base), money(*amount));
                format!(
                    "tax rate {tax_rate_id} (version {version}) of {tax_category}: {rate} {kind} {base} = {amount}"
                )
            }
            Self::Untaxed { tax_category, reason } => {
                let reason = match reason {
                    UntaxedReason::NoDestination => "the destination is not known",
                    UntaxedReason::NoRate => "no tax rate covers the destination",
                };
                format!("no tax on {tax_category}: {reason}")
            }
        }
    }
}
