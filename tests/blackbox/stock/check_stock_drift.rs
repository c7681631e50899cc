//! The scheduled function that recounts reserved stock.

use futures_util::future::{join, join_all};
use serde_json::{Value, json};

use super::reserving::{make, reserve, reserved, stocked, units, wish};
use crate::harness::alarms::{now, raised};
use crate::harness::{
    Product, customer, decide, invoke, invoke_and_read_log, item, journal_of, operator, place_order, post,
    product, put_back, remove, set_number,
};

pub(super) const ROW: &str = "LOC#msk-1#000";

/// Changes a number of the only row of `sku`, as no code of this system would.
pub(super) async fn corrupt(sku: &str, attribute: &str, value: i64) {
    set_number("STOCK_TABLE", &format!("SKU#{sku}"), ROW, attribute, value).await;
}

/// What the last check said of `sku`.
fn differences(report: &Value, sku: &str) -> Vec<Value> {
    let all = report["differences"].as_array().unwrap();
    all.iter().filter(|found| found["sku"] == sku).cloned().collect()
}

pub(super) async fn check() -> Value {
    invoke("CheckStockDrift", &json!({})).await.unwrap()
}

/// The types of the journal's events about the only row of `sku`.
pub(super) async fn told(sku: &str) -> Vec<String> {
    let events = journal_of(&format!("drift/{sku}/msk-1/0")).await;
    events.iter().map(|event| event["type"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_row_that_was_changed_behind_our_back_is_found() {
    let sku = stocked(9).await;
    let id = reserved(&sku, 2).await;
    corrupt(&sku, "reserved", 5).await;
    let since = now();
    let (report, log) = invoke_and_read_log("CheckStockDrift", &json!({})).await;
    let difference =
        json!({"sku": sku, "warehouse": "msk-1", "lane": 0, "available": 7, "reserved": 5, "expected": 2});
    assert_eq!(differences(&report, &sku), std::slice::from_ref(&difference), "{report}");
    assert!(report["drifted"].as_u64() >= Some(1), "{report}");
    // The drift may not be new to this check: another test's check may have found and reported it first, as the journal shows below.
    assert!(report["found"].as_u64() <= report["drifted"].as_u64(), "{report}");
    assert!(report["rows"].as_u64() >= Some(1) && report["reservations"].as_u64() >= Some(1), "{report}");

    let events = journal_of(&format!("drift/{sku}/msk-1/0")).await;
    assert_eq!(events.len(), 1);
    assert_eq!((&events[0]["type"], &events[0]["data"]), (&json!("stock.drift_found"), &difference));
    assert_eq!(events[0]["actor"], json!({"kind": "system", "job": "check-stock-drift"}));

    let lines: Vec<Value> = log.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let metric = lines.iter().find(|line| line.get("_aws").is_some()).unwrap();
    assert_eq!(metric["_aws"]["CloudWatchMetrics"][0]["Namespace"], "Holdfast");
    assert_eq!(metric["StockDrift"], report["drifted"]);
    assert_eq!(metric["StockDriftUnsettled"], report["unsettled"]);
    assert!(metric["Stack"].as_str().is_some_and(|stack| !stack.is_empty()));
    raised("StockDriftAlarm", "StockDrift", 0.0, since).await;
    let job = lines.iter().find(|line| line["job"] == "check-stock-drift" && line.get("result").is_some());
    assert!(job.unwrap()["result"].as_str().unwrap().contains(&sku), "{log}");

    // It repaired nothing, and says the same thing once.
    assert_eq!(units(&sku).await, (7, 5));
    assert_eq!(differences(&check().await, &sku), [difference]);
    assert_eq!(told(&sku).await, ["stock.drift_found"]);
    // Goods are sold meanwhile: the numbers are others, the difference is not.
    make("confirm", &id).await.expect(200);
    assert_eq!(differences(&check().await, &sku)[0]["expected"], 0);
    assert_eq!(told(&sku).await, ["stock.drift_found"]);
    // Another difference is news, and so is none.
    corrupt(&sku, "reserved", 1).await;
    assert_eq!(differences(&check().await, &sku)[0]["reserved"], 1);
    corrupt(&sku, "reserved", 0).await;
    assert_eq!(differences(&check().await, &sku), Vec::<Value>::new());
    assert_eq!(told(&sku).await, ["stock.drift_found", "stock.drift_found", "stock.drift_gone"]);
}

#[tokio::test]
async fn numbers_below_nothing_are_found() {
    let (sold, held) = (stocked(5).await, stocked(5).await);
    corrupt(&sold, "available", -1).await;
    corrupt(&held, "reserved", -2).await;
    let report = check().await;
    assert_eq!(differences(&report, &sold)[0]["available"], -1);
    assert_eq!(differences(&report, &held)[0]["reserved"], -2);
    corrupt(&sold, "available", 5).await;
    corrupt(&held, "reserved", 0).await;
}

/// Orders come and go, reservations are made and ended, and a check in the middle of it finds nothing wrong with them.
#[tokio::test]
async fn what_moves_is_not_called_wrong() {
    let goods: Vec<Product> = join_all((0..3).map(|_| product(100, 200))).await;
    let keeper = operator().await;
    let trade = |number: usize| {
        let (kettle, keeper) = (&goods[number % goods.len()], &keeper);
        async move {
            let anna = customer().await;
            for round in 0..6 {
                let order = place_order(&anna, kettle, 1).await;
                let made =
                    keeper.ask(post(super::reserving::RESERVATIONS).json(&wish(&[(&kettle.sku, 2)]))).await;
                let id = made.expect(201)["reservationId"].as_str().unwrap().to_owned();
                match round % 3 {
                    0 => assert_eq!(decide(&order, "decline").await.status, 303),
                    1 => drop(make("release", &id).await.expect(200)),
                    _ => drop(make("confirm", &id).await.expect(200)),
                }
            }
        }
    };
    let checks = async {
        let mut reports = Vec::new();
        for _ in 0..3 {
            reports.push(check().await);
        }
        reports
    };
    let (reports, _) = join(checks, join_all((0..6).map(trade))).await;
    // And once all is quiet.
    for report in reports.iter().chain([&check().await]) {
        for kettle in &goods {
            assert_eq!(differences(report, &kettle.sku), Vec::<Value>::new(), "{report}");
        }
    }
    for kettle in &goods {
        assert!(told(&kettle.sku).await.is_empty());
        let (available, reserved) = units(&kettle.sku).await;
        // Two traders sold two units twice; the rest is there, wherever orders that are not paid in time have put it.
        assert_eq!(available + reserved, 200 - 2 * 2 * 2);
    }
}

/// A reservation whose row is gone is a difference, too.
#[tokio::test]
async fn goods_that_are_set_aside_nowhere_are_found() {
    let sku = stocked(4).await;
    reserve(&wish(&[(&sku, 3)])).await.expect(201);
    let partition = format!("SKU#{sku}");
    let row = item("STOCK_TABLE", &partition, ROW).await.unwrap();
    remove("STOCK_TABLE", &partition, ROW).await;
    let found = differences(&check().await, &sku);
    assert_eq!((&found[0]["reserved"], &found[0]["expected"]), (&json!(0), &json!(3)));
    let order = json!({"sku": sku, "warehouse": "msk-1", "lane": 0});
    assert_eq!(invoke("RepairStockDrift", &order).await.unwrap_err()["errorType"], "row_missing");
    put_back("STOCK_TABLE", row).await;
    check().await;
    assert_eq!(told(&sku).await, ["stock.drift_found", "stock.drift_gone"]);
    assert_eq!(units(&sku).await, (1, 3));
}
