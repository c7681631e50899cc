//! A cart as it is answered: with the names, prices and stock of this moment.
//!
//! A line whose product can no longer be bought stays in sight, so that its owner sees what happened: it is not
//! `purchasable`, nothing of it is `available`, and it counts in no total. Where the catalog has forgotten the product, the
//! SKU stands for its name and there is no price.

use catalog::Product;
use kernel::{Currency, Money, Quantity, Sku};
use pricing::view::{Charge, ShippingCharge, UsedPromotion};
use pricing::{Priced, PromotionCode, PromotionRefusal};
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use crate::cart::Cart;
use crate::offer::Offers;
use crate::prices::CartPrices;

/// The hexadecimal digits of an entity tag that stand for the lines: 64 bits.
const TAG_DIGITS: usize = 16;

/// The cart.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CartAnswer {
    /// In the order of the catalog's lists.
    items: Vec<Item>,
    totals: Totals,
    #[serde(flatten)]
    sale: Option<SaleAnswer>,
    version: u64,
    #[serde(skip)]
    pub(crate) etag: String,
    /// The token that finds an anonymous cart from now on; returned once, when the cart is created.
    #[serde(skip_serializing_if = "Option::is_none")]
    cart_token: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Item {
    sku: Sku,
    name: String,
    quantity: Quantity,
    #[serde(skip_serializing_if = "Option::is_none")]
    price: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    currency: Option<Currency>,
    available: u64,
    purchasable: bool,
    #[serde(flatten)]
    prices: Option<Charge>,
}

/// The sums beside the subtotal.
#[derive(Debug, Serialize)]
struct Sums {
    discount: i64,
    shipping: i64,
    tax: i64,
    total: i64,
}

/// Taxes, promotions and shipping of the cart.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct SaleAnswer {
    #[serde(skip_serializing_if = "Option::is_none")]
    tax_included: Option<bool>,
    /// Those that give a discount, by id.
    promotions: Vec<UsedPromotion>,
    promotion_codes: Vec<CodeAnswer>,
    #[serde(skip_serializing_if = "Option::is_none")]
    shipping: Option<ShippingCharge>,
}

/// A code that was entered, with the reason for which it does not apply.
#[derive(Debug, Serialize)]
struct CodeAnswer {
    code: PromotionCode,
    applies: bool,
    #[serde(flatten)]
    reason: Option<PromotionRefusal>,
}

/// Sums over the lines that can be bought.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Totals {
    item_count: usize,
    total_quantity: u64,
    /// In minor units. Left out when there is no such sum, because the catalog has changed the currency or the price of
    /// something that is in the cart.
    #[serde(skip_serializing_if = "Option::is_none")]
    subtotal: Option<i64>,
    /// Of the subtotal; a cart with nothing to buy has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    currency: Option<Currency>,
    /// The currencies of the lines that can be bought, where the catalog has come to more than one: such a cart can't be ordered.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    currencies: Vec<Currency>,
    #[serde(flatten)]
    sums: Option<Sums>,
}

impl CartAnswer {
    /// `cart` as it looks with `offers`, which have to cover its lines, and at these prices.
    pub(crate) fn new(cart: &Cart, offers: &Offers, prices: Option<&CartPrices>) -> Self {
        let priced = prices.and_then(|prices| prices.priced.as_ref());
        let lines = cart.shown().into_iter();
        Self {
            items: lines.map(|(sku, quantity)| Item::new(sku, quantity, offers, priced)).collect(),
            totals: Totals::new(cart, offers, priced),
            sale: prices.map(|prices| SaleAnswer::new(cart, prices)),
            version: cart.version,
            etag: tag_of(cart, |sku| offers.purchasable(sku)),
            cart_token: None,
        }
    }

    /// The same, with the token of a cart that was just created for an anonymous caller.
    pub(crate) fn with_token(self, token: String) -> Self {
        Self { cart_token: Some(token), ..self }
    }
}

/// Returns the entity tag of a cart at `version` with these purchasable lines (SKU, quantity, and price of one in minor units) and promotion codes. It
/// changes with the goods, their prices and the codes, and not with how much is in stock, so that other customers' purchases leave it alone.
pub fn cart_tag<'a>(
    version: u64,
    lines: impl Iterator<Item = (&'a Sku, Quantity, i64, Currency)>,
    codes: impl Iterator<Item = &'a str>,
) -> String {
    let mut lines: Vec<_> = lines
        .map(|(sku, quantity, price, currency)| (sku.as_str(), quantity.get(), price, currency.code()))
        .collect();
    lines.sort_unstable();
    let mut digest = Sha256::new();
    for (sku, quantity, price, currency) in lines {
        digest.update(format!("{sku} {quantity} {price} {currency}\n"));
    }
    // In their order: those of a cart are sorted.
    for code in codes {
        digest.update(format!("{code}\n"));
    }
    format!("\"{version}-{}\"", &hex::encode(digest.finalize())[..TAG_DIGITS])
}

/// Returns the entity tag of `cart` with the products that `purchasable` finds.
pub(crate) fn tag_of<'p>(cart: &Cart, purchasable: impl Fn(&Sku) -> Option<&'p Product>) -> String {
    let lines = cart.lines.iter().filter_map(|(sku, &quantity)| {
        let price = purchasable(sku)?.price;
        Some((sku, quantity, price.amount(), price.currency()))
    });
    cart_tag(cart.version, lines, cart.promotion_codes.iter().map(PromotionCode::as_str))
}

impl Item {
    fn new(sku: &Sku, quantity: Quantity, offers: &Offers, priced: Option<&Priced>) -> Self {
        let product = offers.product(sku);
        let line = priced.and_then(|priced| priced.lines.iter().find(|line| line.sku == *sku));
        Self {
            sku: sku.clone(),
            name: product.map_or_else(|| sku.to_string(), |product| product.name.clone()),
            quantity,
            price: product.map(|product| product.price.amount()),
            currency: product.map(|product| product.price.currency()),
            available: offers.available(sku),
            purchasable: offers.purchasable(sku).is_some(),
            prices: line.map(Charge::from),
        }
    }
}

impl SaleAnswer {
    fn new(cart: &Cart, prices: &CartPrices) -> Self {
        let priced = prices.priced.as_ref();
        let code = |code: &PromotionCode| {
            let reason = prices.refused(code).map(|refused| refused.reason.clone());
            CodeAnswer { code: code.clone(), applies: reason.is_none(), reason }
        };
        let shipping = priced.and_then(|priced| priced.shipping.as_ref());
        Self {
            tax_included: priced.map(|priced| priced.tax_included),
            promotions: priced.map(UsedPromotion::of).unwrap_or_default(),
            promotion_codes: cart.promotion_codes.iter().map(code).collect(),
            shipping: shipping.map(ShippingCharge::from),
        }
    }
}

impl Totals {
    fn new(cart: &Cart, offers: &Offers, priced: Option<&Priced>) -> Self {
        let purchasable = || cart.lines.iter().filter(|(sku, _)| offers.purchasable(sku).is_some());
        let item_count = purchasable().count();
        let subtotal = offers.subtotal(cart);
        let amount = if item_count == 0 { Some(0) } else { subtotal.map(Money::amount) };
        let sums = amount.and(priced).map(|priced| Sums {
            discount: priced.totals.discount,
            shipping: priced.totals.shipping,
            tax: priced.totals.tax,
            total: priced.totals.total,
        });
        Self {
            item_count,
            total_quantity: purchasable().map(|(_, quantity)| u64::from(quantity.get())).sum(),
            subtotal: amount,
            currency: subtotal.map(Money::currency),
            currencies: mixed(cart, offers),
            sums,
        }
    }
}

/// The currencies of the lines of `cart` that can be bought, in the order of their codes; none where it is but one.
fn mixed(cart: &Cart, offers: &Offers) -> Vec<Currency> {
    let products = cart.lines.keys().filter_map(|sku| offers.purchasable(sku));
    let mut currencies: Vec<Currency> = products.map(|product| product.price.currency()).collect();
    currencies.sort_by_key(|currency| currency.code());
    currencies.dedup();
    if currencies.len() > 1 { currencies } else { Vec::new() }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::offer::tests::{cart, offers, product};

    fn answer(cart: &Cart, offers: &Offers) -> serde_json::Value {
        serde_json::to_value(CartAnswer::new(cart, offers, None)).unwrap()
    }

    #[test]
    fn names_and_prices_come_from_the_offers() {
        let offers = offers(&[(product("A-1", 250, "RUB"), 9), (product("7", 100, "RUB"), 1)]);
        let answer = answer(&cart(&[("A-1", 2), ("7", 3)]), &offers);
        let expected = json!({
            "items": [
                {"sku": "7", "name": "Product 7", "quantity": 3, "price": 100, "currency": "RUB", "available": 1, "purchasable": true},
                {"sku": "A-1", "name": "Product A-1", "quantity": 2, "price": 250, "currency": "RUB", "available": 9, "purchasable": true},
            ],
            "totals": {"itemCount": 2, "totalQuantity": 5, "subtotal": 800, "currency": "RUB"},
            "version": 2,
        });
        assert_eq!(answer, expected);
    }

    #[test]
    fn the_tag_follows_lines_and_prices_and_not_the_stock() {
        let tag = |price, quantity, stock| {
            let offers = offers(&[(product("A-1", price, "RUB"), stock)]);
            tag_of(&cart(&[("A-1", quantity)]), |sku| offers.purchasable(sku))
        };
        assert_eq!(tag(100, 2, 9), tag(100, 2, 1));
        assert_ne!(tag(100, 2, 9), tag(9_900, 2, 9));
        assert_ne!(tag(100, 2, 9), tag(100, 3, 9));
        let rub = Currency::from_code("RUB").unwrap();
        let (first, second) = ("A-1".parse().unwrap(), "B-1".parse().unwrap());
        let line = |sku| (sku, Quantity::ONE, 5, rub);
        let either = [[line(&first), line(&second)], [line(&second), line(&first)]];
        let [one, other] = either.map(|lines| cart_tag(3, lines.into_iter(), [].into_iter()));
        assert_eq!(one, other, "in whatever order");
        let with = |code| cart_tag(3, [line(&first), line(&second)].into_iter(), [code].into_iter());
        assert!(with("SPRING") != one && with("SPRING") != with("AUTUMN"));
    }

    #[test]
    fn an_empty_cart_costs_nothing() {
        let answer = answer(&Cart::default(), &Offers::default());
        let totals = json!({"itemCount": 0, "totalQuantity": 0, "subtotal": 0});
        assert_eq!(answer, json!({"items": [], "totals": totals, "version": 0}));
    }

    #[test]
    fn what_cannot_be_bought_stays_in_sight_and_out_of_the_totals() {
        let mut inactive = product("A-2", 999, "RUB");
        inactive.is_active = false;
        let offers = offers(&[(product("A-1", 250, "RUB"), 9), (inactive, 5)]);
        let answer = answer(&cart(&[("A-1", 2), ("A-2", 1), ("GONE", 4)]), &offers);
        let expected = json!([
            {"sku": "A-1", "name": "Product A-1", "quantity": 2, "price": 250, "currency": "RUB", "available": 9, "purchasable": true},
            {"sku": "A-2", "name": "Product A-2", "quantity": 1, "price": 999, "currency": "RUB", "available": 0, "purchasable": false},
            {"sku": "GONE", "name": "GONE", "quantity": 4, "available": 0, "purchasable": false},
        ]);
        assert_eq!(answer["items"], expected);
        let totals = json!({"itemCount": 1, "totalQuantity": 2, "subtotal": 500, "currency": "RUB"});
        assert_eq!(answer["totals"], totals);
    }

    #[test]
    fn there_is_no_sum_over_two_currencies() {
        let offers = offers(&[(product("A-1", 250, "RUB"), 9), (product("A-2", 100, "USD"), 9)]);
        let answer = answer(&cart(&[("A-1", 1), ("A-2", 1)]), &offers);
        assert_eq!(
            answer["totals"],
            json!({"itemCount": 2, "totalQuantity": 2, "currencies": ["RUB", "USD"]})
        );
    }
}
