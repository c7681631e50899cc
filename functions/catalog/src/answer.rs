//! A product as it is answered.

use kernel::{Currency, Sku};
use serde::Serialize;

use crate::attributes::Attributes;
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
    is_active: bool,
}

/// What can be sold of a product.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AvailableStock {
    pub(crate) product_id: Sku,
    pub(crate) available: u64,
}

impl ProductAnswer {
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
            is_active: product.is_active,
        }
    }
}
