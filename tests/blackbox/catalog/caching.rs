//! Keeping what the catalog answered, and asking whether it still holds.

use std::time::Duration;

use reqwest::RequestBuilder;
use serde_json::json;

use crate::harness::{
    Answer, customer, customer_with, details, get, operator, product, put_product, put_stock, unique_sku,
};

/// How long customers may keep what they see.
const MAX_AGE: Duration = Duration::from_secs(10);

/// The reads of one product.
fn reads(sku: &str) -> [String; 3] {
    ["", "/price", "/stock"].map(|what| format!("/api/v1/products/{sku}{what}"))
}

/// The entity tag of an answer to `request`, which is not sent again while it holds.
async fn round_trip(request: impl Fn() -> RequestBuilder) -> String {
    let first = Answer::to(request()).await;
    let etag = first.header("etag").to_owned();
    assert!(etag.starts_with('"') && etag.ends_with('"') && etag.len() > 2, "a strong tag: {etag}");
    for known in [etag.clone(), format!("W/{etag}"), format!("\"other\", {etag}"), "*".to_owned()] {
        let again = Answer::to(request().header("if-none-match", &known)).await;
        assert_eq!((again.status, again.text.as_str()), (304, ""), "{known}");
        for name in ["etag", "cache-control", "vary"] {
            assert_eq!(again.header(name), first.header(name), "{known}");
        }
    }
    let other = Answer::to(request().header("if-none-match", "\"other\"")).await;
    assert_eq!((other.status, &other.text), (200, &first.text));
    etag
}

#[tokio::test]
async fn what_is_known_is_not_sent_again_until_it_changes() {
    let kettle = product(2_500, 10).await;
    let mut before = Vec::new();
    for path in reads(&kettle.sku) {
        before.push(round_trip(|| get(&path)).await);
    }
    put_product(&kettle.sku, &details(2_600)).await;
    put_stock(&kettle.sku, &json!({"warehouse": "msk-1", "delta": 1})).await;
    for (path, etag) in reads(&kettle.sku).into_iter().zip(before) {
        let changed = Answer::to(get(&path).header("if-none-match", &etag)).await;
        assert_ne!(changed.header("etag"), etag);
        changed.expect(200);
    }
    round_trip(|| get("/api/v1/products").query(&[("q", "кофе"), ("limit", "2")])).await;
}

#[tokio::test]
async fn customers_may_share_what_they_keep_and_operators_keep_it_to_themselves() {
    let kettle = product(2_500, 10).await;
    let public = format!("public, max-age={}", MAX_AGE.as_secs());
    let (customer, operator) = (customer().await, operator().await);
    let keeper = customer_with(&["catalog:write"]).await;
    let stockist = customer_with(&["stock:write"]).await;
    for path in reads(&kettle.sku).into_iter().chain(["/api/v1/products?limit=1".to_owned()]) {
        let seen = [
            (Answer::to(get(&path)).await, public.as_str()),
            (customer.ask(get(&path)).await, &public),
            (stockist.ask(get(&path)).await, &public),
            (keeper.ask(get(&path)).await, "private, no-cache"),
            (operator.ask(get(&path)).await, "private, no-cache"),
        ];
        for (answer, caching) in seen {
            assert_eq!(answer.header("cache-control"), caching, "{path}");
            assert_eq!(answer.header("vary"), "authorization", "{path}");
            answer.expect(200);
        }
    }
}

#[tokio::test]
async fn a_refusal_is_kept_by_nobody() {
    for path in reads(&unique_sku()) {
        let absent = Answer::to(get(&path).header("if-none-match", "*")).await;
        assert_eq!(absent.header("cache-control"), "no-store");
        assert_eq!(absent.header("etag"), "");
        absent.problem(404, "not_found");
    }
}
