//! Order drafts: lines with the names and prices of this moment, and the allocation of their stock.

use std::collections::HashMap;

use catalog::{Catalog, Product};
use kernel::{Currency, FieldError, Kind, Money, Problem, Quantity, Sku};
use serde::{Deserialize, Serialize};
use stock::{KnownStock, Line, Plan, Shortage};

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
    /// The total.
    pub total: Money,
}

/// Prices the demand and plans its allocation, or returns every SKU that is short; the catalog and the stock are read at the same time.
/// Stock that `stock` knows from an earlier draft of the same order is used as long as it can be relied on.
pub async fn draft(
    catalog: &Catalog,
    stock: &mut KnownStock<'_>,
    wanted: &[Wanted],
) -> Result<(Priced, Result<Plan, Vec<Shortage>>), Problem> {
    let merged = merged(wanted)?;
    let (products, plan) = futures_util::future::join(products(catalog, &merged), stock.plan(&merged)).await;
    Ok((price(wanted, &merged, &products?)?, plan?))
}

/// Prices the demand without reading the stock.
pub async fn priced(catalog: &Catalog, wanted: &[Wanted]) -> Result<Priced, Problem> {
    let merged = merged(wanted)?;
    price(wanted, &merged, &products(catalog, &merged).await?)
}

/// One line for each SKU, as many as an order holds.
fn merged(wanted: &[Wanted]) -> Result<Vec<Line>, Problem> {
    let lines: Vec<Line> = wanted.iter().map(|wanted| wanted.line.clone()).collect();
    let merged = stock::allocation::merge(&lines)?;
    if merged.len() > MAX_ORDER_LINES {
        let detail = format!("An order holds at most {MAX_ORDER_LINES} different products.");
        let problem = Problem::new(Kind::Invalid, "too_many_lines", detail);
        return Err(problem.with("limit", MAX_ORDER_LINES));
    }
    Ok(merged)
}

async fn products(catalog: &Catalog, lines: &[Line]) -> Result<HashMap<Sku, Product>, Problem> {
    let skus: Vec<Sku> = lines.iter().map(|line| line.sku.clone()).collect();
    catalog.find(&skus).await
}

/// The lines with names and prices, and their sum. Products that are unknown, not for sale or of another currency are named by
/// the line that asks for them.
fn price(wanted: &[Wanted], merged: &[Line], products: &HashMap<Sku, Product>) -> Result<Priced, Problem> {
    let mut offers: HashMap<&Sku, Offered> = HashMap::new();
    let mut errors = Vec::new();
    let mut total: Option<Money> = None;
    for (index, wanted) in wanted.iter().enumerate() {
        let added = offer(wanted, products).and_then(|offer| {
            total = Some(add(total, &offer, &wanted.line)?);
            offers.insert(&wanted.line.sku, offer);
            Ok(())
        });
        if let Err(detail) = added {
            errors.push(FieldError { pointer: format!("/items/{index}"), detail });
        }
    }
    let line = |line: &Line| {
        let offer = offers.get(&line.sku)?;
        let (sku, name) = (line.sku.clone(), offer.name.clone());
        Some(PricedLine { sku, name, quantity: line.quantity, unit_price: offer.unit_price.amount() })
    };
    match total {
        Some(total) if errors.is_empty() => {
            Ok(Priced { lines: merged.iter().filter_map(line).collect(), total })
        }
        _ if errors.is_empty() => Err(no_lines()),
        _ => {
            let mut problem =
                Problem::new(Kind::Invalid, "product_not_orderable", "Not every product can be ordered.");
            problem.errors = errors;
            Err(problem)
        }
    }
}

/// The name and price of a line, when its product is for sale.
fn offer(wanted: &Wanted, products: &HashMap<Sku, Product>) -> Result<Offered, String> {
    let sku = &wanted.line.sku;
    let product = products.get(sku).filter(|product| product.is_active);
    let product = product.ok_or_else(|| format!("{sku} is not for sale"))?;
    let Offer { name, unit_price, currency } = wanted.offer.clone().unwrap_or_default();
    let sold_in = product.price.currency();
    if let Some(other) = currency.filter(|currency| *currency != sold_in) {
        return Err(format!("{sku} is priced in {sold_in}, not in {other}"));
    }
    Ok(Offered {
        name: name.unwrap_or_else(|| product.name.clone()),
        unit_price: unit_price.unwrap_or(product.price),
    })
}

/// `total` with a line at the price of `offer`.
fn add(total: Option<Money>, offer: &Offered, line: &Line) -> Result<Money, String> {
    let price = offer.unit_price;
    let total = total.unwrap_or(Money::zero(price.currency()));
    if total.currency() != price.currency() {
        return Err(format!("{} is priced in {}, not in {}", line.sku, price.currency(), total.currency()));
    }
    let sum = price.times(line.quantity).and_then(|sum| total.plus(sum));
    sum.ok_or_else(|| format!("{} makes the order's total too large", line.sku))
}

/// An order of nothing.
pub fn no_lines() -> Problem {
    Problem::invalid("/items", "must hold at least one line")
}

#[cfg(test)]
#[path = "draft_tests.rs"]
mod tests;
