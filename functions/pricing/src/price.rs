//! The price of a basket: shipping, the best combination of promotions, taxes, totals.

use kernel::money::MAX_AMOUNT;
use kernel::{Money, Timestamp};

use crate::basket::{Basket, MAX_COUNTED_PROMOTIONS, Settings};
use crate::destination::Destination;
use crate::eligibility::eligible;
use crate::ledger::{Account, Ledger};
use crate::priced::{
    Priced, PricedLine, PricedShipping, PromotionOutcome, PromotionUse, Step, Totals, UntaxedReason,
};
use crate::promotion::Promotion;
use crate::refusal::{PricingRefusal, ShippingRefusal};
use crate::shipping::{Parcel, Quote, ShippingMethod};
use crate::text::{SettingId, TaxCategory, shown};
use crate::uses::CountedPromotion;

/// Prices a basket by the settings of this moment. The order of promotions and the rounding are those of docs/pricing.md.
pub fn price(basket: &Basket, settings: &Settings, now: Timestamp) -> Result<Priced, PricingRefusal> {
    let subtotals = subtotals(basket)?;
    let quote = chosen_method(basket, settings, subtotals.iter().sum())?;
    let promotions = eligible(basket, settings, now)?;
    let ledger = Ledger::new(basket, &subtotals, quote.as_ref());
    let pricing = Pricing { basket, settings, quote: quote.as_ref(), now };
    let mut best: Option<(Option<&SettingId>, Priced)> = None;
    for combination in combinations(&promotions) {
        let first_id = combination.iter().map(|promotion| &promotion.id).min();
        let Ok(priced) = pricing.with(ledger.clone(), &promotions, &combination) else { continue };
        let rank = |id, priced: &Priced| (priced.totals.total, id);
        if best.as_ref().is_none_or(|(id, best)| rank(first_id, &priced) < rank(*id, best)) {
            best = Some((first_id, priced));
        }
    }
    best.map(|(_, priced)| priced).ok_or(PricingRefusal::AmountTooLarge)
}

/// A method that can be chosen for a basket, and its price.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShippingOption<'a> {
    pub method: &'a ShippingMethod,
    /// The price of the shipping with the promotions that apply.
    pub shipping: PricedShipping,
}

/// Returns the methods that can be chosen for a basket, by id. Without a destination or goods to ship there are none.
pub fn shipping_options<'a>(
    basket: &Basket,
    settings: &'a Settings,
    now: Timestamp,
) -> Result<Vec<ShippingOption<'a>>, PricingRefusal> {
    let mut options = Vec::new();
    for method in settings.shipping_methods() {
        let chosen = Basket { shipping_method: Some(method.id.to_string()), ..basket.clone() };
        match price(&chosen, settings, now) {
            Ok(priced) => options.extend(priced.shipping.map(|shipping| ShippingOption { method, shipping })),
            Err(PricingRefusal::ShippingMethod { .. } | PricingRefusal::NoShippingMethod { .. }) => {}
            Err(refusal) => return Err(refusal),
        }
    }
    Ok(options)
}

/// The lines before discounts. Their sum is at most [`MAX_AMOUNT`].
fn subtotals(basket: &Basket) -> Result<Vec<i64>, PricingRefusal> {
    let mut sum = Money::zero(basket.currency);
    let mut subtotals = Vec::with_capacity(basket.lines.len());
    for line in &basket.lines {
        let currency = line.unit_price.currency();
        if currency != basket.currency {
            let (sku, expected) = (line.sku.clone(), basket.currency);
            return Err(PricingRefusal::MixedCurrencies { sku, currency, expected });
        }
        let subtotal = line.unit_price.times(line.quantity).ok_or(PricingRefusal::AmountTooLarge)?;
        sum = sum.plus(subtotal).ok_or(PricingRefusal::AmountTooLarge)?;
        subtotals.push(subtotal.amount());
    }
    Ok(subtotals)
}

/// The price of the chosen method. Without goods to ship, a choice or a destination there is none.
fn chosen_method<'a>(
    basket: &Basket,
    settings: &'a Settings,
    subtotal: i64,
) -> Result<Option<Quote<'a>>, PricingRefusal> {
    let Some(id) = &basket.shipping_method else { return Ok(None) };
    let refuse = |reason| PricingRefusal::ShippingMethod { id: shown(id), reason };
    let active = || settings.shipping_methods().iter().filter(|method| method.terms.is_active);
    let method =
        active().find(|method| method.id.as_str() == id).ok_or_else(|| refuse(ShippingRefusal::Unknown))?;
    let Some(destination) = basket.destination.as_ref().filter(|_| basket.is_shipped()) else {
        return Ok(None);
    };
    let parcel = Parcel { destination, currency: basket.currency, weight: basket.weight(), subtotal };
    method.quote(&parcel).map(Some).map_err(|reason| {
        if !active().any(|method| method.terms.ships_to(destination)) {
            return PricingRefusal::NoShippingMethod { destination: destination.clone() };
        }
        refuse(reason)
    })
}

/// The combinations to compare: all stackable promotions together, and each other one alone.
fn combinations<'a>(promotions: &[&'a Promotion]) -> Vec<Vec<&'a Promotion>> {
    let (stackable, alone): (Vec<&Promotion>, Vec<&Promotion>) =
        promotions.iter().partition(|promotion| promotion.terms.stackable);
    let mut combinations = vec![together(stackable)];
    combinations.extend(alone.into_iter().map(|promotion| vec![promotion]));
    combinations
}

/// The stackable promotions that are applied together: of those whose uses are counted the first [`MAX_COUNTED_PROMOTIONS`], the ones that the
/// customer named by a code before automatic ones.
fn together(mut stackable: Vec<&Promotion>) -> Vec<&Promotion> {
    let mut counted: Vec<&Promotion> =
        stackable.iter().copied().filter(|promotion| CountedPromotion::of(promotion).is_some()).collect();
    counted.sort_by_key(|promotion| promotion.terms.code.is_none());
    let surplus: Vec<SettingId> =
        counted.into_iter().skip(MAX_COUNTED_PROMOTIONS).map(|promotion| promotion.id.clone()).collect();
    stackable.retain(|promotion| !surplus.contains(&promotion.id));
    stackable
}

/// Everything but the promotions that a price depends on.
struct Pricing<'a> {
    basket: &'a Basket,
    settings: &'a Settings,
    quote: Option<&'a Quote<'a>>,
    now: Timestamp,
}

impl Pricing<'_> {
    /// Applies a combination, and then the taxes.
    fn with(
        &self,
        mut ledger: Ledger<'_>,
        eligible: &[&Promotion],
        combination: &[&Promotion],
    ) -> Result<Priced, PricingRefusal> {
        let given: Vec<(&SettingId, i64)> =
            combination.iter().map(|promotion| (&promotion.id, ledger.apply(promotion))).collect();
        let tax_included = self.settings.tax_table().is_included(self.basket.destination.as_ref());
        let accounts = ledger.lines.into_iter().zip(&self.basket.lines);
        let line = |(account, line): (Account, &crate::basket::BasketLine)| {
            let taxed = self.tax(account, &line.tax_category);
            PricedLine {
                sku: line.sku.clone(),
                quantity: line.quantity,
                unit_price: line.unit_price.amount(),
                subtotal: taxed.account.subtotal,
                discount: taxed.account.discount,
                tax: taxed.tax,
                total: taxed.total(tax_included),
                receipt_vat_code: taxed.receipt_vat_code,
                derivation: taxed.account.steps,
            }
        };
        let lines: Vec<PricedLine> = accounts.map(line).collect();
        let shipping = ledger.shipping.zip(self.quote).map(|(account, quote)| {
            let taxed = self.tax(account, &TaxCategory::shipping());
            PricedShipping {
                method_id: quote.method.id.clone(),
                method_version: quote.method.version,
                price: taxed.account.subtotal,
                discount: taxed.account.discount,
                tax: taxed.tax,
                total: taxed.total(tax_included),
                receipt_vat_code: taxed.receipt_vat_code,
                derivation: taxed.account.steps,
            }
        });
        let totals = totals(&lines, shipping.as_ref(), tax_included)?;
        let (currency, priced_at) = (self.basket.currency, self.now);
        let promotions = uses(eligible, &given);
        Ok(Priced { currency, tax_included, lines, shipping, promotions, totals, priced_at })
    }

    fn tax(&self, mut account: Account, category: &TaxCategory) -> Taxed {
        let base = account.left();
        let untaxed = |reason| Step::Untaxed { tax_category: category.clone(), reason };
        let rate_at = |destination: &Destination| self.settings.tax_table().rate_for(destination, category);
        let Some(destination) = &self.basket.destination else {
            account.steps.push(untaxed(UntaxedReason::NoDestination));
            return Taxed { account, tax: 0, receipt_vat_code: None };
        };
        let Some(rate) = rate_at(destination) else {
            account.steps.push(untaxed(UntaxedReason::NoRate));
            return Taxed { account, tax: 0, receipt_vat_code: None };
        };
        let tax = rate.terms.on(base);
        account.steps.push(Step::Tax {
            tax_rate_id: rate.id.clone(),
            version: rate.version,
            tax_category: rate.terms.tax_category.clone(),
            rate: rate.terms.rate,
            included: rate.terms.included_in_prices,
            base,
            amount: tax,
        });
        Taxed { account, tax, receipt_vat_code: rate.terms.receipt_vat_code }
    }
}

/// A line or the shipping with its tax.
struct Taxed {
    account: Account,
    tax: i64,
    receipt_vat_code: Option<u8>,
}

impl Taxed {
    fn total(&self, tax_included: bool) -> i64 {
        self.account.left() + if tax_included { 0 } else { self.tax }
    }
}

/// Adds up the lines and the shipping. Sums stay far below the limits of 64 bits: the goods, the shipping and the taxes on them are at
/// most four times [`MAX_AMOUNT`].
fn totals(
    lines: &[PricedLine],
    shipping: Option<&PricedShipping>,
    tax_included: bool,
) -> Result<Totals, PricingRefusal> {
    let sum = |of: fn(&PricedLine) -> i64| lines.iter().map(of).sum::<i64>();
    let (subtotal, discount) = (sum(|line| line.subtotal), sum(|line| line.discount));
    let charge = shipping.map_or(0, |shipping| shipping.price - shipping.discount);
    let tax = sum(|line| line.tax) + shipping.map_or(0, |shipping| shipping.tax);
    let total = subtotal - discount + charge + if tax_included { 0 } else { tax };
    if total > MAX_AMOUNT {
        return Err(PricingRefusal::AmountTooLarge);
    }
    Ok(Totals { subtotal, discount, shipping: charge, tax, total })
}

/// The effect of every promotion that could apply, by id. `given` has those that were applied, with their discounts.
fn uses(eligible: &[&Promotion], given: &[(&SettingId, i64)]) -> Vec<PromotionUse> {
    let effect = |promotion: &&Promotion| {
        let given = given.iter().find(|(id, _)| **id == promotion.id).map(|(_, amount)| *amount);
        let outcome = match given {
            None => PromotionOutcome::Outweighed,
            Some(0) => PromotionOutcome::NoEffect,
            Some(_) => PromotionOutcome::Used,
        };
        PromotionUse {
            promotion_id: promotion.id.clone(),
            version: promotion.version,
            code: promotion.terms.code.clone(),
            amount: given.unwrap_or(0),
            outcome,
        }
    };
    let mut uses: Vec<PromotionUse> = eligible.iter().map(effect).collect();
    uses.sort_by(|a, b| a.promotion_id.cmp(&b.promotion_id));
    uses
}

#[cfg(test)]
#[path = "price_tests.rs"]
mod tests;

#[cfg(test)]
#[path = "property_tests.rs"]
mod properties;

#[cfg(test)]
#[path = "example_tests.rs"]
mod examples;
