//! What is about to be ordered: lines with the names and prices of this moment, and where the goods come from.

use std::collections::HashMap;

use catalog::{Catalog, Product};
use kernel::{FieldError, Kind, Money, Problem, Quantity, Sku};
use serde::{Deserialize, Serialize};
use stock::{Line, Plan, Shortage, Stock};

/// The most different SKUs in one order.
pub const MAX_ORDER_LINES: usize = 40;

/// A line of an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PricedLine {
    /// What.
    pub sku: Sku,
    /// What it was called.
    pub name: String,
    /// How many.
    pub quantity: Quantity,
    /// What one of it cost, in minor units of the order's currency.
    pub unit_price: i64,
}

/// An order that can be placed, if nobody takes its goods first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// The lines, one for each SKU.
    pub lines: Vec<PricedLine>,
    /// What they cost together.
    pub total: Money,
    /// Where the goods come from.
    pub plan: Plan,
}

/// An order that can't be placed because goods are short.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Short {
    /// The lines, one for each SKU.
    pub lines: Vec<PricedLine>,
    /// What they would have cost together.
    pub total: Money,
    /// What is short; at least one.
    pub shortages: Vec<Shortage>,
}

/// Prices `lines` and plans where their goods come from; the catalog and the stock are asked at the same time.
pub async fn draft(
    catalog: &Catalog,
    stock: &Stock,
    lines: &[Line],
) -> Result<Result<Draft, Short>, Problem> {
    let lines = stock::allocation::merge(lines)?;
    if lines.len() > MAX_ORDER_LINES {
        let detail = format!("An order holds at most {MAX_ORDER_LINES} different products.");
        return Err(Problem::new(Kind::Invalid, "too_many_lines", detail));
    }
    let skus: Vec<Sku> = lines.iter().map(|line| line.sku.clone()).collect();
    let (products, plan) = futures_util::future::join(catalog.find(&skus), stock.plan(&lines)).await;
    let (lines, total) = price(&lines, &products?)?;
    Ok(match plan? {
        Ok(plan) => Ok(Draft { lines, total, plan }),
        Err(shortages) => Err(Short { lines, total, shortages }),
    })
}

/// The lines at the prices of `products`, and their sum. Products that are unknown, not for sale or of another currency are
/// named by their line.
fn price(lines: &[Line], products: &HashMap<Sku, Product>) -> Result<(Vec<PricedLine>, Money), Problem> {
    let mut errors = Vec::new();
    let mut priced = Vec::with_capacity(lines.len());
    let mut total: Option<Money> = None;
    for (index, line) in lines.iter().enumerate() {
        let mut refuse =
            |detail: String| errors.push(FieldError { pointer: format!("/items/{index}"), detail });
        let Some(product) = products.get(&line.sku).filter(|product| product.is_active) else {
            refuse(format!("{} is not for sale", line.sku));
            continue;
        };
        let sum = product.price.times(line.quantity);
        let so_far = total.unwrap_or(Money::zero(product.price.currency()));
        match sum.and_then(|sum| so_far.plus(sum)) {
            Some(sum) => total = Some(sum),
            None if so_far.currency() != product.price.currency() => {
                refuse(format!(
                    "{} is priced in {}, not in {}",
                    line.sku,
                    product.price.currency(),
                    so_far.currency()
                ));
            }
            None => refuse(format!("{} makes the order's total too large", line.sku)),
        }
        priced.push(PricedLine {
            sku: line.sku.clone(),
            name: product.name.clone(),
            quantity: line.quantity,
            unit_price: product.price.amount(),
        });
    }
    match total {
        Some(total) if errors.is_empty() => Ok((priced, total)),
        _ if errors.is_empty() => Err(Problem::invalid("/items", "must hold at least one line")),
        _ => {
            let mut problem =
                Problem::new(Kind::Invalid, "product_not_orderable", "Not every product can be ordered.");
            problem.errors = errors;
            Err(problem)
        }
    }
}
