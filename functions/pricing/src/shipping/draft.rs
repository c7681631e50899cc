//! A shipping method as it stands in a request body and in the table, and the rules that it has to keep.

use std::collections::BTreeMap;

use kernel::money::MAX_AMOUNT;
use kernel::text::is_one_line;
use kernel::{Currency, Problem};
use serde::{Deserialize, Serialize};

use super::{
    MAX_LANGUAGES, MAX_METHOD_NAME_LENGTH, MAX_POSTAL_PREFIXES, MAX_SHIPPING_DAYS, MAX_SHIPPING_RATES,
    MAX_ZONE_COUNTRIES, MAX_ZONE_REGIONS, MAX_ZONES, RateBy, ShippingRate, ShippingTerms, Zone,
};
use crate::destination::{Country, PostalCode, Region};
use kernel::faults::Faults;

/// A zone, not yet checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ZoneDraft {
    pub countries: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub regions: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub postal_prefixes: Vec<String>,
}

/// A rate, not yet checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RateDraft {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub up_to: Option<i64>,
    pub price: i64,
}

/// A shipping method, not yet checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ShippingDraft {
    pub name: BTreeMap<String, String>,
    pub zones: Vec<ZoneDraft>,
    pub currency: Currency,
    pub rate_by: RateBy,
    pub rates: Vec<RateDraft>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub free_from: Option<i64>,
    pub min_days: i64,
    pub max_days: i64,
    #[serde(default = "is_active_by_default")]
    pub is_active: bool,
}

/// An operator that enters a method means to offer it.
fn is_active_by_default() -> bool {
    true
}

impl TryFrom<ShippingDraft> for ShippingTerms {
    type Error = Problem;

    /// Checks a body, and names every member at fault.
    fn try_from(draft: ShippingDraft) -> Result<Self, Problem> {
        let mut faults = Faults::default();
        check_name(&mut faults, &draft.name);
        let zones = zones(&mut faults, &draft.zones);
        let rates = rates(&mut faults, &draft.rates);
        let free_from =
            draft.free_from.and_then(|amount| faults.within(amount, (0, MAX_AMOUNT), "/freeFrom"));
        let days = (0, MAX_SHIPPING_DAYS);
        let min_days: Option<u16> = faults.within(draft.min_days, days, "/minDays");
        let max_days: Option<u16> = faults.within(draft.max_days, days, "/maxDays");
        let days = min_days.zip(max_days);
        if days.is_some_and(|(min_days, max_days)| min_days > max_days) {
            faults.add("/maxDays", "must be at least minDays");
        }
        let terms = days.map(|(min_days, max_days)| Self {
            name: draft.name,
            zones,
            currency: draft.currency,
            rate_by: draft.rate_by,
            rates,
            free_from,
            min_days,
            max_days,
            is_active: draft.is_active,
        });
        faults.finish(terms)
    }
}

fn check_name(faults: &mut Faults, name: &BTreeMap<String, String>) {
    let count = (1..=MAX_LANGUAGES).contains(&name.len());
    faults.require(count, "/name", format!("must have the name in 1 to {MAX_LANGUAGES} languages"));
    for (language, text) in name {
        let pointer = format!("/name/{}", escaped(language));
        faults.require(is_language(language), &pointer, "must be under a language tag, such as en or pt-BR");
        let fits = (1..=MAX_METHOD_NAME_LENGTH).contains(&text.chars().count());
        let rule = format!("must be 1 to {MAX_METHOD_NAME_LENGTH} characters on one line, not only spaces");
        faults.require(fits && is_one_line(text) && !text.trim().is_empty(), pointer, rule);
    }
}

/// A key as a part of a JSON pointer (RFC 6901 section 3).
fn escaped(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

/// A language, and optionally one subtag, of RFC 5646.
fn is_language(tag: &str) -> bool {
    let (language, subtag) = tag.split_once('-').map_or((tag, None), |(tag, rest)| (tag, Some(rest)));
    let is_subtag =
        |text: &str| (2..=8).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric());
    (2..=3).contains(&language.len())
        && language.bytes().all(|byte| byte.is_ascii_lowercase())
        && subtag.is_none_or(is_subtag)
}

fn zones(faults: &mut Faults, drafts: &[ZoneDraft]) -> Vec<Zone> {
    let count = (1..=MAX_ZONES).contains(&drafts.len());
    faults.require(count, "/zones", format!("must have 1 to {MAX_ZONES} zones"));
    let read = drafts.iter().enumerate();
    read.map(|(index, zone)| {
        let part = |member: &str| format!("/zones/{index}/{member}");
        let countries: Vec<Country> =
            faults.parse_all(&zone.countries, MAX_ZONE_COUNTRIES, &part("countries"));
        faults.require(!zone.countries.is_empty(), part("countries"), "must name a country");
        let mut regions: Vec<Region> = faults.parse_all(&zone.regions, MAX_ZONE_REGIONS, &part("regions"));
        let postal_prefixes: Vec<PostalCode> =
            faults.parse_all(&zone.postal_prefixes, MAX_POSTAL_PREFIXES, &part("postalPrefixes"));
        let one_country = zone.countries.len() == 1;
        let rule = "needs a zone of exactly one country";
        faults.require(one_country || zone.regions.is_empty(), part("regions"), rule);
        faults.require(one_country || zone.postal_prefixes.is_empty(), part("postalPrefixes"), rule);
        if let [country] = countries.as_slice() {
            regions = regions.into_iter().map(|region| region.within(country)).collect();
        }
        Zone { countries, regions, postal_prefixes }
    })
    .collect()
}

fn rates(faults: &mut Faults, drafts: &[RateDraft]) -> Vec<ShippingRate> {
    let count = (1..=MAX_SHIPPING_RATES).contains(&drafts.len());
    faults.require(count, "/rates", format!("must have 1 to {MAX_SHIPPING_RATES} rates"));
    let last = drafts.len().saturating_sub(1);
    let mut rates = Vec::new();
    for (index, rate) in drafts.iter().enumerate() {
        let pointer = format!("/rates/{index}/upTo");
        let before = index.checked_sub(1).and_then(|before| drafts[before].up_to);
        match rate.up_to {
            Some(up_to) => {
                let _: Option<i64> = faults.within(up_to, (0, MAX_AMOUNT), &pointer);
                let ascends = before.is_none_or(|before| before < up_to);
                faults.require(ascends, &pointer, "must be more than upTo of the rate before");
            }
            None => faults.require(index == last, &pointer, "may be left out of the last rate only"),
        }
        let price = faults.within(rate.price, (0, MAX_AMOUNT), format!("/rates/{index}/price"));
        rates.push(ShippingRate { up_to: rate.up_to, price: price.unwrap_or_default() });
    }
    rates
}

impl From<ShippingTerms> for ShippingDraft {
    fn from(terms: ShippingTerms) -> Self {
        let zone = |zone: Zone| ZoneDraft {
            countries: zone.countries.iter().map(ToString::to_string).collect(),
            regions: zone.regions.iter().map(ToString::to_string).collect(),
            postal_prefixes: zone.postal_prefixes.iter().map(ToString::to_string).collect(),
        };
        let rate = |rate: ShippingRate| RateDraft { up_to: rate.up_to, price: rate.price };
        Self {
            name: terms.name,
            zones: terms.zones.into_iter().map(zone).collect(),
            currency: terms.currency,
            rate_by: terms.rate_by,
            rates: terms.rates.into_iter().map(rate).collect(),
            free_from: terms.free_from,
            min_days: i64::from(terms.min_days),
            max_days: i64::from(terms.max_days),
            is_active: terms.is_active,
        }
    }
}
