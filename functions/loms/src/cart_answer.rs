//! A cart as this surface returns it.
//!
//! A line whose product can no longer be bought stays visible, at the price that it had, and does not count in the total, as on every surface: its
//! owner removes it.

use cart::Cart;
use cart::offer::Offers;
use kernel::{Money, Quantity, Sku};
use serde::Serialize;

use crate::number::SkuNumber;
use crate::refusal::LomsRefusal;

/// The cart.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CartAnswer {
    /// The lines, in the order of the numbers.
    items: Vec<Item>,
    /// The total in minor units, exact also where it is beyond a `uint32`.
    total_price: i64,
}

#[derive(Debug, Serialize)]
struct Item {
    sku: SkuNumber,
    count: Quantity,
    name: String,
    price: u32,
}

impl CartAnswer {
    /// `cart` priced with `offers`, which have to cover its lines.
    pub fn new(cart: &Cart, offers: &Offers) -> Result<Self, LomsRefusal> {
        let items = cart.shown().into_iter().filter_map(|(sku, count)| item(sku, count, offers));
        Ok(Self { items: items.collect::<Result<_, _>>()?, total_price: total(cart, offers)? })
    }
}

/// `price` in minor units as this surface returns it: there is none beyond a `uint32`, and a truncated one would be wrong.
pub fn price(sku: SkuNumber, price: Money) -> Result<u32, LomsRefusal> {
    u32::try_from(price.amount()).map_err(|_| LomsRefusal::PriceBeyondUint32 { sku, price })
}

/// A line; `None` for a product that this surface or the catalog does not have.
fn item(sku: &Sku, count: Quantity, offers: &Offers) -> Option<Result<Item, LomsRefusal>> {
    let (number, product) = (SkuNumber::of(sku)?, offers.product(sku)?);
    let name = product.name.clone();
    Some(price(number, product.price).map(|price| Item { sku: number, count, name, price }))
}

fn total(cart: &Cart, offers: &Offers) -> Result<i64, LomsRefusal> {
    if let Some(subtotal) = offers.subtotal(cart) {
        return Ok(subtotal.amount());
    }
    if cart.lines.keys().all(|sku| offers.purchasable(sku).is_none()) {
        return Ok(0);
    }
    // The catalog has changed a currency or a price since the lines were put in.
    Err(LomsRefusal::NoTotal)
}

#[cfg(test)]
mod tests {
    use kernel::Currency;

    use super::*;

    #[test]
    fn a_price_is_told_whole_or_not_at_all() {
        let sku = SkuNumber::of(&"4294967295".parse().unwrap()).unwrap();
        let of = |amount| price(sku, Money::new(amount, Currency::from_code("RUB").unwrap()).unwrap());
        assert_eq!((of(0).unwrap(), of(4_294_967_295).unwrap()), (0, u32::MAX));
        let refused = of(4_294_967_296).unwrap_err();
        assert!(matches!(refused, LomsRefusal::PriceBeyondUint32 { sku: number, .. } if number == sku));
    }
}
