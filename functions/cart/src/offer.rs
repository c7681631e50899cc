//! The products that are on offer at this moment, and how many of them may go into a cart.

use std::collections::{BTreeSet, HashMap};

use catalog::{Catalog, Product};
use futures_util::future::try_join;
use kernel::money::MAX_AMOUNT;
use kernel::{Money, Problem, Quantity, Sku};
use platform::{Init, InitError};
use stock::{Shortage, Stock};

use crate::cart::Cart;
use crate::refusal::CartRefusal;

/// The source of offers: the catalog and the stock.
#[derive(Clone)]
pub struct Shop {
    catalog: Catalog,
    stock: Stock,
}

impl Shop {
    /// The tables named by `CATALOG_TABLE` and `STOCK_TABLE`.
    pub async fn connect(init: &Init) -> Result<Self, InitError> {
        let catalog = Catalog::connect(init).await?;
        Ok(Self { catalog, stock: Stock::connect(init).await? })
    }

    /// Returns the offers of `skus`.
    pub async fn offers<'a>(&self, skus: impl IntoIterator<Item = &'a Sku>) -> Result<Offers, Problem> {
        let mut offers = Offers::default();
        self.complete(&mut offers, skus).await?;
        Ok(offers)
    }

    /// Adds those of `skus` to `offers` that it doesn't cover yet; products and stock are read at the same time.
    pub async fn complete<'a>(
        &self,
        offers: &mut Offers,
        skus: impl IntoIterator<Item = &'a Sku>,
    ) -> Result<(), Problem> {
        let missing: BTreeSet<&Sku> = skus.into_iter().filter(|sku| !offers.covers(sku)).collect();
        let missing: Vec<Sku> = missing.into_iter().cloned().collect();
        if missing.is_empty() {
            return Ok(());
        }
        let reads = try_join(self.catalog.find(&missing), self.stock.available(&missing));
        let (products, available) = reads.await?;
        offers.products.extend(products);
        offers.available.extend(available);
        Ok(())
    }
}

/// Products and their stock as they were read for one request.
#[derive(Debug, Clone, Default)]
pub struct Offers {
    products: HashMap<Sku, Product>,
    /// Of every SKU that was asked for, 0 where nothing is stocked.
    available: HashMap<Sku, u64>,
}

impl Offers {
    fn covers(&self, sku: &Sku) -> bool {
        self.available.contains_key(sku)
    }

    /// The product, whether or not it can be bought; `None` when the catalog has none of this SKU.
    pub fn product(&self, sku: &Sku) -> Option<&Product> {
        self.products.get(sku)
    }

    /// The product, when it can be bought.
    pub fn purchasable(&self, sku: &Sku) -> Option<&Product> {
        self.product(sku).filter(|product| product.is_active)
    }

    /// Pieces that can be had: none of what can't be bought.
    pub fn available(&self, sku: &Sku) -> u64 {
        let stocked = || self.available.get(sku).copied();
        self.purchasable(sku).and_then(|_| stocked()).unwrap_or(0)
    }

    /// The sum of the purchasable lines of `cart`. `None` when there is no such sum: no line is purchasable, the
    /// currencies differ, or it is more than [`MAX_AMOUNT`].
    pub fn subtotal(&self, cart: &Cart) -> Option<Money> {
        let mut prices = cart
            .lines
            .iter()
            .filter_map(|(sku, &quantity)| Some(self.purchasable(sku)?.price.times(quantity)));
        let first = prices.next()??;
        prices.try_fold(first, |sum, price| sum.plus(price?))
    }

    /// The cart with `quantity` of `sku`, if that may be.
    pub fn put(&self, cart: Cart, sku: &Sku, quantity: Quantity) -> Result<Cart, CartRefusal> {
        let product = self.purchasable(sku).ok_or_else(|| CartRefusal::UnknownProduct(sku.clone()))?;
        self.check_currency(&cart, product)?;
        let cart = cart.with(sku, quantity)?;
        let available = self.available(sku);
        if available < u64::from(quantity.get()) {
            let shortage = Shortage { sku: sku.clone(), wanted: quantity.get(), available };
            return Err(CartRefusal::InsufficientStock(shortage));
        }
        self.check_total(&cart, "/quantity")?;
        Ok(cart)
    }

    /// The cart with `more` of `sku` than there is in it, if that may be.
    pub fn add(&self, cart: Cart, sku: &Sku, more: Quantity) -> Result<Cart, CartRefusal> {
        let present = cart.lines.get(sku).copied();
        let sum = present.map_or(Some(more), |present| present.plus(more));
        let sum = sum.ok_or_else(|| CartRefusal::LineTooLarge(sku.clone()))?;
        self.put(cart, sku, sum)
    }

    /// Refuses `merged` when the lines of `other` may not be in it. How much is in stock is no matter: what was wanted stays
    /// wanted, and is seen to be short.
    pub fn check_merged(&self, merged: &Cart, other: &Cart) -> Result<(), CartRefusal> {
        let mut products = other.lines.keys().filter_map(|sku| self.product(sku));
        products.try_for_each(|product| self.check_currency(merged, product))?;
        self.check_total(merged, "/cartToken")
    }

    /// Refuses a cart whose purchasable lines cost more than [`MAX_AMOUNT`]; `pointer` is to what makes it so dear.
    fn check_total(&self, cart: &Cart, pointer: &'static str) -> Result<(), CartRefusal> {
        let prices = cart.lines.iter().filter_map(|(sku, &quantity)| {
            self.purchasable(sku)
                .map(|product| i128::from(product.price.amount()) * i128::from(quantity.get()))
        });
        if prices.sum::<i128>() > i128::from(MAX_AMOUNT) {
            return Err(CartRefusal::TotalTooLarge { pointer });
        }
        Ok(())
    }

    /// An order is paid in one currency, so a cart is in one. A line that can't be bought counts too: it may return.
    fn check_currency(&self, cart: &Cart, product: &Product) -> Result<(), CartRefusal> {
        let currency = product.price.currency();
        let others = cart.lines.keys().filter(|sku| **sku != product.sku);
        let mut currencies = others.filter_map(|sku| self.product(sku)).map(|other| other.price.currency());
        match currencies.find(|other| *other != currency) {
            Some(cart_currency) => {
                Err(CartRefusal::MixedCurrencies { sku: product.sku.clone(), currency, cart_currency })
            }
            None => Ok(()),
        }
    }
}

#[cfg(test)]
#[path = "offer_tests.rs"]
pub(crate) mod tests;
