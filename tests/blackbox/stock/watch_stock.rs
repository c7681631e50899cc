//! The stock table's stream. What it makes of changes is seen in the journal and in the answer of `GET /api/v1/stocks/{sku}`.

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::stock_by_warehouse;
use crate::harness::{
    PATIENCE, customer, decide, eventually, invoke, journal_of, patch_stock, place_order, product, put_stock,
    stream_batch,
};

/// Waits until `sku` is said to be low, or no longer.
async fn wait_for(sku: &str, is_low: bool) {
    eventually("the crossing to be noticed", PATIENCE, || async {
        (stock_by_warehouse(sku).await["isLow"] == is_low).then_some(())
    })
    .await;
}

/// The crossings that were published about `sku`.
async fn crossings(sku: &str) -> Vec<(Value, Value)> {
    let told = journal_of(&format!("stock/{sku}")).await;
    let crossings = told.into_iter().map(|event| (event["type"].clone(), event["data"].clone()));
    crossings.filter(|(kind, _)| kind == "stock.stock_low" || kind == "stock.stock_recovered").collect()
}

#[tokio::test]
async fn each_crossing_of_the_threshold_is_told_once() {
    let kettle = product(100, 5).await;
    patch_stock(&kettle.sku, &json!({"lowStockThreshold": 3})).await;
    let anna = customer().await;
    let order = place_order(&anna, &kettle, 2).await;
    wait_for(&kettle.sku, true).await;
    let told = |kind: &str, available: u64| {
        (json!(kind), json!({"sku": kettle.sku, "available": available, "threshold": 3}))
    };
    let low = told("stock.stock_low", 3);
    assert_eq!(crossings(&kettle.sku).await, std::slice::from_ref(&low));
    place_order(&anna, &kettle, 1).await;
    assert_eq!(decide(&order, "decline").await.status, 303);
    wait_for(&kettle.sku, false).await;
    let recovered = told("stock.stock_recovered", 4);
    assert_eq!(crossings(&kettle.sku).await, [low.clone(), recovered.clone()]);
    put_stock(&kettle.sku, &json!({"warehouse": "msk-1", "available": 0})).await;
    wait_for(&kettle.sku, true).await;
    assert_eq!(crossings(&kettle.sku).await, [low, recovered, told("stock.stock_low", 0)]);
}

#[tokio::test]
async fn a_threshold_that_changes_is_compared_anew() {
    let kettle = product(100, 5).await;
    patch_stock(&kettle.sku, &json!({"lowStockThreshold": 5})).await;
    wait_for(&kettle.sku, true).await;
    patch_stock(&kettle.sku, &json!({"lowStockThreshold": 4})).await;
    wait_for(&kettle.sku, false).await;
    patch_stock(&kettle.sku, &json!({"lowStockThreshold": 9})).await;
    wait_for(&kettle.sku, true).await;
    assert_eq!(patch_stock(&kettle.sku, &json!({"lowStockThreshold": null})).await.get("isLow"), None);
}

#[tokio::test]
async fn a_batch_that_comes_again_tells_nothing_new() {
    let kettle = product(100, 2).await;
    patch_stock(&kettle.sku, &json!({"lowStockThreshold": 2})).await;
    let row = |sku: &str| json!({"PK": format!("SKU#{sku}"), "SK": "LOC#msk-1#000"});
    let batch =
        stream_batch(&[("1", row(&kettle.sku)), ("2", row(&kettle.sku)), ("3", row("nobody-has-it"))]);
    for answer in join_all([(); 6].map(|()| invoke("WatchStock", &batch))).await {
        assert_eq!(answer.unwrap(), json!({"batchItemFailures": []}));
    }
    wait_for(&kettle.sku, true).await;
    assert_eq!(crossings(&kettle.sku).await.len(), 1);
}

#[tokio::test]
async fn what_is_not_of_a_sku_is_passed_over() {
    let id = "RESERVATION#0b0e9f5a-2f1f-4b44-9a8e-0d9f64bb7c11";
    let batch = stream_batch(&[
        ("1", json!({"PK": id, "SK": "RESERVATION"})),
        ("2", json!({"PK": "SKU#", "SK": "HEAD"})),
    ]);
    assert_eq!(invoke("WatchStock", &batch).await.unwrap(), json!({"batchItemFailures": []}));
}
