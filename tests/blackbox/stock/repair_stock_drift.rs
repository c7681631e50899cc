//! Repairing a row. It has no route: a caller that IAM allows invokes the function.

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::check_stock_drift::{check, corrupt, told};
use super::reserving::{make, reserved, stocked, units};
use crate::harness::{invoke, set_text, unique_sku};

fn row(sku: &str) -> Value {
    json!({"sku": sku, "warehouse": "msk-1", "lane": 0})
}

#[tokio::test]
async fn a_row_is_set_right_and_the_difference_closed() {
    let sku = stocked(9).await;
    let id = reserved(&sku, 2).await;
    corrupt(&sku, "reserved", 7).await;
    check().await;
    let mut order = row(&sku);
    order["dryRun"] = json!(true);
    let expected = json!({
        "sku": sku, "warehouse": "msk-1", "lane": 0,
        "before": {"available": 7, "reserved": 7}, "after": {"available": 7, "reserved": 2}, "repaired": false,
    });
    assert_eq!(invoke("RepairStockDrift", &order).await.unwrap(), expected);
    assert_eq!(units(&sku).await, (7, 7), "it only showed what it would do");

    let mut done = expected.clone();
    done["repaired"] = json!(true);
    assert_eq!(invoke("RepairStockDrift", &row(&sku)).await.unwrap(), done);
    assert_eq!(units(&sku).await, (7, 2), "units in doubt are not put on sale");
    let report = check().await;
    assert!(report["differences"].as_array().unwrap().iter().all(|found| found["sku"] != sku), "{report}");
    assert_eq!(told(&sku).await, ["stock.drift_found", "stock.drift_repaired"]);

    // The reservation ends as if nothing had been.
    make("confirm", &id).await.expect(200);
    assert_eq!(units(&sku).await, (7, 0));
    // The same fault, found by a later check.
    corrupt(&sku, "reserved", 7).await;
    check().await;
    assert_eq!(told(&sku).await.len(), 3);
    invoke("RepairStockDrift", &row(&sku)).await.unwrap();
}

#[tokio::test]
async fn a_row_that_is_right_stays_as_it_is() {
    let sku = stocked(9).await;
    reserved(&sku, 2).await;
    let answer = invoke("RepairStockDrift", &row(&sku)).await.unwrap();
    assert_eq!((&answer["before"], &answer["repaired"]), (&answer["after"], &json!(false)));
    assert_eq!(answer["before"], json!({"available": 7, "reserved": 2}));
    assert!(told(&sku).await.is_empty());
    // A difference that someone else put right is closed without a repair.
    corrupt(&sku, "reserved", 3).await;
    check().await;
    corrupt(&sku, "reserved", 2).await;
    assert_eq!(invoke("RepairStockDrift", &row(&sku)).await.unwrap()["repaired"], false);
    assert_eq!(told(&sku).await, ["stock.drift_found", "stock.drift_gone"]);
}

/// An index that has not heard of a reservation: here it never does. The row is right, and the reservation ends as if nothing had been.
#[tokio::test]
async fn a_reservation_that_the_index_does_not_show_counts() {
    let sku = stocked(9).await;
    let id = reserved(&sku, 2).await;
    set_text("STOCK_TABLE", &format!("RESERVATION#{id}"), "RESERVATION", "liveShard", "LIVE#unread").await;
    let report = check().await;
    assert!(report["differences"].as_array().unwrap().iter().all(|found| found["sku"] != sku), "{report}");
    let answer = invoke("RepairStockDrift", &row(&sku)).await.unwrap();
    assert_eq!(
        (&answer["before"], &answer["repaired"]),
        (&json!({"available": 7, "reserved": 2}), &json!(false))
    );
    // Nor does a repair that has something to do forget it.
    corrupt(&sku, "reserved", 5).await;
    let answer = invoke("RepairStockDrift", &row(&sku)).await.unwrap();
    assert_eq!(
        (&answer["after"], &answer["repaired"]),
        (&json!({"available": 7, "reserved": 2}), &json!(true))
    );
    make("confirm", &id).await.expect(200);
    assert_eq!(units(&sku).await, (7, 0));
}

#[tokio::test]
async fn numbers_below_nothing_become_nothing() {
    let sku = stocked(9).await;
    corrupt(&sku, "available", -4).await;
    corrupt(&sku, "reserved", -4).await;
    let answer = invoke("RepairStockDrift", &row(&sku)).await.unwrap();
    assert_eq!(answer["before"], json!({"available": -4, "reserved": -4}));
    assert_eq!(answer["after"], json!({"available": 0, "reserved": 0}));
    assert_eq!(units(&sku).await, (0, 0));
}

#[tokio::test]
async fn two_operators_repair_a_row_once() {
    let sku = stocked(9).await;
    reserved(&sku, 4).await;
    corrupt(&sku, "reserved", 0).await;
    let order = row(&sku);
    let answers = join_all((0..3).map(|_| invoke("RepairStockDrift", &order))).await;
    let repaired = answers.into_iter().filter(|answer| answer.as_ref().unwrap()["repaired"] == true);
    assert_eq!(repaired.count(), 1);
    assert_eq!(units(&sku).await, (5, 4));
    let told = told(&sku).await;
    assert_eq!(told.iter().filter(|kind| *kind == "stock.drift_repaired").count(), 1, "{told:?}");
}

#[tokio::test]
async fn an_order_that_is_not_understood_says_why() {
    let sku = unique_sku();
    for (order, code, why) in [
        (row(&sku), "not_found", "no such row"),
        (json!({"sku": sku, "warehouse": "msk-1"}), "invalid_input", "lane"),
        (json!({"sku": "a b", "warehouse": "msk-1", "lane": 0}), "invalid_input", "letters"),
        (json!({"sku": sku, "warehouse": "MSK", "lane": 0}), "invalid_input", "lower-case"),
        (json!({"sku": sku, "warehouse": "msk-1", "lane": -1}), "invalid_input", "u16"),
        (json!({"sku": sku, "warehouse": "msk-1", "lane": 0, "reserved": 1}), "invalid_input", "reserved"),
        (Value::Null, "invalid_input", "object"),
    ] {
        let refused = invoke("RepairStockDrift", &order).await.unwrap_err();
        assert_eq!(refused["errorType"], code, "{order}");
        assert!(refused["errorMessage"].as_str().unwrap().contains(why), "{order}: {refused}");
    }
}
