//! `GET /api/v1/stocks/{sku}`

use serde_json::json;

use super::stock_by_warehouse;
use crate::harness::{
    customer, get, operator, patch_stock, place_order, product, put_stock, unique_sku, wants_a_token,
    wants_the_scope,
};

fn path(sku: &str) -> String {
    format!("/api/v1/stocks/{sku}")
}

#[tokio::test]
async fn the_stock_of_a_sku_is_answered_by_warehouse() {
    let kettle = product(100, 5).await;
    put_stock(&kettle.sku, &json!({"warehouse": "a-2", "available": 1})).await;
    place_order(&customer().await, &kettle, 2).await;
    patch_stock(&kettle.sku, &json!({"lanes": 3, "lowStockThreshold": 1})).await;
    let warehouses = json!([
        {"warehouse": "a-2", "available": 1, "reserved": 0}, {"warehouse": "msk-1", "available": 3, "reserved": 2},
    ]);
    let expected = json!({
        "productId": kettle.sku, "available": 4, "warehouses": warehouses, "lanes": 3, "lowStockThreshold": 1,
        "isLow": false,
    });
    assert_eq!(stock_by_warehouse(&kettle.sku).await, expected);
}

#[tokio::test]
async fn what_nobody_ever_spoke_of_is_not_found() {
    operator().await.ask(get(&path(&unique_sku()))).await.problem(404, "not_found");
}

#[tokio::test]
async fn a_sku_that_no_product_can_have_is_named() {
    let operator = operator().await;
    for sku in ["x".repeat(65).as_str(), "two%20words", "a@b"] {
        operator.ask(get(&path(sku))).await.problem_at(400, "invalid_parameter", "/path/sku");
    }
}

#[tokio::test]
async fn only_who_may_write_stock_sees_what_is_reserved() {
    let kettle = product(100, 5).await;
    wants_a_token(|| get(&path(&kettle.sku))).await;
    wants_the_scope("stock:write", || get(&path(&kettle.sku))).await;
}
