//! Order drafts: lines with the names and prices of this moment, and the allocation of their stock.

use std::collections::HashMap;
use std::sync::Arc;

use catalog::{Catalog, Product};
use kernel::{Currency, Money, Problem, Quantity, Sku, Timestamp};
use pricing::{
    Basket, BasketLine, CustomerKey, Destination, PromotionUses, SettingId, Snapshot, Totals, Uses,
};
use serde::{Deserialize, Serialize};
use stock::{KnownStock, Line, Plan, Shortage};

use crate::order_pricing::Pricing;
use crate::refusal::{DraftError, DraftRefusal, Unorderable, UnorderableLine};

/// The most different SKUs in one order.
pub const MAX_ORDER_LINES: usize = 40;

/// A line of an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PricedLine {
    /// The SKU.
    pub sku: Sku,
    /// The name of the product.
    pub name: String,
    /// The quantity.
    pub quantity: Quantity,
    /// The unit price, in minor units of the order's currency.
    pub unit_price: i64,
}

/// A line as a customer asks for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// The SKU and the quantity.
    pub line: Line,
    /// The offer that was made for it; without one the catalog's name and price of this moment apply.
    pub offer: Option<Offer>,
}

/// An offer for a line: the name and price that were promised.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Offer {
    /// The name; without one, the catalog's.
    pub name: Option<String>,
    /// The unit price; without one, the price at this moment.
    pub unit_price: Option<Money>,
    /// The currency that it was offered in. The product has to be sold in it; without one, in whichever it is.
    pub currency: Option<Currency>,
}

/// The name and unit price of a line.
struct Offered {
    name: String,
    unit_price: Money,
}

impl From<Line> for Wanted {
    fn from(line: Line) -> Self {
        Self { line, offer: None }
    }
}

/// Lines with names and prices.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Priced {
    /// The lines, one for each SKU.
    pub lines: Vec<PricedLine>,
    /// The amount to pay.
    pub total: Money,
    /// The derivation of the total, where there is more to it than the goods.
    pub pricing: Option<Pricing>,
}

impl Priced {
    /// The sums.
    pub fn totals(&self) -> Totals {
        let total = self.total.amount();
        let plain = || Totals { subtotal: total, total, ..Totals::default() };
        self.pricing.as_ref().map_or_else(plain, |pricing| pricing.priced.totals)
    }
}

/// The terms of a sale beside its goods: shipping, taxes and promotions are computed by them.
#[derive(Debug, Clone)]
pub struct SaleTerms {
    /// The merchant's settings.
    pub settings: Arc<Snapshot>,
    /// The place that the goods are sent to, as far as prices depend on it.
    pub destination: Option<Destination>,
    /// The id of the shipping method that the customer chose.
    pub shipping_method: Option<String>,
    /// The promotion codes, as the customer sent them.
    pub promotion_codes: Vec<String>,
    /// True when the customer has no order yet.
    pub is_first_order: bool,
    /// The customer whose uses of promotions are counted.
    pub customer: CustomerKey,
    /// The uses so far of the promotions that are known to be used up; of the others none are known.
    pub uses: HashMap<SettingId, Uses>,
    /// The time at which the sale is made.
    pub now: Timestamp,
}

/// Prices the demand and plans its allocation, or returns every SKU that is short; the catalog and the stock are read at the same time.
/// Stock that `stock` knows from an earlier draft of the same order is used as long as it can be relied on.
pub async fn draft(
    catalog: &Catalog,
    stock: &mut KnownStock<'_>,
    wanted: &[Wanted],
    terms: Option<&SaleTerms>,
) -> Result<(Priced, Result<Plan, Vec<Shortage>>), DraftError> {
    let merged = merged(wanted)?;
    let (products, plan) = futures_util::future::join(products(catalog, &merged), stock.plan(&merged)).await;
    Ok((price(wanted, &merged, &products?, terms)?, plan?))
}

/// Prices the demand without reading the stock.
pub async fn priced(
    catalog: &Catalog,
    wanted: &[Wanted],
    terms: Option<&SaleTerms>,
) -> Result<Priced, DraftError> {
    let merged = merged(wanted)?;
    price(wanted, &merged, &products(catalog, &merged).await?, terms)
}

/// One line for each SKU, as many as an order holds.
fn merged(wanted: &[Wanted]) -> Result<Vec<Line>, DraftError> {
    let lines: Vec<Line> = wanted.iter().map(|wanted| wanted.line.clone()).collect();
    let merged = stock::allocation::merge(&lines).map_err(Problem::from)?;
    if merged.len() > MAX_ORDER_LINES {
        return Err(DraftRefusal::TooManyLines.into());
    }
    Ok(merged)
}

async fn products(catalog: &Catalog, lines: &[Line]) -> Result<HashMap<Sku, Product>, Problem> {
    let skus: Vec<Sku> = lines.iter().map(|line| line.sku.clone()).collect();
    catalog.find(&skus).await
}

/// The lines with names and prices, and the amount to pay for them.
fn price(
    wanted: &[Wanted],
    merged: &[Line],
    products: &HashMap<Sku, Product>,
    terms: Option<&SaleTerms>,
) -> Result<Priced, DraftError> {
    let goods = price_goods(wanted, merged, products)?;
    match terms {
        Some(terms) => Ok(terms.price(goods, products)?),
        None => Ok(goods),
    }
}

impl SaleTerms {
    /// `goods` with shipping, taxes and promotions.
    fn price(&self, goods: Priced, products: &HashMap<Sku, Product>) -> Result<Priced, DraftError> {
        let settings = self.settings.settings(|id| self.uses.get(id).copied().unwrap_or_default())?;
        let basket = self.basket(&goods, products)?;
        basket.check_shipping(&settings)?;
        let priced = pricing::price(&basket, &settings, self.now)?;
        let total = Money::new(priced.totals.total, goods.total.currency());
        let total = total.ok_or_else(|| Problem::internal("a priced total is out of range"))?;
        let uses = PromotionUses::of(&priced, &self.settings, self.customer.clone());
        Ok(Priced { total, pricing: Pricing::of(self.settings.version, priced, uses), ..goods })
    }

    fn basket(&self, goods: &Priced, products: &HashMap<Sku, Product>) -> Result<Basket, Problem> {
        let currency = goods.total.currency();
        let line = |line: &PricedLine| {
            let unit_price = Money::new(line.unit_price, currency)?;
            Some(products.get(&line.sku)?.basket_line(line.quantity, unit_price))
        };
        let lines: Option<Vec<BasketLine>> = goods.lines.iter().map(line).collect();
        Ok(Basket {
            currency,
            lines: lines.ok_or_else(|| Problem::internal("a priced line has no product"))?,
            destination: self.destination.clone(),
            shipping_method: self.shipping_method.clone(),
            promotion_codes: self.promotion_codes.clone(),
            is_first_order: self.is_first_order,
        })
    }
}

/// The lines with names and prices, and their sum. Products that are unknown, not for sale or of another currency are named by
/// the line that asks for them.
fn price_goods(
    wanted: &[Wanted],
    merged: &[Line],
    products: &HashMap<Sku, Product>,
) -> Result<Priced, DraftRefusal> {
    let mut offers: HashMap<&Sku, Offered> = HashMap::new();
    let mut unorderable = Vec::new();
    let mut total: Option<Money> = None;
    for (index, wanted) in wanted.iter().enumerate() {
        let added = offer(wanted, products).and_then(|offer| {
            total = Some(add(total, &offer, &wanted.line)?);
            offers.insert(&wanted.line.sku, offer);
            Ok(())
        });
        if let Err(why) = added {
            unorderable.push(UnorderableLine { index, sku: wanted.line.sku.clone(), why });
        }
    }
    let line = |line: &Line| {
        let offer = offers.get(&line.sku)?;
        let (sku, name) = (line.sku.clone(), offer.name.clone());
        Some(PricedLine { sku, name, quantity: line.quantity, unit_price: offer.unit_price.amount() })
    };
    match total {
        Some(total) if unorderable.is_empty() => {
            let lines = merged.iter().filter_map(line).collect();
            Ok(Priced { lines, total, pricing: None })
        }
        _ if unorderable.is_empty() => Err(DraftRefusal::NoLines),
        _ => Err(DraftRefusal::NotOrderable(unorderable)),
    }
}

/// The name and price of a line, when its product is for sale.
fn offer(wanted: &Wanted, products: &HashMap<Sku, Product>) -> Result<Offered, Unorderable> {
    let product = products.get(&wanted.line.sku).filter(|product| product.is_active);
    let product = product.ok_or(Unorderable::NotForSale)?;
    let Offer { name, unit_price, currency } = wanted.offer.clone().unwrap_or_default();
    let priced_in = product.price.currency();
    if let Some(wanted) = currency.filter(|currency| *currency != priced_in) {
        return Err(Unorderable::OtherCurrency { priced_in, wanted });
    }
    Ok(Offered {
        name: name.unwrap_or_else(|| product.name.clone()),
        unit_price: unit_price.unwrap_or(product.price),
    })
}

/// `total` with a line at the price of `offer`.
fn add(total: Option<Money>, offer: &Offered, line: &Line) -> Result<Money, Unorderable> {
    let price = offer.unit_price;
    let total = total.unwrap_or(Money::zero(price.currency()));
    if total.currency() != price.currency() {
        let (priced_in, wanted) = (price.currency(), total.currency());
        return Err(Unorderable::OtherCurrency { priced_in, wanted });
    }
    let sum = price.times(line.quantity).and_then(|sum| total.plus(sum));
    sum.ok_or(Unorderable::TotalTooLarge)
}

#[cfg(test)]
#[path = "draft_tests.rs"]
mod tests;
