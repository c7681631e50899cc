//! The temper: what goes wrong with calls.

use std::time::{Duration, Instant};

use reqwest::StatusCode;
use serde_json::json;

use super::support::{KEY, SHOP, World, card_body, payment_body, refund_body};

#[tokio::test]
async fn only_known_names_and_chances_are_taken() {
    let world = World::begin().await;
    for wrong in [
        json!({"seed": 1, "chances": {"refuze": 1}}),
        json!({"seed": 1, "chances": {"refuse": 1001}}),
        json!({"seed": 1, "chances": {"refuse": -1}}),
        json!({"seed": 1, "chances": {}, "pendingMs": 1}),
        json!({"seed": 1, "chances": {}, "payers": {"pay": 600, "decline": 401}}),
        json!({"seed": 1, "chances": {}, "payers": {"steal": 1}}),
        json!({"chances": {}}),
        json!({"seed": 1}),
    ] {
        let (status, _) = world.control("temper", &wrong).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{wrong}");
    }
    let report = world.report("temper").await;
    assert_eq!((&report["calm"], report["counts"].as_object().unwrap().len()), (&json!(true), 18));
    world.always("refuse").await;
    let report = world.report("temper").await;
    assert_eq!((&report["calm"], &report["settings"]["chances"]), (&json!(false), &json!({"refuse": 1000})));
}

#[tokio::test]
async fn a_refusal_is_for_good() {
    let world = World::begin().await;
    let paid = world.pay_with("paid", "tok_success").await;
    let mut held = card_body("tok_success");
    held["capture"] = json!(false);
    let (_, held) = world.post("/payments", "held", &held).await;
    let capture = format!("/payments/{}/capture", held["id"].as_str().unwrap());
    world.always("refuse").await;
    let calls = [
        ("/payments", card_body("tok_success")),
        (capture.as_str(), json!({})),
        ("/refunds", refund_body(&paid, "1.00")),
    ];
    for (path, body) in &calls {
        assert_eq!(world.post(path, path, body).await.0, StatusCode::BAD_REQUEST, "{path}");
    }
    assert_eq!(world.count("refuse").await, 3);
    world.calm().await;
    for (path, body) in &calls {
        assert_eq!(world.post(path, path, body).await.0, StatusCode::BAD_REQUEST, "{path}, again");
        let (status, answer) = world.post(path, &format!("other {path}"), body).await;
        assert_eq!(status, StatusCode::OK, "{path} {answer}");
    }
    assert_eq!(world.count("refuse").await, 3, "calm keeps the counts");
}

#[tokio::test]
async fn calls_fail_before_or_after_they_are_done() {
    for (name, status, done) in [
        ("fail_before", Some(500), false),
        ("fail_after", Some(500), true),
        ("throttle", Some(429), false),
        ("drop_before", None, false),
        ("drop_after", None, true),
    ] {
        let world = World::begin().await;
        world.always(name).await;
        let request = world.http.post(format!("{}/payments", world.double.api_url()));
        let request = request.basic_auth(SHOP, Some(KEY)).header("Idempotence-Key", "k");
        let answer = request.json(&payment_body("100.00")).send().await;
        assert_eq!(answer.ok().map(|answer| answer.status().as_u16()), status, "{name}");
        assert_eq!(world.ask("payments").await.len(), usize::from(done), "{name}");
        assert_eq!(world.count(name).await, 1, "{name}");
    }
}

#[tokio::test]
async fn an_answer_is_late() {
    let world = World::begin().await;
    world.temper(&json!({"chances": {"delay": 1000}, "delay_ms": 200})).await;
    let begun = Instant::now();
    world.pay_with("k", "tok_success").await;
    assert!(begun.elapsed() >= Duration::from_millis(200));
    assert_eq!(world.count("delay").await, 1);
}

#[tokio::test]
async fn a_script_goes_before_the_temper() {
    let world = World::begin().await;
    world.always("fail_before").await;
    world.script("create_payment", &json!({"kind": "throttle"})).await;
    let (status, _) = world.post("/payments", "k", &payment_body("100.00")).await;
    assert_eq!((status, world.count("fail_before").await), (StatusCode::TOO_MANY_REQUESTS, 0));
}

/// How a call fails; `None` for one without an answer.
async fn failure(world: &World) -> Option<u16> {
    let request = world.http.get(format!("{}/payments", world.double.api_url()));
    let answer = request.basic_auth(SHOP, Some(KEY)).send().await;
    answer.ok().map(|answer| answer.status().as_u16())
}

#[tokio::test]
async fn an_outage_lasts_and_ends() {
    let world = World::begin().await;
    let mut kinds = Vec::new();
    for seed in 0..12 {
        let settings = json!({"seed": seed, "chances": {"outage": 1000}, "outage_ms": 60_000});
        world.temper(&settings).await;
        let kind = failure(&world).await;
        assert!(matches!(kind, None | Some(500 | 503)), "{kind:?}");
        kinds.push(kind);
        assert_eq!(world.count("outage").await, 1);
    }
    for kind in [None, Some(500), Some(503)] {
        assert!(kinds.contains(&kind), "{kinds:?}");
    }
    world.temper(&json!({"chances": {"outage": 1000}, "outage_ms": 0})).await;
    assert_ne!(failure(&world).await, Some(200), "even the shortest takes the call that it begins with");
    world.calm().await;
    assert_eq!(failure(&world).await, Some(200), "calm ends an outage");

    world.temper(&json!({"chances": {"outage": 1000}, "outage_ms": 60_000})).await;
    assert_ne!(failure(&world).await, Some(200));
    world.settle().await;
    assert_eq!(failure(&world).await, Some(200), "so does settling");
}

#[tokio::test]
async fn a_get_repeats_the_first_answer_for_a_time() {
    let world = World::begin().await;
    let (_, payment) = world.post("/payments", "p", &payment_body("100.00")).await;
    let path = format!("/payments/{}", payment["id"].as_str().unwrap());
    world.temper(&json!({"chances": {"repeat_first_answer": 1000}, "stale_ms": 60_000})).await;
    world.get(&path).await;
    assert_eq!(world.count("repeat_first_answer").await, 0, "nothing has changed yet");
    world.decide(payment["id"].as_str().unwrap(), "pay").await;
    assert_eq!(world.get(&path).await.1, payment);
    assert_eq!(world.count("repeat_first_answer").await, 1);
    world.calm().await;
    assert_eq!(world.get(&path).await.1["status"], "succeeded");
}

#[tokio::test]
async fn forgotten_keys_act_again() {
    let world = World::begin().await;
    world.always("forget_keys").await;
    let first = world.pay_with("k", "tok_success").await;
    assert_eq!(world.pay_with("k", "tok_success").await["id"], first["id"], "a day has not gone by");
    world.temper(&json!({"chances": {"forget_keys": 1000}, "key_ms": 0})).await;
    assert_ne!(world.pay_with("k", "tok_success").await["id"], first["id"]);
    assert_eq!(world.count("forget_keys").await, 1);
    let made = world.report("books").await["payments"].as_array().unwrap().clone();
    assert!(made.len() == 2 && made.iter().all(|payment| payment["key"] == "k"), "{made:?}");
}
