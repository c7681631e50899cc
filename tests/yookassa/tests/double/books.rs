//! The rules that the YooKassa stub holds Holdfast to.

use futures_util::future::join_all;
use reqwest::StatusCode;
use serde_json::{Value, json};

use super::support::{KEY, RETURN_URL, SHOP, World, payment_body};

#[tokio::test]
async fn only_the_shop_is_served() {
    let world = World::begin().await;
    let url = format!("{}/payments", world.double.api_url());
    let request = || world.http.post(&url).header("Idempotence-Key", "k").json(&payment_body("100.00"));
    for request in
        [request(), request().basic_auth(SHOP, Some("other")), request().basic_auth("other", Some(KEY))]
    {
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
        let body: Value = answer.json().await.unwrap();
        assert_eq!((&body["type"], &body["code"]), (&json!("error"), &json!("invalid_credentials")));
    }
    assert!(world.ask("payments").await.is_empty());
}

#[tokio::test]
async fn a_change_needs_a_key_and_happens_once_for_it() {
    let world = World::begin().await;
    let url = format!("{}/payments", world.double.api_url());
    let keyless = world.http.post(url).basic_auth(SHOP, Some(KEY)).json(&payment_body("100.00"));
    assert_eq!(keyless.send().await.unwrap().status(), StatusCode::BAD_REQUEST);
    let (status, body) = world.post("/payments", &"k".repeat(65), &payment_body("100.00")).await;
    assert_eq!((status, &body["parameter"]), (StatusCode::BAD_REQUEST, &json!("Idempotence-Key")));

    let (status, first) = world.post("/payments", "key-1", &payment_body("100.00")).await;
    assert_eq!(status, StatusCode::OK);
    world.decide(first["id"].as_str().unwrap(), "pay").await;
    let (status, repeated) = world.post("/payments", "key-1", &payment_body("100.00")).await;
    assert_eq!((status, &repeated), (StatusCode::OK, &first), "a repeat is answered as the first was");
    let (status, other) = world.post("/payments", "key-1", &payment_body("100.01")).await;
    assert_eq!((status, &other["parameter"]), (StatusCode::BAD_REQUEST, &json!("Idempotence-Key")));
    assert_eq!(world.ask("payments").await.len(), 1);

    world.control("keys/forget", &json!({})).await;
    let (_, next_day) = world.post("/payments", "key-1", &payment_body("100.00")).await;
    assert_ne!(next_day["id"], first["id"]);
}

#[tokio::test]
async fn amounts_are_written_with_two_decimals() {
    let world = World::begin().await;
    let wrong = [
        json!("100"),
        json!("100.0"),
        json!("100.000"),
        json!("-1.00"),
        json!("0.00"),
        json!("1e2"),
        json!(" 1.00"),
        json!(100.00),
        json!(null),
    ];
    for value in wrong {
        let mut body = payment_body("100.00");
        body["amount"]["value"] = value.clone();
        let (status, answer) = world.post("/payments", &format!("amount {value}"), &body).await;
        assert_eq!(
            (status, &answer["code"]),
            (StatusCode::BAD_REQUEST, &json!("invalid_request")),
            "{value}"
        );
    }
    for (member, value) in [
        ("amount", json!({"value": "1.00", "currency": "rub"})),
        ("confirmation", json!({"type": "redirect", "return_url": ""})),
        ("confirmation", json!({"type": "external"})),
        ("description", json!("x".repeat(129))),
        ("metadata", json!({"order": 42})),
        ("capturing", json!(true)),
        ("payment_token", json!("tok_unheard_of")),
    ] {
        let mut body = payment_body("100.00");
        body[member] = value.clone();
        let (status, answer) = world.post("/payments", &format!("{member} {value}"), &body).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{member} {answer}");
    }
    assert!(world.ask("payments").await.is_empty());
}

#[tokio::test]
async fn a_payment_goes_the_drawn_ways_only() {
    let world = World::begin().await;
    let two_steps = || {
        let mut body = payment_body("100.00");
        body["capture"] = json!(false);
        body
    };
    let amount = |value: &str| json!({"amount": {"value": value, "currency": "RUB"}});
    let make = async |key: &str| {
        let (_, payment) = world.post("/payments", key, &two_steps()).await;
        payment["id"].as_str().unwrap().to_owned()
    };
    let id = make("p1").await;
    let refused = |(status, _): (StatusCode, Value)| assert_eq!(status, StatusCode::BAD_REQUEST);
    refused(world.post(&format!("/payments/{id}/capture"), "c1", &json!({})).await);
    refused(world.post(&format!("/payments/{id}/cancel"), "x1", &json!({})).await);
    assert_eq!(world.decide(&id, "pay").await["status"], "waiting_for_capture");
    refused(world.control(&format!("payments/{id}/decide"), &json!({"decision": "decline"})).await);
    refused(world.post(&format!("/payments/{id}/capture"), "c2", &amount("100.01")).await);
    refused(
        world
            .post(
                "/refunds",
                "r0",
                &json!({"payment_id": id, "amount": {"value": "1.00", "currency": "RUB"}}),
            )
            .await,
    );
    let (status, captured) = world.post(&format!("/payments/{id}/capture"), "c3", &amount("60.00")).await;
    assert_eq!((status, &captured["amount"]["value"]), (StatusCode::OK, &json!("60.00")));
    refused(world.post(&format!("/payments/{id}/cancel"), "x2", &json!({})).await);

    let id = make("p2").await;
    world.decide(&id, "pay").await;
    let (status, canceled) = world.post(&format!("/payments/{id}/cancel"), "x3", &json!({})).await;
    assert_eq!((status, &canceled["cancellation_details"]["party"]), (StatusCode::OK, &json!("merchant")));
    let id = make("p3").await;
    assert_eq!(
        world.decide(&id, "expire").await["cancellation_details"]["reason"],
        "expired_on_confirmation"
    );
    let (status, missing) = world.get("/payments/nowhere").await;
    assert_eq!(
        (status, &missing["type"], &missing["code"]),
        (StatusCode::NOT_FOUND, &json!("error"), &json!("not_found"))
    );
    assert_eq!(world.get("/refunds/nowhere").await.0, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn no_more_goes_back_than_came() {
    let world = World::begin().await;
    let (_, payment) = world.post("/payments", "p", &payment_body("100.00")).await;
    let id = payment["id"].as_str().unwrap();
    world.decide(id, "pay").await;
    let body = json!({"payment_id": id, "amount": {"value": "60.00", "currency": "RUB"}});
    let keys: Vec<String> = (0..8).map(|n| format!("refund {n}")).collect();
    let answers = join_all(keys.iter().map(|key| world.post("/refunds", key, &body))).await;
    assert_eq!(answers.iter().filter(|(status, _)| *status == StatusCode::OK).count(), 1);
    assert_eq!(world.get(&format!("/payments/{id}")).await.1["refunded_amount"]["value"], "60.00");

    // What is under way counts, and what was turned down does not.
    let left = json!({"payment_id": id, "amount": {"value": "40.00", "currency": "RUB"}});
    world.script("create_refund", &json!({"kind": "stay_open"})).await;
    let (_, open) = world.post("/refunds", "open", &left).await;
    assert_eq!(open["status"], "pending");
    assert_eq!(world.post("/refunds", "more", &left).await.0, StatusCode::BAD_REQUEST);
    let decide = format!("refunds/{}/decide", open["id"].as_str().unwrap());
    let (_, canceled) = world.control(&decide, &json!({"decision": "cancel"})).await;
    assert_eq!(canceled["cancellation_details"]["reason"], "insufficient_funds");
    assert_eq!(world.post("/refunds", "again", &left).await.0, StatusCode::OK);
}

#[tokio::test]
async fn a_person_decides_on_the_page() {
    let world = World::begin().await;
    let mut body = payment_body("12345.60");
    body["description"] = json!("Order <42>");
    let (_, payment) = world.post("/payments", "p", &body).await;
    let url = payment["confirmation"]["confirmation_url"].as_str().unwrap();
    let page = world.http.get(url).send().await.unwrap().text().await.unwrap();
    assert!(page.contains("12345.60 RUB") && page.contains("Order &lt;42&gt;") && page.contains("Decline"));
    for decision in ["pay", "decline"] {
        let back = world.http.post(url).form(&[("decision", decision)]).send().await.unwrap();
        assert_eq!(back.status(), StatusCode::SEE_OTHER);
        assert_eq!(back.headers()["location"], RETURN_URL);
    }
    let (_, paid) = world.get(&format!("/payments/{}", payment["id"].as_str().unwrap())).await;
    assert_eq!(paid["status"], "succeeded", "the first decision stands");
    let page = world.http.get(url).send().await.unwrap().text().await.unwrap();
    assert!(page.contains("Paid.") && !page.contains("Decline"));
    let missing = format!("{}/confirm/nowhere", world.double.base_url());
    assert_eq!(world.http.get(missing).send().await.unwrap().status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_script_is_for_whom_it_is_for() {
    let world = World::begin().await;
    let script = json!({
        "operation": "create_payment",
        "scope": {"amount": "13.00"},
        "effect": {"kind": "fail_before"},
    });
    world.control("scripts", &script).await;
    assert_eq!(world.post("/payments", "a", &payment_body("12.00")).await.0, StatusCode::OK);
    assert_eq!(
        world.post("/payments", "b", &payment_body("13.00")).await.0,
        StatusCode::INTERNAL_SERVER_ERROR
    );
    let (status, payment) = world.post("/payments", "b", &payment_body("13.00")).await;
    assert_eq!(status, StatusCode::OK, "a script is used up");
    let id = payment["id"].as_str().unwrap();
    let script =
        json!({"scope": {"object": id}, "effect": {"kind": "throttle", "retry_after": 3}, "times": 2});
    world.control("scripts", &script).await;
    let (other, _) = world.post("/payments", "c", &payment_body("14.00")).await;
    assert_eq!(other, StatusCode::OK);
    let path = format!("/payments/{id}");
    let statuses = [world.get(&path).await.0, world.get(&path).await.0, world.get(&path).await.0];
    assert_eq!(statuses.map(|status| status.as_u16()), [429, 429, 200]);
}
