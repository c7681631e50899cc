//! `GET /api/v1/products/{id}/price`

use serde_json::json;

use crate::harness::{Answer, customer, details, get, operator, product, put_product, unique_sku};

fn path(sku: &str) -> String {
    format!("/api/v1/products/{sku}/price")
}

#[tokio::test]
async fn anybody_hears_what_a_product_costs_now() {
    let kettle = product(2_500, 1).await;
    let answer = Answer::to(get(&path(&kettle.sku))).await.expect(200);
    assert_eq!(answer, json!({"productId": kettle.sku, "price": 2_500, "currency": "RUB"}));
    put_product(&kettle.sku, &json!({"name": "Kettle", "price": 19, "currency": "JPY"})).await;
    let answer = customer().await.ask(get(&path(&kettle.sku))).await.expect(200);
    assert_eq!(answer, json!({"productId": kettle.sku, "price": 19, "currency": "JPY"}));
}

#[tokio::test]
async fn what_cannot_be_bought_costs_nothing_that_others_may_know() {
    let sku = unique_sku();
    let mut hidden = details(100);
    hidden["isActive"] = json!(false);
    put_product(&sku, &hidden).await;
    Answer::to(get(&path(&sku))).await.problem(404, "not_found");
    customer().await.ask(get(&path(&sku))).await.problem(404, "not_found");
    assert_eq!(operator().await.ask(get(&path(&sku))).await.expect(200)["price"], 100);
    Answer::to(get(&path(&unique_sku()))).await.problem(404, "not_found");
    Answer::to(get(&path("a%20b"))).await.problem_at(400, "invalid_parameter", "/path/id");
    Answer::to(get(&path(&sku)).bearer_auth("nonsense")).await.problem(401, "invalid_token");
}
