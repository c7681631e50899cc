//! The problems of refusals.

use std::collections::BTreeMap;
use std::time::Duration;

use kernel::Currency;
use orders::refusal::Unorderable;

use super::*;

fn told(problem: impl Into<Problem>) -> String {
    let Problem { kind, code, detail, extensions, .. } = problem.into();
    let members: BTreeMap<String, Value> = extensions.into_iter().collect();
    format!("{kind:?} {code}: {detail} {}", json!(members))
}

fn roubles(amount: i64) -> Money {
    Money::new(amount, Currency::from_code("RUB").unwrap()).unwrap()
}

fn shortage() -> Shortage {
    Shortage { sku: "A-1".parse().unwrap(), wanted: 5, available: 2 }
}

#[test]
fn payments_whose_receipt_can_be_sent_to_no_one() {
    let problem = Problem::from(ReceiptRefusal::ContactRequired);
    assert_eq!((problem.errors.len(), problem.errors[0].pointer.as_str()), (1, "/contact"));
    let expected = "Invalid receipt_contact_required: The receipt needs an email address or a phone number: send a contact, or verify one. {}";
    assert_eq!(told(problem), expected);
}

#[test]
fn orders_that_are_not_placed() {
    let number = OrderNumber::try_from(42).unwrap();
    let order_id = number.order_id();
    let sums = Totals { subtotal: 19_800, total: 19_800, ..Totals::default() };
    let currency = roubles(1).currency();
    let changed = PlaceRefusal::PriceChanged { item_count: 1, total_quantity: 2, totals: sums, currency };
    let totals = json!({
        "itemCount": 1, "totalQuantity": 2, "subtotal": 19_800, "discount": 0, "shipping": 0, "tax": 0,
        "total": 19_800, "currency": "RUB",
    });
    let total = roubles(19_800);
    let cases = [
        (
            told(PlaceRefusal::CartChanged),
            "Conflict cart_changed: The cart was changed or checked out in the meantime; look at it again. {}".to_owned(),
        ),
        (
            told(PlaceRefusal::SnapshotOrdered { order_id: None }),
            "Conflict snapshot_already_ordered: An order was placed from this signed cart already. {}".to_owned(),
        ),
        (
            told(PlaceRefusal::SnapshotOrdered { order_id: Some(order_id) }),
            format!(r#"Conflict snapshot_already_ordered: An order was placed from this signed cart already. {{"orderId":"{order_id}"}}"#),
        ),
        (
            told(changed),
            format!(r#"Conflict price_changed: The order costs {total}, which is not the expected total. Show the new totals and order again. {{"totals":{totals}}}"#),
        ),
        (
            told(PlaceRefusal::OutOfStock { order_id, number, shortage: shortage() }),
            format!(r#"Conflict insufficient_stock: Insufficient stock for SKU A-1: 2 available, 5 requested. {{"available":2,"number":42,"orderId":"{order_id}","sku":"A-1","wanted":5}}"#),
        ),
        (told(PlaceRefusal::CartLines(DraftRefusal::TooManyLines)), told(DraftRefusal::TooManyLines)),
    ];
    for (told, expected) in cases {
        assert_eq!(told, expected);
    }
}

#[test]
fn goods_that_are_not_reserved() {
    let line = |index, why| UnorderableLine { index, sku: "A-1".parse().unwrap(), why };
    let lines =
        [(0, Unorderable::NotForSale), (1, Unorderable::TotalTooLarge)].map(|(index, why)| line(index, why));
    let cases = [
        (
            told(ReserveRefusal::PriceChanged { ordered: roubles(5), current: roubles(7) }),
            r#"Conflict price_changed: The prices have changed since the order was placed; order again. {"currentTotal":{"amount":7,"currency":"RUB"},"orderTotal":{"amount":5,"currency":"RUB"}}"#,
        ),
        (
            told(ReserveRefusal::NotOrderable(lines.to_vec())),
            "Conflict product_not_orderable: The order can't be reserved any more: A-1 is not for sale; A-1 makes the order's total too large. {}",
        ),
        (
            told(ReserveRefusal::OutOfStock { shortage: shortage(), order: json!({"number": 42}) }),
            r#"Conflict insufficient_stock: Insufficient stock for SKU A-1: 2 available, 5 requested. {"available":2,"order":{"number":42},"sku":"A-1","wanted":5}"#,
        ),
    ];
    for (told, expected) in cases {
        assert_eq!(told, expected);
    }
}

#[test]
fn waiting_helps_against_one_limit_and_not_against_the_other() {
    let now = Timestamp::from_millis(0);
    let refusal = |too_much, limited| UnpaidRefusal { too_much, now, limited };
    let orders = TooMuch::Orders { limit: 5, next: now.plus(Duration::from_secs(90)) };
    let units = TooMuch::Units { sku: "A".to_owned(), held: 3, limit: 5 };
    let wait = |too_much: &TooMuch| Problem::from(refusal(too_much.clone(), Limited::Address)).retry_after;
    assert_eq!((wait(&orders), wait(&units)), (Some(90), None));
    assert_eq!(
        told(refusal(orders, Limited::Address)),
        r#"Throttled too_many_unpaid_orders: Too many orders wait for payment: 5 are allowed. Pay or cancel one of them first. {"limit":5}"#
    );
    assert_eq!(
        told(refusal(units.clone(), Limited::Guest)),
        r#"Conflict too_many_unpaid_units: Too many units of SKU A would wait for payment: 5 are allowed. Order fewer, or pay or cancel first. {"limit":5,"sku":"A","verified":false}"#
    );
    assert_eq!(
        told(refusal(units, Limited::Account { verified: false })),
        r#"Conflict too_many_unpaid_units: Too many units of SKU A would wait for payment: 5 are allowed, 3 wait already. Order fewer, or pay or cancel first. {"held":3,"limit":5,"sku":"A","verified":false}"#
    );
}

#[test]
fn notifications_that_are_not_accepted() {
    assert_eq!(
        told(NotificationRefusal::OtherProvider),
        "NotFound not_found: This shop has another provider. {}"
    );
    assert_eq!(
        told(NotificationRefusal::SourceNotAllowed(None)),
        "Forbidden source_not_allowed: Notifications are taken from the provider's addresses only. {}"
    );
}
