//! `GET /api/v1/products/{id}`

use serde_json::{Value, json};

use crate::harness::{
    Answer, customer, customer_with, details, get, operator, put_product, put_stock, unique_sku,
    with_default_factors,
};

fn path(sku: &str) -> String {
    format!("/api/v1/products/{sku}")
}

async fn seen_by_anybody(sku: &str) -> Answer {
    Answer::to(get(&path(sku))).await
}

#[tokio::test]
async fn anybody_reads_the_whole_product() {
    let sku = unique_sku();
    let attributes = json!({
        "объём": "5 л", "sizes": [1, 2.5, -3], "big": 9_007_199_254_740_993_i64, "made": {"where": "Тула", "by": null},
        "quote": "\"\\ \u{1f3fa}", "is new": false,
    });
    let body = json!({
        "name": "Самовар «Тула» ☕ 茶", "description": "Первая строка.\nВторая строка. €", "price": 1_234_567,
        "currency": "RUB", "attributes": attributes, "isActive": true,
    });
    put_product(&sku, &body).await;
    put_stock(&sku, &json!({"warehouse": "msk-1", "available": 3})).await;
    put_stock(&sku, &json!({"warehouse": "spb-1", "available": 4})).await;

    let answer = seen_by_anybody(&sku).await;
    assert_eq!(answer.header("content-type"), "application/json");
    let mut expected = with_default_factors(body);
    expected["id"] = json!(sku);
    expected["stock"] = json!(7);
    assert_eq!(answer.expect(200), expected);
}

#[tokio::test]
async fn what_is_not_stocked_has_a_stock_of_nothing() {
    let sku = unique_sku();
    put_product(&sku, &details(100)).await;
    assert_eq!(seen_by_anybody(&sku).await.expect(200)["stock"], 0);
}

#[tokio::test]
async fn a_change_is_seen_at_once() {
    let sku = unique_sku();
    for price in [100, 250, 90] {
        put_product(&sku, &details(price)).await;
        assert_eq!(seen_by_anybody(&sku).await.expect(200)["price"], price);
    }
}

#[tokio::test]
async fn there_is_no_product_that_was_never_entered() {
    let problem = seen_by_anybody(&unique_sku()).await.problem(404, "not_found");
    assert_eq!(problem["detail"], "There is no product with this id.");
}

#[tokio::test]
async fn a_product_that_is_not_active_exists_for_those_who_keep_the_catalog_alone() {
    let sku = unique_sku();
    let mut body = details(100);
    body["isActive"] = json!(false);
    put_product(&sku, &body).await;
    let hidden = |problem: Value| problem["detail"].clone();

    let unknown = hidden(seen_by_anybody(&unique_sku()).await.problem(404, "not_found"));
    assert_eq!(
        hidden(seen_by_anybody(&sku).await.problem(404, "not_found")),
        unknown,
        "it can't be told apart"
    );
    for stranger in [customer().await, customer_with(&["stock:write", "orders:write"]).await] {
        assert_eq!(hidden(stranger.ask(get(&path(&sku))).await.problem(404, "not_found")), unknown);
    }
    for keeper in [operator().await, customer_with(&["catalog:write"]).await] {
        let product = keeper.ask(get(&path(&sku))).await.expect(200);
        assert_eq!((&product["id"], &product["isActive"]), (&json!(sku), &json!(false)));
    }
}

#[tokio::test]
async fn a_token_is_not_needed_and_a_bad_one_is_still_refused() {
    let sku = unique_sku();
    put_product(&sku, &details(100)).await;
    Answer::to(get(&path(&sku)).bearer_auth("nonsense")).await.problem(401, "invalid_token");
}

#[tokio::test]
async fn an_id_that_no_product_can_have_is_named() {
    for id in ["x".repeat(65).as_str(), "two%20words", "%D1%8B", "a%23b", "a@b"] {
        seen_by_anybody(id).await.problem_at(400, "invalid_parameter", "/path/id");
    }
    seen_by_anybody(&"x".repeat(64)).await.problem(404, "not_found");
}
