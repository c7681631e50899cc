//! The temper: what goes wrong with payments and refunds, and payers who act by themselves.

use reqwest::StatusCode;
use serde_json::{Value, json};

use super::support::{World, card_body, payment_body, refund_body};

#[tokio::test]
async fn payments_and_refunds_stay_pending_for_a_time() {
    let world = World::begin().await;
    let paid = world.pay_with("paid", "tok_success").await;
    world.temper(&json!({"chances": {"stay_pending": 1000}, "pending_ms": 100})).await;
    let payment = world.pay_with("p", "tok_success").await;
    let (_, refund) = world.post("/refunds", "r", &refund_body(&paid, "1.00")).await;
    assert_eq!((&payment["status"], &refund["status"]), (&json!("pending"), &json!("pending")));
    assert_eq!(world.count("stay_pending").await, 2);
    for (kind, object) in [("payments", &payment), ("refunds", &refund)] {
        for _ in 0..200 {
            if world.status(kind, &object["id"]).await != "pending" {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(25)).await;
        }
        assert_ne!(world.status(kind, &object["id"]).await, "pending", "{kind}");
    }
}

#[tokio::test]
async fn without_a_time_they_stay_pending_until_calm() {
    let world = World::begin().await;
    let settings = json!({"chances": {"stay_pending": 1000}, "payers": {"pay": 1000}});
    world.temper(&settings).await;
    let card = world.pay_with("card", "tok_success").await;
    let (_, page) = world.post("/payments", "page", &payment_body("100.00")).await;
    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    for payment in [&card, &page] {
        assert_eq!(world.status("payments", &payment["id"]).await, "pending");
    }
    world.calm().await;
    world.becomes("payments", &page["id"], "succeeded").await;
    assert_ne!(world.status("payments", &card["id"]).await, "pending");
}

#[tokio::test]
async fn a_payer_pays_as_the_payment_is_cancelled() {
    let world = World::begin().await;
    world.always("pay_after_cancel").await;
    for (capture, status) in [(true, "succeeded"), (false, "waiting_for_capture")] {
        let mut body = payment_body("100.00");
        body["capture"] = json!(capture);
        let (_, payment) = world.post("/payments", &format!("p {capture}"), &body).await;
        let path = format!("/payments/{}/cancel", payment["id"].as_str().unwrap());
        let (answer, _) = world.post(&path, &format!("c {capture}"), &json!({})).await;
        assert_eq!(answer, StatusCode::BAD_REQUEST);
        assert_eq!(world.status("payments", &payment["id"]).await, status);
        let (answer, _) = world.post(&path, &format!("c {capture}"), &json!({})).await;
        assert_eq!(answer, StatusCode::BAD_REQUEST, "the first answer stands");
    }
    assert_eq!(world.count("pay_after_cancel").await, 2);
}

#[tokio::test]
async fn a_payment_is_made_twice() {
    let world = World::begin().await;
    world.always("second_payment").await;
    let mut body = card_body("tok_success");
    body["metadata"] = json!({"order": "42"});
    let (_, payment) = world.post("/payments", "p", &body).await;
    let (_, list) = world.get("/payments").await;
    let items = list["items"].as_array().unwrap();
    assert_eq!(items.len(), 2);
    assert!(items.iter().any(|item| item["id"] == payment["id"]));
    assert_ne!(items[0]["id"], items[1]["id"]);
    assert!(items.iter().all(|item| item["metadata"] == body["metadata"]));
    assert!(items.iter().all(|item| item["status"] == "succeeded"), "the money was taken twice");
    assert_eq!(world.count("second_payment").await, 1);
    assert_eq!(world.post("/payments", "p", &body).await.1, payment, "a repeat makes no third");
    assert_eq!(world.ask("payments").await.len(), 2);
}

#[tokio::test]
async fn payers_pay_decline_or_leave_by_themselves() {
    for (act, status) in [("pay", "succeeded"), ("decline", "canceled"), ("abandon", "pending")] {
        let world = World::begin().await;
        world.temper(&json!({"payers": {act: 1000, "after_ms": 50}})).await;
        let (_, payment) = world.post("/payments", "p", &payment_body("100.00")).await;
        world.becomes("payments", &payment["id"], status).await;
        let report = world.report("temper").await;
        assert_eq!(report["payers"][act], 1, "{report}");
        world.settle().await;
        let payment = world.report("books").await["payments"][0].clone();
        match act {
            "abandon" => assert_eq!(payment["cancellation"]["reason"], "expired_on_confirmation"),
            _ => assert_eq!(payment["status"], status),
        }
    }
}

#[tokio::test]
async fn the_ledger_has_what_a_checker_compares() {
    let world = World::begin().await;
    let mut body = payment_body("100.05");
    body["metadata"] = json!({"order": "42"});
    let (_, payment) = world.post("/payments", "p", &body).await;
    world.decide(payment["id"].as_str().unwrap(), "pay").await;
    let (_, refund) = world.post("/refunds", "r", &refund_body(&payment, "40.00")).await;
    world.get("/payments").await;
    let ledger = world.report("books").await;
    let kept = &ledger["payments"][0];
    assert_eq!((&kept["id"], &kept["key"]), (&payment["id"], &json!("p")));
    assert_eq!((&kept["status"], &kept["metadata"]), (&json!("succeeded"), &json!({"order": "42"})));
    assert_eq!((&kept["amount"], &kept["value"]), (&json!(10_005), &json!("100.05")));
    assert_eq!((&kept["captured"], &kept["refunded"]), (&json!(10_005), &json!(4_000)));
    assert_eq!((&kept["created_at"], &kept["cancellation"]), (&payment["created_at"], &Value::Null));
    let kept = &ledger["refunds"][0];
    assert_eq!(
        (&kept["id"], &kept["payment_id"], &kept["key"]),
        (&refund["id"], &payment["id"], &json!("r"))
    );
    assert_eq!((&kept["status"], &kept["amount"]), (&json!("succeeded"), &json!(4_000)));
    assert_eq!((&kept["value"], &kept["currency"]), (&json!("40.00"), &json!("RUB")));
    assert_eq!(ledger["calls"], json!({"create_payment": 1, "create_refund": 1, "list_payments": 1}));
}
