//! The prices of a cart.

use kernel::Quantity;
use pricing::{
    Promotion, PromotionDraft, PromotionRefusal, Setting, ShippingDraft, TaxRateDraft, TaxTable, Uses,
};
use serde_json::{Value, json};

use super::*;
use crate::answer::CartAnswer;
use crate::offer::tests::{offers, product};

fn now() -> Timestamp {
    "2026-06-01T12:00:00Z".parse().unwrap()
}

fn setting<D: serde::de::DeserializeOwned, T: TryFrom<D, Error = Problem>>(
    id: &str,
    draft: Value,
) -> Setting<T> {
    let draft: D = serde_json::from_value(draft).unwrap();
    Setting { id: id.parse().unwrap(), version: 1, terms: draft.try_into().unwrap() }
}

fn promotion(id: &str, more: Value) -> Promotion {
    let mut draft = json!({"code": id, "kind": "percentage", "value": 1_000, "stackable": true});
    draft.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    setting::<PromotionDraft, _>(id, draft)
}

fn snapshot(promotions: Vec<Promotion>) -> Snapshot {
    let parcel = json!({
        "name": {"en": "Parcel"}, "zones": [{"countries": ["US"]}], "currency": "USD", "rateBy": "weight",
        "rates": [{"price": 500}], "minDays": 1, "maxDays": 3,
    });
    let rate = json!({"country": "US", "taxCategory": "standard", "rate": 1_000, "includedInPrices": false});
    Snapshot {
        version: 7,
        shipping_methods: vec![setting::<ShippingDraft, _>("parcel", parcel)],
        tax_table: TaxTable::new(vec![setting::<TaxRateDraft, _>("us", rate)]).unwrap(),
        promotions,
    }
}

/// A cart with these products, at 10.00 each, and these codes.
fn cart(lines: &[(&str, u32)], codes: &[&str]) -> Cart {
    let line = |(sku, count): &(&str, u32)| (sku.parse().unwrap(), Quantity::new(*count).unwrap());
    let promotion_codes = codes.iter().map(|code| code.parse().unwrap()).collect();
    Cart { version: 3, lines: lines.iter().map(line).collect(), promotion_codes }
}

fn known() -> Offers {
    offers(&[
        (product("A-1", 1_000, "USD"), 9),
        (product("B-1", 1_000, "USD"), 9),
        (product("C-1", 5, "EUR"), 9),
    ])
}

fn prices(cart: &Cart, settings: &Snapshot, delivery: Delivery) -> Result<CartPrices, PricingRefusal> {
    let basket = basket(cart, &known(), settings, delivery).unwrap();
    CartPrices::of(basket, settings.settings(|_| Uses::default()).unwrap(), now())
}

fn answer(cart: &Cart, settings: &Snapshot, delivery: Delivery) -> Value {
    let prices = prices(cart, settings, delivery).unwrap();
    serde_json::to_value(CartAnswer::new(cart, &known(), Some(&prices))).unwrap()
}

fn delivery(method: Option<&str>) -> Delivery {
    let destination = Some(Destination::parse("US", None, None).unwrap());
    Delivery { destination, method: method.map(|id| id.parse().unwrap()) }
}

#[test]
fn a_cart_shows_all_its_prices() {
    let settings = snapshot(vec![promotion("spring", json!({"conditions": {"productIds": ["A-1"]}}))]);
    let cart = cart(&[("A-1", 2), ("B-1", 1), ("GONE", 1)], &["SPRING"]);
    let answer = answer(&cart, &settings, delivery(Some("parcel")));
    let line = |index: usize| ["discount", "tax", "total"].map(|name| answer["items"][index][name].clone());
    assert_eq!(line(0), [200, 180, 1_980].map(Value::from));
    assert_eq!(line(1), [0, 100, 1_100].map(Value::from));
    assert_eq!(line(2), [Value::Null, Value::Null, Value::Null], "what can't be bought has no price");
    let totals = json!({
        "itemCount": 2, "totalQuantity": 3, "subtotal": 3_000, "currency": "USD", "discount": 200,
        "shipping": 500, "tax": 330, "total": 3_630,
    });
    assert_eq!(answer["totals"], totals);
    assert_eq!(answer["taxIncluded"], false);
    assert_eq!(answer["promotions"], json!([{"promotionId": "spring", "code": "SPRING", "amount": 200}]));
    assert_eq!(answer["promotionCodes"], json!([{"code": "SPRING", "applies": true}]));
    let shipping = json!({"methodId": "parcel", "price": 500, "discount": 0, "tax": 50, "total": 550});
    assert_eq!(answer["shipping"], shipping);
}

#[test]
fn a_code_that_does_not_apply_is_left_aside_with_the_reason() {
    let over = promotion("over", json!({"endsAt": "2026-06-01T12:00:00Z"}));
    let settings = snapshot(vec![over, promotion("spring", json!({}))]);
    let answer = answer(&cart(&[("A-1", 1)], &["OVER", "SPRING", "TYPO"]), &settings, Delivery::default());
    let codes = json!([
        {"code": "OVER", "applies": false, "reason": "expired", "endsAt": "2026-06-01T12:00:00.000Z"},
        {"code": "SPRING", "applies": true},
        {"code": "TYPO", "applies": false, "reason": "unknown"},
    ]);
    assert_eq!(answer["promotionCodes"], codes);
    assert_eq!((&answer["totals"]["discount"], &answer["totals"]["total"]), (&json!(100), &json!(900)));
}

#[test]
fn a_cart_without_a_sum_has_no_prices_and_says_of_its_codes_what_can_be_said() {
    let settings = snapshot(vec![promotion("euros", json!({"currency": "EUR"}))]);
    let empty = answer(&cart(&[], &["EUROS", "TYPO"]), &settings, delivery(Some("parcel")));
    let totals = json!({
        "itemCount": 0, "totalQuantity": 0, "subtotal": 0, "discount": 0, "shipping": 0, "tax": 0, "total": 0,
    });
    assert_eq!(empty["totals"], totals);
    let reasons = [&empty["promotionCodes"][0]["reason"], &empty["promotionCodes"][1]["reason"]];
    assert_eq!(reasons, ["no_matching_products", "unknown"]);
    let mixed = answer(&cart(&[("A-1", 1), ("C-1", 1)], &[]), &settings, Delivery::default());
    assert_eq!(mixed["totals"], json!({"itemCount": 2, "totalQuantity": 2, "currencies": ["EUR", "USD"]}));
}

#[test]
fn a_method_that_cannot_be_chosen_is_refused_as_a_parameter() {
    let settings = snapshot(Vec::new());
    let refused = |delivery| {
        let problem = delivery_problem(prices(&cart(&[("A-1", 1)], &[]), &settings, delivery).unwrap_err());
        (problem.code, problem.errors[0].pointer.clone())
    };
    let unknown = ("shipping_method_not_applicable", "/query/shippingMethodId".to_owned());
    assert_eq!(refused(delivery(Some("courier"))), unknown);
    let abroad = Destination::parse("FR", None, None).unwrap();
    let abroad = Delivery { destination: Some(abroad), ..delivery(Some("parcel")) };
    assert_eq!(refused(abroad), ("no_shipping_method", "/query/country".to_owned()));
}

#[test]
fn only_promotions_with_limits_that_matter_are_counted() {
    let limit = || json!({"usageLimit": 5});
    let automatic = |id: &str, conditions: Value| {
        let mut promotion = promotion(id, json!({"usageLimit": 5, "conditions": conditions}));
        promotion.terms.code = None;
        promotion
    };
    let settings = snapshot(vec![
        promotion("entered", json!({"usageLimit": 5, "endsAt": "2026-01-01T00:00:00Z"})),
        promotion("other", limit()),
        promotion("endless", json!({})),
        automatic("found", json!({})),
        automatic("elsewhere", json!({"productIds": ["B-1"]})),
    ]);
    let counted = |cart: &Cart| {
        let prices = prices(cart, &settings, Delivery::default()).unwrap();
        let counted = limited(&settings, cart, &prices).into_iter();
        counted.map(|promotion| promotion.promotion_id.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(counted(&cart(&[("A-1", 1)], &["ENTERED", "ENDLESS"])), ["entered", "found"]);
    assert!(counted(&cart(&[], &["ENDLESS"])).is_empty());
}

#[test]
fn a_promotion_that_is_used_up_gives_nothing() {
    let settings = snapshot(vec![promotion("last", json!({"usageLimit": 5}))]);
    let cart = cart(&[("A-1", 1)], &["LAST"]);
    let basket = basket(&cart, &known(), &settings, Delivery::default()).unwrap();
    let used = settings.settings(|_| Uses { total: 5, by_customer: 0 }).unwrap();
    let prices = CartPrices::of(basket, used, now()).unwrap();
    let refused = prices.check(&"last".parse().unwrap()).unwrap_err();
    let expected = RefusedCode { code: "LAST".to_owned(), reason: PromotionRefusal::UsedUp };
    assert_eq!(refused, CartRefusal::PromotionNotApplicable(expected));
    assert_eq!(prices.priced.unwrap().totals.total, 1_000);
    assert_eq!(prices.basket.promotion_codes, Vec::<String>::new());
}
