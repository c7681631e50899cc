//! `DELETE /api/v1/cart/promotions/{code}`

use serde_json::json;

use super::market::{Market, enter, path};
use super::visitor::takes_cart_tokens;
use crate::harness::{cart_of, customer, delete, put_in_cart, unique_sku, wants_a_token};

#[tokio::test]
async fn the_code_goes_and_a_repeat_changes_nothing() {
    let (market, anna) = (Market::open(1, &json!({})).await, customer().await);
    put_in_cart(&anna, &market.kettle.sku, 1).await;
    let entered = enter(&anna, &market.path(0)).await;
    let tag = entered.header("etag").to_owned();
    assert_eq!(entered.expect(200)["totals"]["total"], 9_000);
    let kept = anna.ask(delete(&path(&unique_sku()))).await.expect(200);
    assert_eq!(kept["version"], 2, "another code is not there");
    let stale = delete(&market.path(0)).header("if-match", "\"0-0\"");
    anna.ask(stale).await.problem(412, "etag_mismatch");
    let spelling = path(&market.code(0).to_lowercase());
    let gone = anna.ask(delete(&spelling).header("if-match", tag)).await.expect(200);
    assert_eq!(gone["promotionCodes"], json!([]));
    assert_eq!((&gone["version"], &gone["totals"]["total"]), (&json!(3), &json!(10_000)));
    assert_eq!(anna.ask(delete(&market.path(0))).await.expect(200), gone);
    assert_eq!(cart_of(&anna).await, gone);
    market.close().await;
}

#[tokio::test]
async fn a_code_that_no_promotion_can_have_is_named() {
    let anna = customer().await;
    for code in ["x".repeat(41).as_str(), "two%20words"] {
        anna.ask(delete(&path(code))).await.problem_at(400, "invalid_parameter", "/path/code");
    }
}

#[tokio::test]
async fn a_cart_is_for_its_owner() {
    wants_a_token(|| delete(&path("spring"))).await;
    takes_cart_tokens(|| delete(&path("spring"))).await;
}
