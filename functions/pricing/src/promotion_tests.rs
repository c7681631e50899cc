use serde_json::json;

use super::*;
use crate::testing::{at, promotion, promotion_faults, with};

#[test]
fn every_member_at_fault_is_named() {
    let bad = json!({
        "code": "two words", "kind": "percentage", "value": 10_001, "buyQuantity": 1, "getQuantity": 1,
        "conditions": {"minSubtotal": -1, "categories": ["books", ""]},
        "startsAt": "2026-06-01T00:00:00Z", "endsAt": "2026-06-01T00:00:00Z", "usageLimit": 0, "usageLimitPerCustomer": -1,
    });
    let expected = [
        "/code",
        "/buyQuantity",
        "/getQuantity",
        "/value",
        "/currency",
        "/conditions/minSubtotal",
        "/conditions/categories/1",
        "/endsAt",
        "/usageLimit",
        "/usageLimitPerCustomer",
    ];
    assert_eq!(promotion_faults(bad), expected);
}

#[test]
fn each_kind_has_its_members() {
    let faults = |draft| promotion_faults(draft);
    assert_eq!(faults(json!({"kind": "percentage"})), ["/value"]);
    assert_eq!(faults(json!({"kind": "percentage", "value": 0})), ["/value"]);
    assert_eq!(faults(json!({"kind": "amount"})), ["/value", "/currency"]);
    assert_eq!(faults(json!({"kind": "amount", "value": 100, "currency": "EUR"})), Vec::<String>::new());
    assert_eq!(faults(json!({"kind": "free_shipping"})), Vec::<String>::new());
    assert_eq!(faults(json!({"kind": "free_shipping", "value": 1})), ["/value"]);
    assert_eq!(faults(json!({"kind": "buy_x_get_y"})), ["/buyQuantity", "/getQuantity"]);
    let group = |buy: i64, get: i64| json!({"kind": "buy_x_get_y", "buyQuantity": buy, "getQuantity": get});
    assert_eq!(faults(group(MAX_GROUP_QUANTITY, 1)), Vec::<String>::new());
    assert_eq!(faults(group(0, MAX_GROUP_QUANTITY + 1)), ["/buyQuantity", "/getQuantity"]);
    let free = promotion("p", group(2, 1)).terms.benefit;
    assert_eq!(free, Benefit::BuyXGetY { buy: 2, get: 1, off: Permyriad::ALL });
}

#[test]
fn limits_are_inclusive() {
    let base = || json!({"kind": "percentage", "value": 1_000});
    let products = |count: usize| json!({"conditions": {"productIds": vec!["A"; count]}});
    let categories = |count: usize| json!({"conditions": {"categories": vec!["A"; count]}});
    assert!(promotion_faults(with(base(), products(MAX_PROMOTION_PRODUCTS))).is_empty());
    assert_eq!(
        promotion_faults(with(base(), products(MAX_PROMOTION_PRODUCTS + 1))),
        ["/conditions/productIds"]
    );
    assert!(promotion_faults(with(base(), categories(MAX_PROMOTION_CATEGORIES))).is_empty());
    let more = with(base(), categories(MAX_PROMOTION_CATEGORIES + 1));
    assert_eq!(promotion_faults(more), ["/conditions/categories"]);
    assert!(promotion_faults(with(base(), json!({"usageLimit": MAX_USAGE_LIMIT}))).is_empty());
    assert_eq!(promotion_faults(with(base(), json!({"usageLimit": MAX_USAGE_LIMIT + 1}))), ["/usageLimit"]);
}

#[test]
fn a_promotion_is_stored_in_one_form() {
    let sent = json!({
        "code": " spring ", "kind": "buy_x_get_y", "value": 5_000, "currency": "EUR", "buyQuantity": 2, "getQuantity": 1,
        "conditions": {"minSubtotal": 100, "productIds": ["A-1"], "categories": ["Книги"], "firstOrder": true},
        "startsAt": "2026-05-31T23:00:00-05:00", "endsAt": "2026-06-30T23:59:59+03:00",
        "usageLimit": 10, "usageLimitPerCustomer": 1, "stackable": true,
    });
    let terms = promotion("p", sent.clone()).terms;
    assert_eq!(terms.starts_at, Some(at("2026-06-01T04:00:00Z")), "a time may have any offset from UTC");
    let stored = serde_json::to_value(&terms).unwrap();
    let normal = json!({"code": "SPRING", "startsAt": "2026-06-01T04:00:00.000Z", "endsAt": "2026-06-30T20:59:59.000Z"});
    assert_eq!(stored, with(sent, normal));
    assert_eq!(serde_json::from_value::<PromotionTerms>(stored).unwrap(), terms);
}
