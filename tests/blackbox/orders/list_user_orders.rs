//! `GET /orders/user/{userId}`, the same under `/api` and `/api/v1`.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::harness::{
    Answer, Person, customer, customer_with, get, place_order, post, product, wants_a_token,
};

const PREFIXES: [&str; 3] = ["/api/v1/orders", "/api/orders", "/orders"];

/// The ids of all of `user`'s orders, by way of pages of two.
async fn ids(reader: &Person, prefix: &str, user: &str) -> Vec<Value> {
    let (mut found, mut cursor) = (Vec::new(), String::new());
    loop {
        let path = format!("{prefix}/user/{user}?limit=2{cursor}");
        let page = reader.ask(get(&path)).await.expect(200);
        found.extend(page["items"].as_array().unwrap().iter().map(|item| item["id"].clone()));
        let Some(next) = page["nextCursor"].as_str() else { return found };
        cursor = format!("&cursor={next}");
    }
}

#[tokio::test]
async fn a_user_and_readers_of_orders_see_them_newest_first() {
    let anna = customer().await;
    let kettle = product(100, 5).await;
    let mut placed = Vec::new();
    for _ in 0..5 {
        placed.push(place_order(&anna, &kettle, 1).await["id"].clone());
    }
    placed.reverse();
    let clerk = customer_with(&["orders:read"]).await;
    for prefix in PREFIXES {
        assert_eq!(ids(&anna, prefix, &anna.id).await, placed, "{prefix}");
        assert_eq!(ids(&clerk, prefix, &anna.id).await, placed, "{prefix}");
    }
    assert!(ids(&clerk, "/orders", &Uuid::new_v4().to_string()).await.is_empty(), "nobody has no orders");
}

#[tokio::test]
async fn surface_b_has_whole_orders_in_its_shape() {
    let anna = customer().await;
    let kettle = product(700, 5).await;
    let first = place_order(&anna, &kettle, 2).await;
    let second = place_order(&anna, &kettle, 1).await;
    anna.ask(post(&format!("/api/v1/orders/{}/cancel", first["number"]))).await.expect(200);
    let mut whole = Vec::new();
    for order in [&second, &first] {
        whole.push(anna.ask(get(&format!("/orders/{}", order["number"]))).await.expect(200));
    }
    assert_eq!(whole[1]["status"], "canceled");
    for prefix in ["/api/orders", "/orders"] {
        let page = anna.ask(get(&format!("{prefix}/user/{}", anna.id))).await.expect(200);
        assert_eq!(page, json!({"items": whole}));
        let only = anna.ask(get(&format!("{prefix}/user/{}?status=canceled", anna.id))).await.expect(200);
        assert_eq!(only, json!({"items": [whole[1]]}));
    }
    let page = anna.ask(get(&format!("/api/v1/orders/user/{}", anna.id))).await.expect(200);
    assert_eq!(
        page,
        anna.ask(get("/api/v1/orders")).await.expect(200),
        "the canonical list is the usual one"
    );
}

#[tokio::test]
async fn nobody_else_sees_them() {
    let anna = customer().await;
    place_order(&anna, &product(100, 1).await, 1).await;
    for stranger in [customer().await, customer_with(&["orders:write", "payments:write"]).await] {
        for prefix in PREFIXES {
            let problem =
                stranger.ask(get(&format!("{prefix}/user/{}", anna.id))).await.problem(403, "not_your_order");
            let error = problem.get("error").and_then(Value::as_str);
            assert_eq!(error, (prefix != "/api/v1/orders").then_some("Not your order"), "{prefix}");
        }
    }
    wants_a_token(|| get(&format!("/orders/user/{}", anna.id))).await;
}

#[tokio::test]
async fn bad_parameters_are_named() {
    let anna = customer().await;
    for id in ["me", "1", "not-a-uuid"] {
        let answer = anna.ask(get(&format!("/api/v1/orders/user/{id}"))).await;
        answer.problem_at(400, "invalid_parameter", "/path/userId");
        // A cart service has names of its own for its customers.
        anna.ask(get(&format!("/orders/user/{id}"))).await.problem(403, "not_your_order");
    }
    for (query, pointer) in
        [("limit=0", "/query/limit"), ("status=gone", "/query/status"), ("from=x", "/query/from")]
    {
        let answer =
            Answer::to(get(&format!("/orders/user/{}?{query}", anna.id)).bearer_auth(&anna.token)).await;
        answer.problem_at(400, "invalid_parameter", pointer);
    }
}
