//! `PUT /api/v1/products/{id}`

use futures_util::future::join_all;
use reqwest::RequestBuilder;
use serde_json::{Value, json};

use super::pricing_factors::book;
use crate::harness::{
    Answer, customer_with, details, get, names_the_member_at_fault, operator, put, put_product, put_stock,
    unique_sku, wants_a_json_object, wants_a_token, wants_the_scope, with_default_factors, without,
};

/// The largest amount that is taken, in minor units.
const MAX_AMOUNT: i64 = 1_000_000_000_000_000;
/// The most bytes of a product's attributes, as JSON.
const MAX_ATTRIBUTES: usize = 8 * 1024;
/// The most that a piece weighs, in grams.
const MAX_WEIGHT: u32 = 1_000_000;

fn path(sku: &str) -> String {
    format!("/api/v1/products/{sku}")
}

/// What is read of the product afterwards.
async fn stored(sku: &str) -> Value {
    operator().await.ask(get(&path(sku))).await.expect(200)
}

#[tokio::test]
async fn a_new_product_is_answered_whole_and_kept() {
    let sku = unique_sku();
    let answered = put_product(&sku, &details(7_500)).await;
    let mut expected = with_default_factors(details(7_500));
    expected["id"] = json!(sku);
    expected["stock"] = json!(0);
    assert_eq!(answered, expected);
    assert_eq!(stored(&sku).await, expected);
}

#[tokio::test]
async fn what_is_left_out_gets_its_default_also_in_a_product_that_was_there() {
    let sku = unique_sku();
    put_product(&sku, &book(7_500)).await;
    put_stock(&sku, &json!({"warehouse": "msk-1", "available": 12})).await;
    let answered = put_product(&sku, &json!({"name": "Tea", "price": 0, "currency": "JPY"})).await;
    let expected = with_default_factors(json!({
        "id": sku, "name": "Tea", "description": "", "stock": 12, "price": 0, "currency": "JPY",
        "attributes": {}, "isActive": true,
    }));
    assert_eq!(answered, expected);
    assert_eq!(stored(&sku).await, expected);
}

#[tokio::test]
async fn a_repeated_request_is_answered_like_the_first() {
    let sku = unique_sku();
    let first = put_product(&sku, &details(7_500)).await;
    assert_eq!(put_product(&sku, &details(7_500)).await, first);
}

#[tokio::test]
async fn of_parallel_changes_one_is_left_whole_and_none_fails() {
    let sku = unique_sku();
    let operator = operator().await;
    let change = |number: i64| {
        let mut body = details(number);
        body["name"] = json!(format!("Name {number}"));
        operator.ask(put(&path(&sku)).json(&body))
    };
    for answer in join_all((1..=8).map(change)).await {
        answer.expect(200);
    }
    let left = stored(&sku).await;
    assert_eq!(left["name"], format!("Name {}", left["price"]));
}

#[tokio::test]
async fn limits_are_taken_to_their_edges() {
    let around = r#"{"a":""}"#.len();
    let five_levels = json!({"a": {"b": [{"c": [1]}]}});
    for (member, value) in [
        ("name", json!("ы")),
        ("name", json!("ы".repeat(200))),
        ("description", json!("")),
        ("description", json!("ы".repeat(5_000))),
        ("price", json!(0)),
        ("price", json!(MAX_AMOUNT)),
        ("currency", json!("KWD")),
        ("attributes", json!({})),
        ("attributes", five_levels),
        ("attributes", json!({"a": "x".repeat(MAX_ATTRIBUTES - around)})),
        ("category", json!("ы")),
        ("category", json!("ы".repeat(100))),
        ("weightGrams", json!(0)),
        ("weightGrams", json!(MAX_WEIGHT)),
        ("taxCategory", json!("0")),
        ("taxCategory", json!("reduced_rate-2".repeat(3)[..40].to_owned())),
        ("requiresShipping", json!(false)),
    ] {
        let sku = unique_sku();
        let mut body = details(100);
        body[member] = value.clone();
        assert_eq!(put_product(&sku, &body).await[member], value);
        assert_eq!(stored(&sku).await[member], value);
    }
}

#[tokio::test]
async fn a_member_that_breaks_a_rule_is_named() {
    let sku = unique_sku();
    let operator = operator().await;
    let around = r#"{"a":""}"#.len();
    let six_levels = json!({"a": {"b": [{"c": [[1]]}]}});
    let cases = [
        ("name", Value::Null),
        ("name", json!("")),
        ("name", json!("  \u{a0}")),
        ("name", json!("two\nlines")),
        ("name", json!("x\u{0}")),
        ("name", json!("ы".repeat(201))),
        ("name", json!(7)),
        ("description", json!("x".repeat(5_001))),
        ("description", json!(["text"])),
        ("price", Value::Null),
        ("price", json!(-1)),
        ("price", json!(MAX_AMOUNT + 1)),
        ("price", json!(75.5)),
        ("price", json!(1e30)),
        ("price", json!(u64::MAX)),
        ("price", json!("7500")),
        ("currency", Value::Null),
        ("currency", json!("rub")),
        ("currency", json!("XXX")),
        ("currency", json!("DEM")),
        ("currency", json!(643)),
        ("attributes", json!([])),
        ("attributes", six_levels),
        ("attributes", json!({"a": "x".repeat(MAX_ATTRIBUTES - around + 1)})),
        ("isActive", json!("yes")),
        ("stock", json!(5)),
        ("id", json!("another")),
    ];
    names_the_member_at_fault(&details(100), cases, || put(&path(&sku)).bearer_auth(&operator.token)).await;
    operator.ask(get(&path(&sku))).await.problem(404, "not_found");
}

#[tokio::test]
async fn all_members_that_break_a_rule_are_named_at_once() {
    let body = json!({"name": "", "description": "x".repeat(5_001), "price": -1, "currency": "RUB",
        "attributes": {"a": [[[[[]]]]]}, "category": " ", "weightGrams": -1, "taxCategory": "A", "requiresShipping": 1});
    let refused =
        operator().await.ask(put(&path(&unique_sku())).json(&body)).await.problem(422, "invalid_input");
    let errors = refused["errors"].as_array().unwrap();
    let mut pointers: Vec<&str> = errors.iter().map(|error| error["pointer"].as_str().unwrap()).collect();
    pointers.sort_unstable();
    let expected = [
        "/attributes",
        "/category",
        "/description",
        "/name",
        "/price",
        "/requiresShipping",
        "/taxCategory",
        "/weightGrams",
    ];
    assert_eq!(pointers, expected);
}

#[tokio::test]
async fn a_member_that_is_given_twice_is_named() {
    let body = r#"{"name": "Tea", "price": 100, "price": 1, "currency": "RUB"}"#;
    let request = put(&path(&unique_sku())).header("content-type", "application/json").body(body);
    operator().await.ask(request).await.problem_at(422, "invalid_input", "/price");
}

#[tokio::test]
async fn a_body_that_is_not_a_json_object_is_refused() {
    let operator = operator().await;
    let path = path(&unique_sku());
    wants_a_json_object(|| put(&path).bearer_auth(&operator.token)).await;
}

#[tokio::test]
async fn an_id_may_have_64_characters_and_not_more() {
    let longest = format!("{:-<64}", unique_sku());
    assert_eq!(put_product(&longest, &details(100)).await["id"], longest);
    let operator = operator().await;
    for id in [format!("{longest}x").as_str(), "two%20words", "%D1%8B", "a@b"] {
        let answer = operator.ask(put(&path(id)).json(&details(100))).await;
        answer.problem_at(400, "invalid_parameter", "/path/id");
    }
}

#[tokio::test]
async fn only_who_may_write_the_catalog_changes_it() {
    let sku = unique_sku();
    let request = || -> RequestBuilder { put(&path(&sku)).json(&details(100)) };
    wants_a_token(request).await;
    wants_the_scope("catalog:write", request).await;
    customer_with(&["stock:write", "orders:write"])
        .await
        .ask(request())
        .await
        .problem(403, "insufficient_scope");
    Answer::to(get(&path(&sku))).await.problem(404, "not_found");
    let keeper = customer_with(&["catalog:write"]).await;
    assert_eq!(keeper.ask(request()).await.expect(200)["id"], sku);
    // Who may not do it does not hear what is wrong with it either.
    wants_the_scope("catalog:write", || put(&path(&sku)).json(&without(&details(100), "name"))).await;
}
