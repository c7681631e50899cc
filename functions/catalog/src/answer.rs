//! A product as it is answered.

use kernel::{Currency, Sku};
use serde::Serialize;

use crate::attributes::Attributes;
use crate::factors::PricingFactors;
use crate::product::Product;

/// The whole product, and what can be sold of it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ProductAnswer {
    id: Sku,
    name: String,
    description: String,
    stock: u64,
    price: i64,
    currency: Currency,
    attributes: Attributes,
    #[serde(flatten)]
    factors: PricingFactors,
    is_active: bool,
    #[serde(skip)]
    version: u64,
}

/// The number of pieces of a product that can be sold.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AvailableStock {
    pub(crate) product_id: Sku,
    pub(crate) available: u64,
}

/// Returns the entity tag of a product at `version` of which `stock` pieces can be sold.
pub(crate) fn product_tag(version: u64, stock: u64) -> String {
    format!("\"{version}-{stock}\"")
}

/// Returns the version that a tag of [`product_tag`] names; `None` for any other.
pub(crate) fn tagged_version(tag: &str) -> Option<u64> {
    let (version, stock) = tag.strip_prefix('"')?.strip_suffix('"')?.split_once('-')?;
    stock.parse::<u64>().ok().and_then(|_| version.parse().ok())
}

impl ProductAnswer {
    /// Its entity tag.
    pub(crate) fn tag(&self) -> String {
        product_tag(self.version, self.stock)
    }

    /// `product` as it is answered, when `stock` pieces of it can be sold.
    pub fn new(product: Product, stock: u64) -> Self {
        Self {
            id: product.sku,
            name: product.name,
            description: product.description,
            stock,
            price: product.price.amount(),
            currency: product.price.currency(),
            attributes: product.attributes,
            factors: product.factors,
            is_active: product.is_active,
            version: product.version,
        }
    }
}
