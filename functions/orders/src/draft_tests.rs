//! Pricing what is wanted.

use catalog::attributes::Attributes;
use catalog::factors::PricingFactors;
use kernel::{Currency, Timestamp};
use proptest::prelude::*;

use super::*;

fn money(amount: i64, currency: &str) -> Money {
    Money::new(amount, Currency::from_code(currency).unwrap()).unwrap()
}

fn product(sku: &str, price: Money) -> Product {
    Product {
        sku: sku.parse().unwrap(),
        name: format!("Product {sku}"),
        description: String::new(),
        price,
        attributes: Attributes::default(),
        factors: PricingFactors::default(),
        is_active: true,
        version: 1,
        updated_at: Timestamp::from_millis(0),
    }
}

fn catalog(products: impl IntoIterator<Item = Product>) -> HashMap<Sku, Product> {
    products.into_iter().map(|product| (product.sku.clone(), product)).collect()
}

fn wanted(sku: &str, quantity: u32) -> Wanted {
    Line { sku: sku.parse().unwrap(), quantity: Quantity::new(quantity).unwrap() }.into()
}

fn priced(wanted: &[Wanted], products: &HashMap<Sku, Product>) -> Result<Priced, Problem> {
    Ok(price(wanted, &merged(wanted)?, products, None)?)
}

fn pointers(problem: &Problem) -> Vec<&str> {
    problem.errors.iter().map(|error| error.pointer.as_str()).collect()
}

#[test]
fn what_is_refused_is_named_by_the_callers_own_line() {
    let mut withdrawn = product("B", money(5, "RUB"));
    withdrawn.is_active = false;
    let products = catalog([product("A", money(7, "RUB")), withdrawn, product("C", money(5, "EUR"))]);
    // In this order, which is not that of the SKUs, and with lines of one SKU that become one.
    let wanted = [wanted("Z", 1), wanted("A", 1), wanted("C", 1), wanted("A", 2), wanted("B", 1)];
    let problem = priced(&wanted, &products).unwrap_err();
    assert_eq!(problem.code, "product_not_orderable");
    assert_eq!(pointers(&problem), ["/items/0", "/items/2", "/items/4"]);
    assert_eq!(problem.errors[1].detail, "C is priced in EUR, not in RUB");
}

#[test]
fn a_promise_stands_whatever_the_catalog_says_now() {
    let products = catalog([product("A", money(7, "RUB"))]);
    let currency = Currency::from_code("RUB");
    let offer = Offer { name: Some("As it was".to_owned()), unit_price: Some(money(5, "RUB")), currency };
    let promised = |offer: &Offer| [Wanted { offer: Some(offer.clone()), ..wanted("A", 3) }];
    let drafted = priced(&promised(&offer), &products).unwrap();
    assert_eq!(drafted.total, money(15, "RUB"));
    assert_eq!((&*drafted.lines[0].name, drafted.lines[0].unit_price), ("As it was", 5));
    let abroad = Offer { unit_price: None, currency: Currency::from_code("EUR"), ..offer };
    let problem = priced(&promised(&abroad), &products).unwrap_err();
    assert_eq!(problem.errors[0].detail, "A is priced in RUB, not in EUR");
}

#[test]
fn an_order_has_limits() {
    let dear = catalog([product("A", money(kernel::money::MAX_AMOUNT, "RUB"))]);
    assert_eq!(pointers(&priced(&[wanted("A", 1), wanted("A", 1)], &dear).unwrap_err()), ["/items/1"]);
    assert_eq!(pointers(&priced(&[], &dear).unwrap_err()), ["/items"]);
    let many = |count: usize| (0..count).map(|n| wanted(&format!("S{n}"), 1)).collect::<Vec<_>>();
    assert_eq!(merged(&many(MAX_ORDER_LINES)).unwrap().len(), MAX_ORDER_LINES);
    let many = merged(&many(MAX_ORDER_LINES + 1)).unwrap_err();
    assert!(matches!(many, DraftError::Refused(DraftRefusal::TooManyLines)));
}

proptest! {
    #[test]
    fn every_unit_is_priced_once(counts in proptest::collection::vec((0_usize..5, 1_u32..50), 1..30)) {
        let prices = [3, 5, 7, 11, 13];
        let products = catalog((0..5).map(|n| product(&format!("S{n}"), money(prices[n], "RUB"))));
        let wanted: Vec<Wanted> = counts.iter().map(|(n, count)| wanted(&format!("S{n}"), *count)).collect();
        let priced = priced(&wanted, &products).unwrap();
        let expected: i64 = counts.iter().map(|(n, count)| prices[*n] * i64::from(*count)).sum();
        prop_assert_eq!(priced.total.amount(), expected);
        let sum: i64 = priced.lines.iter().map(|line| line.unit_price * i64::from(line.quantity.get())).sum();
        prop_assert_eq!(sum, expected);
        prop_assert!(priced.lines.windows(2).all(|pair| pair[0].sku < pair[1].sku));
    }
}
