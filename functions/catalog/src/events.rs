//! The events of products, and the data of each.
//!
//! The comments on types and members are published as the descriptions in their schemas (`docs/events`).

use kernel::event::Amount;
use kernel::{Currency, Sku, events};
use schemars::JsonSchema;
use serde::Serialize;

events! {
    ProductChanged: "catalog.product_changed", "a product was created or changed";
}

/// A product was created or changed. The aggregate is `product/<sku>`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ProductChanged {
    /// Which product.
    pub sku: Sku,
    /// What it costs.
    pub price: Amount,
    /// In which currency.
    pub currency: Currency,
    /// Whether it is on sale.
    pub is_active: bool,
}
