//! The events of products, and the data of each.
//!
//! The comments on types and members are published as the descriptions in their schemas (`docs/events`).

use kernel::event::Amount;
use kernel::{Currency, Sku, events};
use pricing::TaxCategory;
use pricing::text::Category;
use schemars::JsonSchema;
use serde::Serialize;

use crate::factors::Weight;

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
    /// The category by which promotions name the product, if it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub category: Option<Category>,
    /// The weight of one piece, in grams.
    #[serde(skip_serializing_if = "Option::is_none", rename = "weightGrams")]
    #[schemars(with = "Option<u32>")]
    pub weight: Option<Weight>,
    /// The tax category.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub tax_category: Option<TaxCategory>,
    /// False for services and downloads.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub requires_shipping: Option<bool>,
}
