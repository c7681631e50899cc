//! Promotions: what they give, and the conditions for it. The body that an operator sends is checked in [`draft`].

mod draft;

use kernel::{Currency, Sku, Timestamp};
use serde::{Deserialize, Serialize};

use crate::permyriad::Permyriad;
use crate::setting::Setting;
use crate::text::{Category, PromotionCode};

pub use draft::{ConditionsDraft, PromotionDraft};

/// The most products that a promotion names.
pub const MAX_PROMOTION_PRODUCTS: usize = 100;
/// The most categories that a promotion names.
pub const MAX_PROMOTION_CATEGORIES: usize = 50;
/// The most units that have to be bought, and that are then given.
pub const MAX_GROUP_QUANTITY: i64 = 1_000;
/// The highest usage limit.
pub const MAX_USAGE_LIMIT: i64 = 1_000_000_000;

/// The kinds of promotions, in the order in which they are applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PromotionKind {
    BuyXGetY,
    Percentage,
    Amount,
    FreeShipping,
}

/// The discount of a promotion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Benefit {
    /// Of every `buy + get` units, the cheapest `get` cost less by a percentage; at 100 % they are free.
    BuyXGetY { buy: u32, get: u32, off: Permyriad },
    /// A percentage off each line.
    Percentage(Permyriad),
    /// An amount off the lines together, in minor units of the promotion's currency.
    Amount(i64),
    /// Shipping costs nothing.
    FreeShipping,
}

impl Benefit {
    pub fn kind(self) -> PromotionKind {
        match self {
            Self::BuyXGetY { .. } => PromotionKind::BuyXGetY,
            Self::Percentage(_) => PromotionKind::Percentage,
            Self::Amount(_) => PromotionKind::Amount,
            Self::FreeShipping => PromotionKind::FreeShipping,
        }
    }

    /// The member `value`: hundredths of a percent, or minor units.
    pub fn value(self) -> Option<i64> {
        match self {
            Self::BuyXGetY { off: value, .. } | Self::Percentage(value) => Some(value.get()),
            Self::Amount(value) => Some(value),
            Self::FreeShipping => None,
        }
    }
}

/// The conditions under which a promotion applies.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Conditions {
    /// The least subtotal before discounts of the lines that the promotion is for, in minor units.
    pub min_subtotal: Option<i64>,
    /// The promotion is for these products and the products of these categories; when both lists are empty, for all.
    pub product_ids: Vec<Sku>,
    pub categories: Vec<Category>,
    /// True: for customers who have not ordered before.
    pub first_order: bool,
}

impl Conditions {
    /// True when the promotion is for this product.
    pub(crate) fn includes(&self, sku: &Sku, category: Option<&Category>) -> bool {
        (self.product_ids.is_empty() && self.categories.is_empty())
            || self.product_ids.contains(sku)
            || category.is_some_and(|category| self.categories.contains(category))
    }
}

/// The members of a promotion.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "PromotionDraft", into = "PromotionDraft")]
pub struct PromotionTerms {
    /// Left out: the promotion applies by itself.
    pub code: Option<PromotionCode>,
    pub benefit: Benefit,
    /// The currency of its amounts. A promotion that has one applies to baskets in it alone.
    pub currency: Option<Currency>,
    pub conditions: Conditions,
    /// The first moment at which it applies.
    pub starts_at: Option<Timestamp>,
    /// The first moment at which it doesn't apply any more.
    pub ends_at: Option<Timestamp>,
    pub usage_limit: Option<u64>,
    pub usage_limit_per_customer: Option<u64>,
    /// True: it applies together with other promotions that are stackable.
    pub stackable: bool,
}

pub type Promotion = Setting<PromotionTerms>;

#[cfg(test)]
#[path = "promotion_tests.rs"]
mod tests;
