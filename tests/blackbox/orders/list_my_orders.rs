//! `GET /api/v1/orders` and `GET /api/v1/orders/me`.

use serde_json::{Value, json};

use crate::harness::{Answer, Person, customer, get, place_order, post, product};

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
    for (name, values) in [
        ("status", ["PAID", "payed", "", "paid,new"]),
        ("from", ["yesterday", "2026-02-30", "", "2026-11-21T09:30:00"]),
        ("to", ["tomorrow", "1700000000", "", "2026-11-21%2009:30"]),
    ] {
        for value in values {
            let answer = anna.ask(get(&format!("/api/v1/orders?{name}={value}"))).await;
            answer.problem_at(400, "invalid_parameter", &format!("/query/{name}"));
        }
    }
    let answer = anna.ask(get("/api/v1/orders?from=2026-11-22&to=2026-11-20")).await;
    answer.problem_at(400, "invalid_parameter", "/query/to");
    for cursor in ["x", "e30", "%20", "bm9wZQ"] {
        let answer = anna.ask(get(&format!("/api/v1/orders?cursor={cursor}"))).await;
        answer.problem_at(400, "invalid_parameter", "/query/cursor");
    }
}

/// The numbers of the caller's orders that `query` asks for, by way of pages of two.
async fn numbers(person: &Person, query: &str) -> Vec<Value> {
    let (mut found, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = person.ask(get(&format!("/api/v1/orders?limit=2&{query}{cursor}"))).await.expect(200);
        found.extend(page["items"].as_array().unwrap().iter().map(|item| item["number"].clone()));
        let Some(next) = page["nextCursor"].as_str() else { return found };
        cursor = format!("&cursor={next}");
    }
}

#[tokio::test]
async fn orders_are_found_by_their_status() {
    let anna = customer().await;
    let kettle = product(100, 9).await;
    let mut placed = Vec::new();
    for index in 0..7 {
        let number = place_order(&anna, &kettle, 1).await["number"].clone();
        if index % 3 == 1 {
            anna.ask(post(&format!("/api/v1/orders/{number}/cancel"))).await.expect(200);
        }
        placed.push(number);
    }
    let pick = |indexes: &[usize]| -> Vec<Value> { indexes.iter().map(|i| placed[*i].clone()).collect() };
    assert_eq!(numbers(&anna, "status=cancelled").await, pick(&[4, 1]));
    assert_eq!(numbers(&anna, "status=canceled").await, pick(&[4, 1]), "the other spelling is taken too");
    assert_eq!(numbers(&anna, "status=awaiting_payment").await, pick(&[6, 5, 3, 2, 0]));
    assert!(numbers(&anna, "status=delivered").await.is_empty());
}

#[tokio::test]
async fn orders_are_found_by_when_they_were_placed() {
    let anna = customer().await;
    let kettle = product(100, 9).await;
    let mut placed = Vec::new();
    for _ in 0..4 {
        placed.push(place_order(&anna, &kettle, 1).await);
    }
    let at = |index: usize| placed[index]["createdAt"].as_str().unwrap();
    let pick =
        |indexes: &[usize]| -> Vec<Value> { indexes.iter().map(|i| placed[*i]["number"].clone()).collect() };
    assert_eq!(numbers(&anna, &format!("from={}", at(1))).await, pick(&[3, 2, 1]), "from is included");
    assert_eq!(numbers(&anna, &format!("to={}", at(2))).await, pick(&[1, 0]), "to is not");
    let between = format!("from={}&to={}&status=awaiting_payment", at(1), at(3));
    assert_eq!(numbers(&anna, &between).await, pick(&[2, 1]));
    assert!(numbers(&anna, "to=2020-01-01").await.is_empty());
    assert!(numbers(&anna, "from=2999-12-31").await.is_empty());
    let (first, last) = (&at(0)[..10], &at(3)[..10]);
    assert_eq!(numbers(&anna, &format!("from={first}&to={last}")).await, pick(&[3, 2, 1, 0]), "whole days");
}

#[tokio::test]
async fn a_cursor_belongs_to_its_filters() {
    let anna = customer().await;
    let kettle = product(100, 2).await;
    place_order(&anna, &kettle, 1).await;
    place_order(&anna, &kettle, 1).await;
    let page = anna.ask(get("/api/v1/orders?limit=1&status=awaiting_payment")).await.expect(200);
    let cursor = page["nextCursor"].as_str().unwrap();
    for query in ["", "&status=paid", "&status=awaiting_payment&from=2026-01-01"] {
        let answer = anna.ask(get(&format!("/api/v1/orders?limit=1&cursor={cursor}{query}"))).await;
        answer.problem_at(400, "invalid_parameter", "/query/cursor");
    }
}
