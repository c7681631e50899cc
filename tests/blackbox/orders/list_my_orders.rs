//! `GET /api/v1/orders` and `GET /api/v1/orders/me`.

use serde_json::json;

use crate::harness::{Answer, customer, get, place_order, product};

#[tokio::test]
async fn every_order_once_and_the_newest_first() {
    let anna = customer().await;
    let kettle = product(100, 5).await;
    let mut placed = Vec::new();
    for _ in 0..5 {
        placed.push(place_order(&anna, &kettle, 1).await["number"].clone());
    }
    placed.reverse();
    let (mut listed, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = anna.ask(get(&format!("/api/v1/orders?limit=2{cursor}"))).await.expect(200);
        let items = page["items"].as_array().unwrap();
        assert!(items.len() <= 2);
        listed.extend(items.iter().map(|item| item["number"].clone()));
        let Some(next) = page["nextCursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(listed, placed);
    let page = anna.ask(get("/api/v1/orders/me")).await.expect(200);
    let members: Vec<&str> = page["items"][0].as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(members, ["createdAt", "currency", "id", "number", "status", "totalAmount"]);
    assert_eq!(page["items"].as_array().unwrap().len(), 5);
}

#[tokio::test]
async fn nobody_sees_the_orders_of_others() {
    let (anna, boris) = (customer().await, customer().await);
    let kettle = product(100, 4).await;
    place_order(&anna, &kettle, 1).await;
    place_order(&anna, &kettle, 1).await;
    assert_eq!(boris.ask(get("/api/v1/orders")).await.expect(200), json!({"items": []}));
    let page = anna.ask(get("/api/v1/orders?limit=1")).await.expect(200);
    let stolen = page["nextCursor"].as_str().unwrap();
    boris.ask(get(&format!("/api/v1/orders?cursor={stolen}"))).await.problem_at(
        400,
        "invalid_parameter",
        "/query/cursor",
    );
    Answer::to(get("/api/v1/orders")).await.problem(401, "token_required");
}

#[tokio::test]
async fn bad_parameters_are_named() {
    let anna = customer().await;
    for limit in ["0", "101", "-1", "many", ""] {
        let answer = anna.ask(get(&format!("/api/v1/orders?limit={limit}"))).await;
        answer.problem_at(400, "invalid_parameter", "/query/limit");
    }
    for cursor in ["x", "e30", "%20", "bm9wZQ"] {
        let answer = anna.ask(get(&format!("/api/v1/orders?cursor={cursor}"))).await;
        answer.problem_at(400, "invalid_parameter", "/query/cursor");
    }
}
