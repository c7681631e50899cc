//! Settling: everything is decided and delivered, and one seed has one history.

use serde_json::{Value, json};

use super::shop::Shop;
use super::support::{World, card_body, payment_body, refund_body};

/// The oldest payment that was made under `key`, if one was.
async fn made(world: &World, key: &str) -> Option<Value> {
    let ledger = world.report("books").await;
    ledger["payments"].as_array().unwrap().iter().find(|payment| payment["key"] == key).cloned()
}

/// Sends a request, and lets it fail in any way.
async fn attempt(world: &World, path: &str, key: &str, body: &Value) {
    let request = world.http.post(format!("{}{path}", world.double.api_url()));
    let request = request.basic_auth(super::support::SHOP, Some(super::support::KEY));
    let _ = request.header("Idempotence-Key", key).json(body).send().await;
}

async fn attempt_get(world: &World, path: &str) {
    let request = world.http.get(format!("{}{path}", world.double.api_url()));
    let _ = request.basic_auth(super::support::SHOP, Some(super::support::KEY)).send().await;
}

/// A shop's calls, one after the other: payments in one and in two steps, repeats, captures, cancellations, refunds and reads.
async fn trade(world: &World, rounds: u32) {
    for round in 0..rounds {
        let (card, page) = (format!("card {round}"), format!("page {round}"));
        let mut by_card = card_body("tok_success");
        by_card["capture"] = json!(round % 2 == 0);
        for _ in 0..2 {
            attempt(world, "/payments", &card, &by_card).await;
            attempt(world, "/payments", &page, &payment_body("20.00")).await;
        }
        if let Some(payment) = made(world, &card).await {
            let path = format!("/payments/{}", payment["id"].as_str().unwrap());
            attempt(world, &format!("{path}/capture"), &format!("capture {round}"), &json!({})).await;
            let refund = refund_body(&payment, "30.00");
            attempt(world, "/refunds", &format!("refund {round}"), &refund).await;
            attempt_get(world, &path).await;
        }
        if let Some(payment) = made(world, &page).await {
            let path = format!("/payments/{}", payment["id"].as_str().unwrap());
            attempt(world, &format!("{path}/cancel"), &format!("cancel {round}"), &json!({})).await;
            attempt_get(world, &path).await;
        }
        attempt_get(world, "/payments").await;
    }
}

/// The times are either nothing or longer than a test: nothing depends on how fast it runs.
fn hostile(seed: u64) -> Value {
    json!({
        "seed": seed,
        "chances": {
            "refuse": 60, "stay_pending": 150, "pay_after_cancel": 400, "outage": 40, "repeat_first_answer": 200,
            "forget_keys": 60, "second_payment": 100, "duplicate_notification": 200, "late_notification": 200,
            "reordered_notification": 300, "notification_before_answer": 200, "lost_notification": 100,
            "fail_before": 40, "fail_after": 40, "drop_before": 40, "drop_after": 40, "throttle": 40, "delay": 40,
        },
        "payers": {"pay": 500, "decline": 200, "abandon": 200, "after_ms": 3_600_000},
        "outage_ms": 0, "stale_ms": 600_000, "key_ms": 0, "late_ms": 600_000, "delay_ms": 1,
    })
}

/// What has happened: the counts, and each payment and refund in order, without ids and times.
async fn history(seed: u64) -> Value {
    let world = World::begin().await;
    let shop = Shop::open(&world, &[503]).await;
    world.temper(&hostile(seed)).await;
    trade(&world, 12).await;
    world.settle().await;

    let ledger = world.report("books").await;
    let undecided = |status: &Value| status == "pending";
    for kind in ["payments", "refunds"] {
        for object in ledger[kind].as_array().unwrap() {
            assert!(!undecided(&object["status"]), "seed {seed}: {object}");
        }
    }
    let notifications = world.ask("notifications").await;
    for notification in &notifications {
        assert_eq!(notification["acknowledged"], notification["lost"] != true, "seed {seed}: {notification}");
    }
    let received = shop.taken().len();
    assert_eq!(received, 1 + notifications.iter().filter(|sent| sent["lost"] == false).count());
    assert_eq!(world.settle().await, json!({"quiet": true, "decided": 0, "released": 0}));
    assert_eq!(shop.taken().len(), received, "nothing more happens by itself");

    let report = world.report("temper").await;
    let outline = |kind: &str, members: &[&str]| -> Vec<Value> {
        let objects = ledger[kind].as_array().unwrap().iter();
        objects.map(|object| members.iter().map(|member| object[*member].clone()).collect()).collect()
    };
    json!({
        "counts": report["counts"],
        "payers": report["payers"],
        "calls": ledger["calls"],
        "payments": outline("payments", &["key", "status", "captured", "refunded", "cancellation"]),
        "refunds": outline("refunds", &["key", "status", "amount"]),
    })
}

#[tokio::test]
async fn the_same_seed_and_calls_have_the_same_history_and_all_is_decided() {
    let mut seen = serde_json::Map::new();
    let mut histories = Vec::new();
    for seed in 1..=6 {
        let first = history(seed).await;
        assert_eq!(first, history(seed).await, "seed {seed}");
        for (name, count) in first["counts"].as_object().unwrap() {
            if count != 0 {
                seen.insert(name.clone(), count.clone());
            }
        }
        assert!(!histories.contains(&first), "seed {seed} has a history of its own");
        histories.push(first);
    }
    assert_eq!(seen.len(), 18, "every misbehaviour happens: {seen:?}");
}

#[tokio::test]
async fn settling_decides_what_nobody_would_decide() {
    let world = World::begin().await;
    let shop = Shop::open(&world, &[]).await;
    let paid = world.pay_with("paid", "tok_success").await;
    world.pay_with("open", "tok_pending").await;
    world.post("/payments", "page", &payment_body("100.00")).await;
    world.script("create_refund", &json!({"kind": "stay_open"})).await;
    world.post("/refunds", "r", &refund_body(&paid, "1.00")).await;
    world.control("notifications/scripts", &json!({"hold": true})).await;
    let mut held = card_body("tok_success");
    held["capture"] = json!(false);
    let (_, held) = world.post("/payments", "held", &held).await;
    shop.events(1).await;

    let settled = world.settle().await;
    assert_eq!(settled, json!({"quiet": true, "decided": 3, "released": 1}));
    assert_eq!(world.status("payments", &held["id"]).await, "waiting_for_capture", "the shop's turn");
    let (_, settled) = world.control("settle", &json!({"expire_holds": true})).await;
    assert_eq!(settled["decided"], 1);
    assert_eq!(world.status("payments", &held["id"]).await, "canceled");
}
