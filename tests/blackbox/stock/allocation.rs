//! From which warehouses and lanes orders are served.

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::{rows_of, stock_by_warehouse};
use crate::harness::{
    Answer, PATIENCE, Product, customer, eventually, patch_stock, place_order, post, product, put_in_cart,
    put_stock,
};

async fn put_in(warehouse: &str, product: &Product, available: u64) {
    put_stock(&product.sku, &json!({"warehouse": warehouse, "available": available})).await;
}

/// The units of `product` that are reserved, by warehouse.
async fn reserved(product: &Product) -> Vec<(String, u64)> {
    let stock = stock_by_warehouse(&product.sku).await;
    let at = |at: &Value| (at["warehouse"].as_str().unwrap().to_owned(), at["reserved"].as_u64().unwrap());
    stock["warehouses"].as_array().unwrap().iter().map(at).filter(|(_, units)| *units > 0).collect()
}

fn only(warehouse: &str, units: u64) -> Vec<(String, u64)> {
    vec![(warehouse.to_owned(), units)]
}

#[tokio::test]
async fn an_order_is_served_from_as_few_warehouses_as_can_serve_all_of_it() {
    let (kettle, teapot) = (product(100, 9).await, product(100, 0).await);
    // msk-1 has the most kettles and b-9 the most teapots; c-3 has enough of both.
    put_in("b-9", &teapot, 9).await;
    put_in("c-3", &kettle, 2).await;
    put_in("c-3", &teapot, 2).await;
    let anna = customer().await;
    put_in_cart(&anna, &kettle.sku, 2).await;
    place_order(&anna, &teapot, 2).await;
    assert_eq!(reserved(&kettle).await, only("c-3", 2));
    assert_eq!(reserved(&teapot).await, only("c-3", 2));
}

#[tokio::test]
async fn what_no_warehouse_has_alone_is_taken_from_several_and_not_a_unit_more() {
    let kettle = product(100, 3).await;
    put_in("a-2", &kettle, 2).await;
    put_in("c-3", &kettle, 1).await;
    let anna = customer().await;
    place_order(&anna, &kettle, 5).await;
    let stock = stock_by_warehouse(&kettle.sku).await;
    assert_eq!(reserved(&kettle).await.iter().map(|(_, units)| units).sum::<u64>(), 5, "{stock}");
    assert_eq!(stock["available"], 1);
    put_in_cart(&anna, &kettle.sku, 1).await;
    place_order(&anna, &kettle, 1).await;
    assert_eq!(stock_by_warehouse(&kettle.sku).await["available"], 0, "the last unit is found");
}

#[tokio::test]
async fn of_many_buyers_as_many_are_served_as_there_are_units_on_all_lanes() {
    const UNITS: usize = 6;
    let kettle = product(100, 0).await;
    patch_stock(&kettle.sku, &json!({"lanes": 4})).await;
    put_in("msk-1", &kettle, UNITS as u64).await;
    // All have it in their carts before the first of them buys: a cart takes nothing that is gone.
    let buyers = join_all([(); 10].map(|()| async {
        let anna = customer().await;
        put_in_cart(&anna, &kettle.sku, 1).await;
        anna
    }));
    let bought = buyers.await.into_iter().map(async |anna| {
        eventually("an order that is not crowded out", PATIENCE, || async {
            let answer = anna.ask(post("/api/v1/orders/checkout")).await;
            (answer.status != 503).then_some(answer)
        })
        .await
    });
    let (served, refused): (Vec<Answer>, Vec<Answer>) =
        join_all(bought).await.into_iter().partition(|answer| answer.status == 201);
    assert_eq!(served.len(), UNITS);
    for answer in refused {
        answer.problem(409, "insufficient_stock");
    }
    let rows = rows_of(&kettle.sku).await;
    assert!(rows.iter().all(|(available, _)| *available == 0), "{rows:?}");
    assert_eq!(rows.iter().map(|(_, reserved)| reserved).sum::<u64>(), UNITS as u64);
}
