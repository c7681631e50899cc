//! `PUT /api/v1/cart/promotions/{code}`

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::market::{Market, enter, path};
use super::visitor::{UNKNOWN, Visitor, refuses_malformed_tokens};
use crate::harness::{Person, cart_of, customer, post, product, put, put_in_cart, unique_sku, wants_a_token};

/// The most codes of a cart.
const MAX_PROMOTION_CODES: usize = 10;
const CHECKOUT: &str = "/api/v1/orders/checkout";

#[tokio::test]
async fn a_code_is_entered_once_in_its_one_form() {
    let (market, anna) = (Market::open(1, &json!({})).await, customer().await);
    let before = put_in_cart(&anna, &market.kettle.sku, 2).await;
    let entered = enter(&anna, &market.path(0)).await;
    let (tag, cart) = (entered.header("etag").to_owned(), entered.expect(200));
    assert_eq!(cart["promotionCodes"], json!([{"code": market.code(0), "applies": true}]));
    assert_eq!((&cart["version"], &cart["totals"]["total"]), (&json!(2), &json!(18_000)));
    assert_eq!(cart_of(&anna).await, cart);
    for spelling in [market.code(0), format!("%20{}%20", market.code(0).to_lowercase())] {
        let again = enter(&anna, &path(&spelling)).await;
        assert_eq!(again.header("etag"), tag);
        assert_eq!(again.expect(200), cart, "{spelling}");
    }
    let stale = format!("\"{}-0000000000000000\"", before["version"]);
    anna.ask(put(&market.path(0)).header("if-match", stale)).await.problem(412, "etag_mismatch");
    anna.ask(put(&market.path(0)).header("if-match", tag)).await.expect(200);

    // A visitor's code comes along into the account's cart.
    let (boris, visitor) = (customer().await, Visitor::with(&market.kettle.sku, 1).await);
    visitor.ask(put(&market.path(0))).await.expect(200);
    let merge = post("/api/v1/cart/merge").json(&json!({"cartToken": visitor.token}));
    let merged = boris.ask(merge).await.expect(200);
    assert_eq!(merged["promotionCodes"], cart["promotionCodes"]);
    assert_eq!(visitor.cart().await["promotionCodes"], json!([]));
    market.close().await;
}

/// The reason for which `code` is refused.
async fn reason(person: &Person, code: &str) -> Value {
    let told = enter(person, &path(code)).await.problem(409, "promotion_not_applicable");
    assert_eq!(told["promotions"][0]["code"], code.to_uppercase(), "{told}");
    told["promotions"][0]["reason"].clone()
}

#[tokio::test]
async fn a_code_that_does_not_apply_is_refused_and_not_stored() {
    let (market, anna) = (Market::open(1, &json!({})).await, customer().await);
    let code = market.code(0);
    assert_eq!(reason(&anna, &code).await, "no_matching_products", "of an empty cart");
    put_in_cart(&anna, &product(100, 5).await.sku, 1).await;
    let before = cart_of(&anna).await;
    assert_eq!(reason(&anna, &code).await, "no_matching_products");
    assert_eq!(reason(&anna, &unique_sku()).await, "unknown");
    assert_eq!(cart_of(&anna).await, before);
    // It stays when its product goes.
    put_in_cart(&anna, &market.kettle.sku, 1).await;
    enter(&anna, &market.path(0)).await.expect(200);
    let without = put_in_cart(&anna, &market.kettle.sku, 0).await;
    let refused = json!([{"code": code, "applies": false, "reason": "no_matching_products"}]);
    assert_eq!((&without["promotionCodes"], &without["totals"]["total"]), (&refused, &json!(100)));
    market.close().await;
}

#[tokio::test]
async fn a_cart_takes_so_many_codes() {
    let (market, anna) = (Market::open(MAX_PROMOTION_CODES + 1, &json!({})).await, customer().await);
    put_in_cart(&anna, &market.kettle.sku, 1).await;
    for index in 0..MAX_PROMOTION_CODES {
        enter(&anna, &market.path(index)).await.expect(200);
    }
    let full = cart_of(&anna).await;
    assert_eq!(full["promotionCodes"].as_array().unwrap().len(), MAX_PROMOTION_CODES);
    let refused = enter(&anna, &market.path(MAX_PROMOTION_CODES)).await;
    let told = refused.problem(422, "too_many_promotion_codes");
    assert_eq!(told["limit"], MAX_PROMOTION_CODES);
    assert_eq!(enter(&anna, &market.path(0)).await.expect(200), full, "one that is there is no more");
    market.close().await;
}

/// Somebody with one of the product in the cart, and the code.
async fn shopper(market: &Market) -> Person {
    let shopper = customer().await;
    put_in_cart(&shopper, &market.kettle.sku, 1).await;
    assert_eq!(enter(&shopper, &market.path(0)).await.expect(200)["totals"]["total"], 9_000);
    shopper
}

#[tokio::test]
async fn the_last_uses_of_a_code_are_not_given_twice() {
    const LIMIT: usize = 5;
    let market = Market::open(1, &json!({"usageLimit": LIMIT})).await;
    let shoppers = join_all((0..12).map(|_| shopper(&market))).await;
    let seen = json!({"expectedTotal": 9_000});
    let order = async |shopper: &Person| {
        let answer = shopper.ask_until_available(|| post(CHECKOUT).json(&seen)).await;
        if answer.status == 201 {
            assert_eq!(answer.body["totalAmount"], 9_000);
            return Some(answer.body);
        }
        let told = answer.problem(409, "promotion_not_applicable");
        assert_eq!(told["promotions"], json!([{"code": market.code(0), "reason": "used_up"}]));
        None
    };
    let orders = join_all(shoppers.iter().map(order)).await;
    assert_eq!(orders.iter().flatten().count(), LIMIT);

    let with_orders = || shoppers.iter().zip(&orders);
    let (late, _) = with_orders().find(|(_, order)| order.is_none()).unwrap();
    let cart = cart_of(late).await;
    let used_up = json!([{"code": market.code(0), "applies": false, "reason": "used_up"}]);
    assert_eq!((&cart["promotionCodes"], &cart["totals"]["total"]), (&used_up, &json!(10_000)));
    let (early, first) = with_orders().find_map(|(one, order)| Some((one, order.as_ref()?))).unwrap();
    early.ask(post(&format!("/api/v1/orders/{}/cancel", first["number"]))).await.expect(200);
    assert_eq!(cart_of(late).await["totals"]["total"], 9_000, "the use is given back");
    assert_eq!(late.ask(post(CHECKOUT).json(&seen)).await.expect(201)["totalAmount"], 9_000);
    let last = customer().await;
    put_in_cart(&last, &market.kettle.sku, 1).await;
    assert_eq!(reason(&last, &market.code(0)).await, "used_up");
    market.close().await;
}

#[tokio::test]
async fn a_code_that_no_promotion_can_have_is_named() {
    let anna = customer().await;
    for code in ["x".repeat(41).as_str(), "two%20words", "a@b", "%20"] {
        enter(&anna, &path(code)).await.problem_at(400, "invalid_parameter", "/path/code");
    }
    anna.ask(put(&path("x")).json(&json!({"quantity": 1}))).await.problem(422, "invalid_input");
}

#[tokio::test]
async fn a_cart_is_for_its_owner() {
    wants_a_token(|| put(&path("spring"))).await;
    refuses_malformed_tokens(|| put(&path("spring"))).await;
    let unknown = Visitor { token: UNKNOWN.to_owned() };
    let code = unique_sku();
    unknown.ask(put(&path(&code))).await.problem(409, "promotion_not_applicable");
    assert!(!unknown.is_kept().await, "no code makes a cart");
}
