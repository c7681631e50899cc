//! `GET /api/v1/products/{id}/stock`

use serde_json::json;

use crate::harness::{
    Answer, customer, details, get, operator, place_order, product, put_product, put_stock, unique_sku,
};

fn path(sku: &str) -> String {
    format!("/api/v1/products/{sku}/stock")
}

#[tokio::test]
async fn anybody_hears_how_many_can_be_had_over_all_warehouses() {
    let kettle = product(2_500, 4).await;
    let available = async || Answer::to(get(&path(&kettle.sku))).await.expect(200);
    assert_eq!(available().await, json!({"productId": kettle.sku, "available": 4}));
    put_stock(&kettle.sku, &json!({"warehouse": "spb-1", "available": 3})).await;
    assert_eq!(available().await["available"], 7);
    place_order(&customer().await, &kettle, 2).await;
    assert_eq!(available().await["available"], 5, "what is set aside can't be had");
}

#[tokio::test]
async fn what_cannot_be_bought_has_no_stock_that_others_may_know() {
    let sku = unique_sku();
    let mut hidden = details(100);
    hidden["isActive"] = json!(false);
    put_product(&sku, &hidden).await;
    Answer::to(get(&path(&sku))).await.problem(404, "not_found");
    customer().await.ask(get(&path(&sku))).await.problem(404, "not_found");
    assert_eq!(operator().await.ask(get(&path(&sku))).await.expect(200)["available"], 0);
    Answer::to(get(&path(&unique_sku()))).await.problem(404, "not_found");
    Answer::to(get(&path("a%20b"))).await.problem_at(400, "invalid_parameter", "/path/id");
    Answer::to(get(&path(&sku)).bearer_auth("nonsense")).await.problem(401, "invalid_token");
}

#[tokio::test]
async fn goods_without_a_product_are_nobodys_business() {
    let sku = unique_sku();
    put_stock(&sku, &json!({"warehouse": "msk-1", "available": 3})).await;
    Answer::to(get(&path(&sku))).await.problem(404, "not_found");
}
