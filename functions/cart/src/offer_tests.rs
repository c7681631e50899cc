//! The lines that a cart may have.

use catalog::attributes::Attributes;
use catalog::factors::PricingFactors;
use kernel::{Currency, Timestamp};
use proptest::prelude::*;

use super::*;
use crate::cart::MAX_CART_LINES;

pub(crate) fn sku(text: &str) -> Sku {
    text.parse().unwrap()
}

fn quantity(count: u32) -> Quantity {
    Quantity::new(count).unwrap()
}

pub(crate) fn product(text: &str, price: i64, currency: &str) -> Product {
    Product {
        sku: sku(text),
        name: format!("Product {text}"),
        description: String::new(),
        price: Money::new(price, Currency::from_code(currency).unwrap()).unwrap(),
        attributes: Attributes::default(),
        factors: PricingFactors::default(),
        is_active: true,
        version: 1,
        updated_at: Timestamp::from_millis(0),
    }
}

pub(crate) fn offers(stocked: &[(Product, u64)]) -> Offers {
    Offers {
        products: stocked.iter().map(|(product, _)| (product.sku.clone(), product.clone())).collect(),
        available: stocked.iter().map(|(product, available)| (product.sku.clone(), *available)).collect(),
    }
}

pub(crate) fn cart(lines: &[(&str, u32)]) -> Cart {
    lines
        .iter()
        .try_fold(Cart::default(), |cart, (text, count)| cart.with(&sku(text), quantity(*count)))
        .unwrap()
}

#[test]
fn what_is_unknown_or_inactive_is_not_found() {
    let mut hidden = product("A-1", 100, "RUB");
    hidden.is_active = false;
    for offers in [Offers::default(), offers(&[(hidden, 5)])] {
        let refused = offers.put(Cart::default(), &sku("A-1"), quantity(1));
        assert_eq!(refused, Err(CartRefusal::UnknownProduct(sku("A-1"))));
    }
}

#[test]
fn the_last_piece_can_be_had_and_one_more_cannot() {
    let offers = offers(&[(product("A-1", 100, "RUB"), 5)]);
    let five = offers.put(Cart::default(), &sku("A-1"), quantity(5)).unwrap();
    let shortage = Shortage { sku: sku("A-1"), wanted: 6, available: 5 };
    let refused = offers.put(five.clone(), &sku("A-1"), quantity(6));
    assert_eq!(refused, Err(CartRefusal::InsufficientStock(shortage)));
    assert_eq!(five.lines[&sku("A-1")], quantity(5));
}

#[test]
fn what_is_added_comes_to_what_is_there() {
    let offers = offers(&[(product("A-1", 100, "RUB"), 65_535), (product("A-2", 100, "RUB"), 5)]);
    let cart = cart(&[("A-1", 65_000), ("A-2", 2)]);
    let five = offers.add(cart.clone(), &sku("A-2"), quantity(3)).unwrap();
    assert_eq!((five.lines[&sku("A-2")], five.version), (quantity(5), cart.version + 1));
    let short = offers.add(five, &sku("A-2"), quantity(1)).unwrap_err();
    assert!(matches!(short, CartRefusal::InsufficientStock(Shortage { wanted: 6, .. })));
    let full = offers.add(cart, &sku("A-1"), quantity(535)).unwrap();
    let beyond = offers.add(full, &sku("A-1"), quantity(1));
    assert_eq!(beyond, Err(CartRefusal::LineTooLarge(sku("A-1"))));
    let first = offers.add(Cart::default(), &sku("A-2"), quantity(1)).unwrap();
    assert_eq!(first.lines[&sku("A-2")], quantity(1));
}

#[test]
fn a_cart_is_in_one_currency() {
    let offers = offers(&[(product("A-1", 100, "RUB"), 5), (product("A-2", 100, "USD"), 5)]);
    let refused = offers.put(cart(&[("A-1", 1)]), &sku("A-2"), quantity(1)).unwrap_err();
    let [cart_currency, currency] = ["RUB", "USD"].map(|code| Currency::from_code(code).unwrap());
    assert_eq!(refused, CartRefusal::MixedCurrencies { sku: sku("A-2"), currency, cart_currency });
    // A product that is alone in the cart may have changed its currency there.
    assert!(offers.put(cart(&[("A-2", 1)]), &sku("A-2"), quantity(2)).is_ok());
    assert!(offers.put(cart(&[("A-1", 1)]).emptied().unwrap(), &sku("A-2"), quantity(1)).is_ok());
}

#[test]
fn a_total_beyond_what_money_holds_is_refused_and_named() {
    let offers = offers(&[(product("A-1", MAX_AMOUNT / 2, "RUB"), 9), (product("A-2", 2, "RUB"), 9)]);
    let two = offers.put(Cart::default(), &sku("A-1"), quantity(2)).unwrap();
    assert_eq!(offers.subtotal(&two).map(Money::amount), Some(MAX_AMOUNT));
    let refused = offers.put(two, &sku("A-2"), quantity(1));
    assert_eq!(refused, Err(CartRefusal::TotalTooLarge { pointer: "/quantity" }));
    assert!(offers.put(Cart::default(), &sku("A-1"), quantity(3)).is_err());
}

#[test]
fn a_merged_cart_is_in_one_currency_and_has_a_total() {
    let mut hidden = product("A-3", 9, "USD");
    hidden.is_active = false;
    let dear = product("A-4", MAX_AMOUNT, "RUB");
    let stocked = [product("A-1", 100, "RUB"), product("A-2", 100, "USD"), hidden, dear].map(|one| (one, 0));
    let offers = offers(&stocked);
    let merge = |mine: &[(&str, u32)], other: &[(&str, u32)]| {
        let other = cart(other);
        offers.check_merged(&cart(mine).merged(&other).unwrap().unwrap(), &other)
    };
    assert_eq!(merge(&[("A-1", 1)], &[("A-1", 9), ("GONE", 1)]), Ok(()), "stock and gaps are no matter");
    for foreign in ["A-2", "A-3"] {
        let refused = merge(&[("A-1", 1)], &[(foreign, 1)]).unwrap_err();
        assert!(matches!(refused, CartRefusal::MixedCurrencies { .. }));
    }
    assert_eq!(merge(&[("A-4", 1)], &[("GONE", 1)]), Ok(()));
    let dear = merge(&[("A-4", 1)], &[("A-1", 1)]);
    assert_eq!(dear, Err(CartRefusal::TotalTooLarge { pointer: "/cartToken" }));
}

#[test]
fn the_line_limit_comes_before_the_stock() {
    let mut stocked: Vec<_> =
        (0..MAX_CART_LINES).map(|number| (product(&format!("S-{number}"), 1, "RUB"), 1)).collect();
    stocked.push((product("LAST", 1, "RUB"), 0));
    let offers = offers(&stocked);
    let full = stocked[..MAX_CART_LINES]
        .iter()
        .try_fold(Cart::default(), |cart, (product, _)| offers.put(cart, &product.sku, quantity(1)))
        .unwrap();
    assert_eq!(offers.put(full, &sku("LAST"), quantity(1)), Err(CartRefusal::TooManyLines));
}

proptest! {
    #[test]
    fn a_subtotal_is_what_its_pieces_cost(
        lines in proptest::collection::vec((0_i64..10_000, 1_u32..20, any::<bool>()), 0..12)
    ) {
        let mut stocked = Vec::new();
        let mut cart = Cart::default();
        let mut expected = None;
        for (number, (price, count, is_active)) in lines.into_iter().enumerate() {
            let mut product = product(&format!("S-{number}"), price, "RUB");
            product.is_active = is_active;
            cart = cart.with(&product.sku, quantity(count)).unwrap();
            if is_active {
                *expected.get_or_insert(0) += price * i64::from(count);
            }
            stocked.push((product, 1));
        }
        prop_assert_eq!(offers(&stocked).subtotal(&cart).map(Money::amount), expected);
    }
}
