//! The members of a product that prices of orders depend on, besides the product's own price. docs/pricing.md has the rules.

use pricing::TaxCategory;
use pricing::text::Category;
use serde::{Deserialize, Deserializer, Serialize, de};

use crate::product::Product;

/// The heaviest piece, in grams: a tonne.
pub const MAX_WEIGHT_GRAMS: u32 = 1_000_000;

/// The weight of one piece: 0 to [`MAX_WEIGHT_GRAMS`] grams.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Weight(u32);

impl Weight {
    /// In grams.
    pub fn grams(self) -> u32 {
        self.0
    }
}

impl<'de> Deserialize<'de> for Weight {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let grams = i64::deserialize(deserializer)?;
        let within = u32::try_from(grams).ok().filter(|grams| *grams <= MAX_WEIGHT_GRAMS);
        let refused = || de::Error::custom(format!("must be a whole number from 0 to {MAX_WEIGHT_GRAMS}"));
        within.map(Self).ok_or_else(refused)
    }
}

/// What the prices of an order with a product depend on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PricingFactors {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub category: Option<Category>,
    #[serde(rename = "weightGrams")]
    pub weight: Weight,
    pub tax_category: TaxCategory,
    /// False for services and downloads. True for goods that are not sold without an address and, where there are any for it, a shipping method. Goods
    /// of which neither is said are shipped where there is an address, and may be ordered without one: every product was, before there was this member.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub requires_shipping: Option<bool>,
}

/// The factors of a product that was given none, which every product was before there were any.
impl Default for PricingFactors {
    fn default() -> Self {
        Self {
            category: None,
            weight: Weight::default(),
            tax_category: TaxCategory::standard(),
            requires_shipping: None,
        }
    }
}

/// The factors that a request names; `None` is left out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NamedFactors {
    pub category: Option<Category>,
    pub weight: Option<Weight>,
    pub tax_category: Option<TaxCategory>,
    pub requires_shipping: Option<bool>,
}

impl NamedFactors {
    /// Returns the factors of a product: those that are left out are the defaults.
    pub(crate) fn or_defaults(self) -> PricingFactors {
        let default = PricingFactors::default();
        PricingFactors {
            category: self.category,
            weight: self.weight.unwrap_or(default.weight),
            tax_category: self.tax_category.unwrap_or(default.tax_category),
            requires_shipping: self.requires_shipping,
        }
    }

    /// Names those that are left out as `current` has them.
    pub(crate) fn or_those_of(self, current: &Product) -> Self {
        let current = current.factors.clone();
        Self {
            category: self.category.or(current.category),
            weight: self.weight.or(Some(current.weight)),
            tax_category: self.tax_category.or(Some(current.tax_category)),
            requires_shipping: self.requires_shipping.or(current.requires_shipping),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn weights_have_edges() {
        let read = |value: Value| serde_json::from_value::<Weight>(value).map(Weight::grams);
        for grams in [0, MAX_WEIGHT_GRAMS] {
            assert_eq!(read(json!(grams)).unwrap(), grams);
        }
        for value in [json!(-1), json!(MAX_WEIGHT_GRAMS + 1), json!(1.5), json!("7"), json!(i64::MAX)] {
            assert!(read(value.clone()).is_err(), "{value}");
        }
    }

    #[test]
    fn factors_are_read_as_they_were_written_and_default_where_there_are_none() {
        let books = json!({"category": "books", "weightGrams": 450, "taxCategory": "books", "requiresShipping": false});
        let read: PricingFactors = serde_json::from_value(books.clone()).unwrap();
        assert_eq!(serde_json::to_value(&read).unwrap(), books);
        let none: PricingFactors = serde_json::from_value(json!({})).unwrap();
        assert_eq!(none, NamedFactors::default().or_defaults());
        let defaults = json!({"weightGrams": 0, "taxCategory": "standard"});
        assert_eq!(serde_json::to_value(none).unwrap(), defaults);
    }
}
