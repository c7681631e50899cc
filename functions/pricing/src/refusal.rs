//! The reasons for which a basket has no price. Independent of HTTP; each has a stable name and a sentence.
//!
//! And the reasons for which a setting is not returned or changed, with their problems.

use std::fmt;

use kernel::money::MAX_AMOUNT;
use kernel::{Currency, FieldError, Kind, Problem, Sku, Timestamp};
use serde::Serialize;
use serde_json::json;

use crate::basket::MAX_PROMOTION_CODES;
use crate::destination::Destination;
use crate::shipping::RateBy;

/// The reason for which a shipping method can't be chosen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "reason", rename_all = "snake_case", rename_all_fields = "camelCase")]
pub enum ShippingRefusal {
    /// No active method has this id.
    Unknown,
    /// The method doesn't ship to the destination.
    OutsideZones,
    /// The prices of the method are in the currency of another market.
    Currency { currency: Currency },
    /// The goods are heavier, or cost more, than the last rate of the method.
    OutOfRange { rate_by: RateBy, limit: i64, measure: i64 },
}

/// The reason for which a promotion doesn't apply.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "reason", rename_all = "snake_case", rename_all_fields = "camelCase")]
pub enum PromotionRefusal {
    /// No promotion has this code.
    Unknown,
    NotStarted {
        starts_at: Timestamp,
    },
    Expired {
        ends_at: Timestamp,
    },
    UsedUp,
    UsedUpByCustomer,
    /// The promotion is for the currency of another market.
    Currency {
        currency: Currency,
    },
    NotFirstOrder,
    /// The basket has none of the products that the promotion is for.
    NoMatchingProducts,
    /// The products that the promotion is for cost less than `minSubtotal`.
    BelowMinimum {
        min_subtotal: i64,
        subtotal: i64,
    },
    /// There are fewer units than have to be bought and are given.
    TooFewUnits {
        units: u64,
        required: u64,
    },
    /// Shipping would be free, and nothing has to be shipped.
    NothingToShip,
}

/// A code that a customer sent and that doesn't apply.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RefusedCode {
    /// In its one form when it is one, otherwise the beginning of what was sent.
    pub code: String,
    #[serde(flatten)]
    pub reason: PromotionRefusal,
}

/// The reason for which a basket has no price.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PricingRefusal {
    /// A line is in another currency than the basket.
    MixedCurrencies {
        sku: Sku,
        currency: Currency,
        expected: Currency,
    },
    /// The basket costs more than an amount holds.
    AmountTooLarge,
    TooManyPromotionCodes,
    /// An order needs an address, with the code of its country, for goods that have to be shipped.
    AddressRequired,
    /// An order needs a shipping method for goods that have to be shipped.
    ShippingMethodRequired,
    /// No method ships to the destination.
    NoShippingMethod {
        destination: Destination,
    },
    ShippingMethod {
        id: String,
        reason: ShippingRefusal,
    },
    /// Every code that doesn't apply, in the order in which they were sent.
    Promotions(Vec<RefusedCode>),
}

impl ShippingRefusal {
    /// The stable name.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::OutsideZones => "outside_zones",
            Self::Currency { .. } => "currency",
            Self::OutOfRange { .. } => "out_of_range",
        }
    }
}

impl PromotionRefusal {
    /// The stable name, which the serialised form has as `reason`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::NotStarted { .. } => "not_started",
            Self::Expired { .. } => "expired",
            Self::UsedUp => "used_up",
            Self::UsedUpByCustomer => "used_up_by_customer",
            Self::Currency { .. } => "currency",
            Self::NotFirstOrder => "not_first_order",
            Self::NoMatchingProducts => "no_matching_products",
            Self::BelowMinimum { .. } => "below_minimum",
            Self::TooFewUnits { .. } => "too_few_units",
            Self::NothingToShip => "nothing_to_ship",
        }
    }
}

impl fmt::Display for ShippingRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown => f.write_str("no active shipping method has this id"),
            Self::OutsideZones => f.write_str("it does not ship to this address"),
            Self::Currency { currency } => write!(f, "its prices are in {currency}"),
            Self::OutOfRange { rate_by: RateBy::Weight, limit, measure } => {
                write!(f, "it takes at most {limit} g, and the goods weigh {measure} g")
            }
            Self::OutOfRange { rate_by: RateBy::Subtotal, limit, measure } => {
                write!(
                    f,
                    "it takes a subtotal of at most {limit}, and the goods cost {measure} (minor units)"
                )
            }
        }
    }
}

impl fmt::Display for PromotionRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown => f.write_str("no promotion has this code"),
            Self::NotStarted { starts_at } => write!(f, "it starts at {starts_at}"),
            Self::Expired { ends_at } => write!(f, "it ended at {ends_at}"),
            Self::UsedUp => f.write_str("it was used as often as it may be"),
            Self::UsedUpByCustomer => f.write_str("the customer used it as often as each customer may"),
            Self::Currency { currency } => write!(f, "it is for orders in {currency}"),
            Self::NotFirstOrder => f.write_str("it is for a customer's first order"),
            Self::NoMatchingProducts => f.write_str("it is for other products"),
            Self::BelowMinimum { min_subtotal, subtotal } => write!(
                f,
                "it needs a subtotal of {min_subtotal} of the products that it is for, and they cost {subtotal} (minor units)"
            ),
            Self::TooFewUnits { units, required } => {
                write!(f, "it needs {required} units of the products that it is for, and there are {units}")
            }
            Self::NothingToShip => f.write_str("it makes shipping free, and nothing has to be shipped"),
        }
    }
}

impl fmt::Display for PricingRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MixedCurrencies { sku, currency, expected } => {
                write!(f, "SKU {sku} is priced in {currency}, and the basket is in {expected}.")
            }
            Self::AmountTooLarge => {
                write!(f, "The basket costs more than {MAX_AMOUNT} minor units: reduce its quantities.")
            }
            Self::TooManyPromotionCodes => {
                write!(f, "At most {MAX_PROMOTION_CODES} promotion codes are allowed at once.")
            }
            Self::AddressRequired => f.write_str(
                "The goods have to be shipped: send an address, with the two-letter code of its country.",
            ),
            Self::ShippingMethodRequired => {
                f.write_str("The goods have to be shipped: choose a shipping method.")
            }
            Self::NoShippingMethod { destination } => {
                write!(f, "No shipping method ships to {destination}: choose another address.")
            }
            Self::ShippingMethod { id, reason } => {
                write!(f, "The shipping method {id} can't be chosen: {reason}.")
            }
            Self::Promotions(refused) => refused.iter().enumerate().try_for_each(|(index, refused)| {
                let space = if index > 0 { " " } else { "" };
                write!(f, "{space}The promotion code {} does not apply: {}.", refused.code, refused.reason)
            }),
        }
    }
}

impl std::error::Error for PricingRefusal {}

impl From<PricingRefusal> for Problem {
    /// What the merchant's settings and the goods decide is a conflict only where the same request was right a moment before: codes end and are used up.
    fn from(refusal: PricingRefusal) -> Self {
        let detail = refusal.to_string();
        match refusal {
            PricingRefusal::Promotions(refused) => {
                Problem::conflict("promotion_not_applicable", detail).with("promotions", json!(refused))
            }
            PricingRefusal::ShippingMethod { reason, .. } => {
                let problem = at(
                    "/shippingMethodId",
                    Problem::new(Kind::Invalid, "shipping_method_not_applicable", detail),
                );
                problem.with("shippingMethod", json!(reason))
            }
            PricingRefusal::ShippingMethodRequired => {
                at("/shippingMethodId", Problem::new(Kind::Invalid, "shipping_method_required", detail))
            }
            PricingRefusal::AddressRequired => {
                at("/shippingAddress", Problem::new(Kind::Invalid, "address_required", detail))
            }
            PricingRefusal::NoShippingMethod { .. } => {
                at("/shippingAddress", Problem::new(Kind::Invalid, "no_shipping_method", detail))
            }
            PricingRefusal::TooManyPromotionCodes => {
                let problem =
                    at("/promotionCodes", Problem::new(Kind::Invalid, "too_many_promotion_codes", detail));
                problem.with("limit", MAX_PROMOTION_CODES)
            }
            PricingRefusal::AmountTooLarge => Problem::new(Kind::Invalid, "amount_too_large", detail),
            // Lines of several currencies are refused before they are priced.
            PricingRefusal::MixedCurrencies { .. } => Problem::internal(detail),
        }
    }
}

/// `problem`, which the member at `pointer` is at fault for.
fn at(pointer: &str, mut problem: Problem) -> Problem {
    problem.errors = vec![FieldError { pointer: pointer.to_owned(), detail: problem.detail.clone() }];
    problem
}

/// The reason for which a setting is not returned or changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SettingRefusal {
    /// There is no such setting; `noun` is its kind.
    NotFound { noun: &'static str },
    /// There are as many settings of the kind as there may be.
    TooMany { noun: &'static str, limit: usize },
}

impl From<SettingRefusal> for Problem {
    fn from(refusal: SettingRefusal) -> Self {
        match refusal {
            SettingRefusal::NotFound { noun } => {
                Problem::not_found(format!("There is no {noun} with this id."))
            }
            SettingRefusal::TooMany { noun, limit } => {
                let detail = format!("There are {limit} {noun}s already; remove one first.");
                Problem::conflict("too_many_settings", detail)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_refusal_of_a_setting_is_a_problem() {
        let not_found = Problem::not_found("There is no tax rate with this id.");
        assert_eq!(Problem::from(SettingRefusal::NotFound { noun: "tax rate" }), not_found);
        let detail = "There are 100 shipping methods already; remove one first.";
        let refusal = SettingRefusal::TooMany { noun: "shipping method", limit: 100 };
        assert_eq!(Problem::from(refusal), Problem::conflict("too_many_settings", detail));
    }
}
