//! Shipping methods: their zones and rates. The body that an operator sends is checked in [`draft`].

mod draft;

use std::collections::BTreeMap;

use kernel::Currency;
use serde::{Deserialize, Serialize};

use crate::destination::{Country, Destination, PostalCode, Region};
use crate::priced::Step;
use crate::refusal::ShippingRefusal;
use crate::setting::Setting;

pub use draft::{RateDraft, ShippingDraft, ZoneDraft};

/// The most zones of a method.
pub const MAX_ZONES: usize = 20;
/// The most countries of a zone.
pub const MAX_ZONE_COUNTRIES: usize = 250;
/// The most regions of a zone.
pub const MAX_ZONE_REGIONS: usize = 100;
/// The most postal prefixes of a zone.
pub const MAX_POSTAL_PREFIXES: usize = 200;
/// The most rates of a method.
pub const MAX_SHIPPING_RATES: usize = 50;
/// The most languages of a method's name.
pub const MAX_LANGUAGES: usize = 20;
/// The longest name of a method in one language, in characters.
pub const MAX_METHOD_NAME_LENGTH: usize = 100;
/// The longest time of shipping, in days.
pub const MAX_SHIPPING_DAYS: i64 = 365;

/// The measure that the rates of a method depend on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RateBy {
    /// The weight of the goods that are shipped, in grams.
    Weight,
    /// The subtotal of all goods before discounts, in minor units.
    Subtotal,
}

/// A place that a method ships to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Zone {
    pub countries: Vec<Country>,
    /// Empty: the whole of the countries.
    pub regions: Vec<Region>,
    /// Empty: every postal code.
    pub postal_prefixes: Vec<PostalCode>,
}

impl Zone {
    /// True when every condition of the zone holds. A destination without a region or postal code fulfils no condition on it.
    pub fn covers(&self, destination: &Destination) -> bool {
        let is_region = |region: &Region| self.regions.contains(region);
        let has_prefix =
            |code: &PostalCode| self.postal_prefixes.iter().any(|prefix| code.starts_with(prefix));
        self.countries.contains(&destination.country)
            && (self.regions.is_empty() || destination.region.as_ref().is_some_and(is_region))
            && (self.postal_prefixes.is_empty() || destination.postal_code.as_ref().is_some_and(has_prefix))
    }
}

/// The price of shipping up to a weight or a subtotal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShippingRate {
    /// The highest measure of this rate. Left out only of the last rate, which then has no end.
    pub up_to: Option<i64>,
    /// Minor units.
    pub price: i64,
}

/// The members of a shipping method.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "ShippingDraft", into = "ShippingDraft")]
pub struct ShippingTerms {
    /// By language.
    pub name: BTreeMap<String, String>,
    pub zones: Vec<Zone>,
    /// The currency of all amounts of the method. Baskets in another one can't choose it.
    pub currency: Currency,
    pub rate_by: RateBy,
    /// In ascending order of `up_to`.
    pub rates: Vec<ShippingRate>,
    /// Shipping costs nothing from this subtotal of all goods before discounts, in minor units.
    pub free_from: Option<i64>,
    pub min_days: u16,
    pub max_days: u16,
    /// False: customers can't choose the method.
    pub is_active: bool,
}

impl ShippingTerms {
    pub fn ships_to(&self, destination: &Destination) -> bool {
        self.zones.iter().any(|zone| zone.covers(destination))
    }
}

pub type ShippingMethod = Setting<ShippingTerms>;

/// The parts of a basket that shipping prices depend on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Parcel<'a> {
    pub(crate) destination: &'a Destination,
    pub(crate) currency: Currency,
    /// Grams.
    pub(crate) weight: i64,
    /// The subtotal of all goods before discounts, in minor units.
    pub(crate) subtotal: i64,
}

/// The price of a method for a parcel, before promotions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Quote<'a> {
    pub(crate) method: &'a ShippingMethod,
    /// Minor units.
    pub(crate) price: i64,
    pub(crate) step: Step,
}

impl ShippingMethod {
    /// The price of the method, or the reason for which it can't be chosen.
    pub(crate) fn quote(&self, parcel: &Parcel<'_>) -> Result<Quote<'_>, ShippingRefusal> {
        let terms = &self.terms;
        if !terms.ships_to(parcel.destination) {
            return Err(ShippingRefusal::OutsideZones);
        }
        if terms.currency != parcel.currency {
            return Err(ShippingRefusal::Currency { currency: terms.currency });
        }
        let measure = match terms.rate_by {
            RateBy::Weight => parcel.weight,
            RateBy::Subtotal => parcel.subtotal,
        };
        let fits = |rate: &&ShippingRate| rate.up_to.is_none_or(|up_to| measure <= up_to);
        let Some(rate) = terms.rates.iter().find(fits) else {
            let limit = terms.rates.last().and_then(|rate| rate.up_to).unwrap_or(0);
            return Err(ShippingRefusal::OutOfRange { rate_by: terms.rate_by, limit, measure });
        };
        let (method_id, version) = (self.id.clone(), self.version);
        if let Some(free_from) = terms.free_from.filter(|free_from| parcel.subtotal >= *free_from) {
            let step = Step::FreeFrom { method_id, version, free_from, subtotal: parcel.subtotal, amount: 0 };
            return Ok(Quote { method: self, price: 0, step });
        }
        let (rate_by, up_to, amount) = (terms.rate_by, rate.up_to, rate.price);
        let step = Step::Shipping { method_id, version, rate_by, measure, up_to, amount };
        Ok(Quote { method: self, price: amount, step })
    }
}

#[cfg(test)]
#[path = "shipping_tests.rs"]
mod tests;
