//! Tax rates, and the rate that applies to goods of a category at a destination.

use kernel::Problem;
use serde::{Deserialize, Serialize};

use crate::destination::{Country, Destination, Region};
use crate::permyriad::{Permyriad, WHOLE};
use crate::setting::Setting;
use crate::text::TaxCategory;
use kernel::faults::Faults;

/// The most rates in a table.
pub const MAX_TAX_RATES: usize = 1_000;
/// The highest code of a rate on a receipt (tag 1199 of 54-FZ).
pub const MAX_RECEIPT_VAT_CODE: i64 = 99;

/// A tax rate as it stands in a request body and in the table; not yet checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TaxRateDraft {
    pub country: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    pub tax_category: String,
    /// In hundredths of a percent.
    pub rate: i64,
    pub included_in_prices: bool,
    /// The code of the rate on receipts by 54-FZ.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receipt_vat_code: Option<i64>,
}

/// The members of a tax rate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "TaxRateDraft", into = "TaxRateDraft")]
pub struct TaxTerms {
    pub country: Country,
    /// Left out: the whole country.
    pub region: Option<Region>,
    pub tax_category: TaxCategory,
    pub rate: Permyriad,
    /// True when prices contain the tax, false when it is added to them.
    pub included_in_prices: bool,
    pub receipt_vat_code: Option<u8>,
}

pub type TaxRate = Setting<TaxTerms>;

impl TryFrom<TaxRateDraft> for TaxTerms {
    type Error = Problem;

    /// Checks a body, and names every member at fault.
    fn try_from(draft: TaxRateDraft) -> Result<Self, Problem> {
        let mut faults = Faults::default();
        let country: Option<Country> = faults.parse(&draft.country, "/country");
        let region: Option<Region> = draft.region.and_then(|region| faults.parse(&region, "/region"));
        let tax_category = faults.parse(&draft.tax_category, "/taxCategory");
        let rate = faults.within(draft.rate, (0, WHOLE), "/rate");
        let code = draft.receipt_vat_code;
        let receipt_vat_code =
            code.and_then(|code| faults.within(code, (1, MAX_RECEIPT_VAT_CODE), "/receiptVatCode"));
        let terms = country.zip(tax_category).zip(rate).map(|((country, tax_category), rate)| Self {
            region: region.map(|region| region.within(&country)),
            country,
            tax_category,
            rate,
            included_in_prices: draft.included_in_prices,
            receipt_vat_code,
        });
        faults.finish(terms)
    }
}

impl From<TaxTerms> for TaxRateDraft {
    fn from(terms: TaxTerms) -> Self {
        Self {
            country: terms.country.to_string(),
            region: terms.region.map(|region| region.to_string()),
            tax_category: terms.tax_category.to_string(),
            rate: terms.rate.get(),
            included_in_prices: terms.included_in_prices,
            receipt_vat_code: terms.receipt_vat_code.map(i64::from),
        }
    }
}

impl TaxTerms {
    /// The tax on an amount after discounts, half up.
    pub(crate) fn on(&self, amount: i64) -> i64 {
        if self.included_in_prices { self.rate.within(amount) } else { self.rate.of(amount) }
    }

    fn covers(&self, destination: &Destination) -> bool {
        self.country == destination.country && (self.region.is_none() || self.region == destination.region)
    }

    /// True when some destination is covered by both.
    fn meets(&self, other: &Self) -> bool {
        self.country == other.country
            && (self.region.is_none() || other.region.is_none() || self.region == other.region)
    }

    fn key(&self) -> (&Country, Option<&Region>, &TaxCategory) {
        (&self.country, self.region.as_ref(), &self.tax_category)
    }
}

/// Tax rates of which no two contradict each other: at every destination all rates are included in prices, or all are added.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TaxTable {
    rates: Vec<TaxRate>,
}

impl TaxTable {
    /// Checks a whole table. Pointers begin with the index of the rate at fault.
    pub fn new(rates: impl IntoIterator<Item = TaxRate>) -> Result<Self, Problem> {
        let mut table = Self::default();
        let mut faults = Faults::default();
        for (index, rate) in rates.into_iter().enumerate() {
            match table.check(&rate) {
                Ok(()) => table.rates.push(rate),
                Err(problem) => {
                    for error in problem.errors {
                        faults.add(format!("/{index}{}", error.pointer), error.detail);
                    }
                }
            }
        }
        faults.finish(Some(table))
    }

    /// The table of rates that were checked when they were stored.
    pub(crate) fn stored(rates: Vec<TaxRate>) -> Result<Self, Problem> {
        Self::new(rates).map_err(|problem| Problem::internal(format!("the stored tax rates: {problem:?}")))
    }

    /// Checks a rate against the others of the table, before it is stored. A rate of the same id is the one that it replaces.
    pub fn check(&self, rate: &TaxRate) -> Result<(), Problem> {
        let mut faults = Faults::default();
        let others = || self.rates.iter().filter(|other| other.id != rate.id);
        if others().count() >= MAX_TAX_RATES {
            faults.add("", format!("a table has at most {MAX_TAX_RATES} tax rates"));
        }
        if let Some(other) = others().find(|other| other.terms.key() == rate.terms.key()) {
            let detail = format!(
                "the tax rate {} is for the same country, region and category; change it instead",
                other.id
            );
            faults.add("/taxCategory", detail);
        }
        let contradicts = |other: &&TaxRate| {
            other.terms.meets(&rate.terms) && other.terms.included_in_prices != rate.terms.included_in_prices
        };
        if let Some(other) = others().find(contradicts) {
            let kind = other.terms.included_in_prices;
            let detail =
                format!("must be {kind} as in the tax rate {}: rates of one place are of one kind", other.id);
            faults.add("/includedInPrices", detail);
        }
        faults.finish(Some(()))
    }

    /// True when prices at this destination contain their taxes. Where no rate applies, nothing is added either.
    pub fn is_included(&self, destination: Option<&Destination>) -> bool {
        let covering =
            destination.and_then(|destination| self.rates.iter().find(|rate| rate.terms.covers(destination)));
        covering.is_none_or(|rate| rate.terms.included_in_prices)
    }

    /// The rate for a category at a destination. A rate of the category comes before one of `standard`, and of the same category one of the
    /// region before one of the country.
    pub fn rate_for(&self, destination: &Destination, category: &TaxCategory) -> Option<&TaxRate> {
        let of = |category: &TaxCategory| {
            let covering = self.rates.iter().filter(|rate| rate.terms.covers(destination));
            covering
                .filter(|rate| rate.terms.tax_category == *category)
                .max_by_key(|rate| rate.terms.region.is_some())
        };
        of(category).or_else(|| of(&TaxCategory::standard()))
    }
}

#[cfg(test)]
#[path = "tax_tests.rs"]
mod tests;
