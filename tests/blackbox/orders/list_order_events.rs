//! `GET /api/v1/orders/{id}/events`.

use serde_json::{Value, json};

use crate::harness::{
    Answer, PATIENCE, Person, customer, customer_with, decide, delete, eventually, get, operator,
    place_order, post, product, wants_a_token,
};

/// The history as `reader` sees it.
async fn history(reader: &Person, order: &Value) -> Vec<Value> {
    let page = reader.ask(get(&format!("/api/v1/orders/{}/events", order["number"]))).await.expect(200);
    assert_eq!(page.get("nextCursor"), None);
    page["items"].as_array().unwrap().clone()
}

fn kinds(history: &[Value]) -> Vec<&str> {
    history.iter().map(|entry| entry["type"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn every_change_with_its_time_and_author() {
    let anna = customer().await;
    let placed = place_order(&anna, &product(100, 2).await, 2).await;
    assert_eq!(decide(&placed, "pay").await.status, 303);
    let order = anna.ask(get(&format!("/api/v1/orders/{}", placed["number"]))).await.expect(200);
    let told = history(&anna, &placed).await;
    assert_eq!(kinds(&told), ["orders.order_placed", "orders.order_paid"]);
    let first = &told[0];
    assert_eq!((&first["sequence"], &first["at"]), (&json!(1), &placed["createdAt"]));
    assert_eq!(first["by"], json!({"kind": "customer", "id": anna.id}));
    assert_eq!(first["data"]["totalAmount"], 200);
    assert_eq!(first.get("why"), None);
    let second = &told[1];
    assert_eq!((&second["sequence"], &second["at"]), (&order["version"], &order["paidAt"]));
    assert_eq!(second["by"]["kind"], "provider");
    assert_eq!(second["data"]["status"], "paid");
    let by_id = anna.ask(get(&format!("/api/v1/orders/{}/events", placed["id"].as_str().unwrap()))).await;
    assert_eq!(by_id.expect(200)["items"], json!(told));
}

#[tokio::test]
async fn customers_do_not_learn_which_operator_it_was() {
    let anna = customer().await;
    let clerk = customer_with(&["orders:write"]).await;
    let placed = place_order(&anna, &product(100, 1).await, 1).await;
    let path = format!("/api/v1/orders/{}/cancel", placed["number"]);
    clerk.ask(post(&path).json(&json!({"reason": "out of paint"}))).await.expect(200);
    let told = history(&anna, &placed).await;
    assert_eq!(kinds(&told), ["orders.order_placed", "orders.order_canceled"]);
    assert_eq!(told[1]["by"], json!({"kind": "operator"}));
    assert_eq!(told[1]["why"], "out of paint");
    assert!(!json!(told).to_string().contains(&clerk.id));
    for reader in [&clerk, &operator().await] {
        let told = history(reader, &placed).await;
        assert_eq!(told[1]["by"], json!({"kind": "operator", "id": clerk.id}));
    }
}

#[tokio::test]
async fn a_long_history_comes_page_by_page() {
    let anna = customer().await;
    let placed = place_order(&anna, &product(100, 1).await, 1).await;
    let path = format!("/api/v1/orders/{}", placed["number"]);
    anna.ask(post(&format!("{path}/cancel"))).await.expect(200);
    let first = anna.ask(get(&format!("{path}/events?limit=1"))).await.expect(200);
    assert_eq!(first["items"][0]["sequence"], 1);
    let cursor = first["nextCursor"].as_str().unwrap();
    let second = anna.ask(get(&format!("{path}/events?limit=1&cursor={cursor}"))).await.expect(200);
    assert_eq!(second["items"][0]["why"], "cancelled on request");
    assert_eq!((second["items"].as_array().unwrap().len(), second.get("nextCursor")), (1, None));
    let other = place_order(&anna, &product(100, 1).await, 1).await;
    let stolen = format!("/api/v1/orders/{}/events?cursor={cursor}", other["number"]);
    anna.ask(get(&stolen)).await.problem_at(400, "invalid_parameter", "/query/cursor");
    anna.ask(get(&format!("{path}/events?limit=0"))).await.problem_at(
        400,
        "invalid_parameter",
        "/query/limit",
    );
}

#[tokio::test]
async fn only_those_who_see_the_order_see_its_history() {
    let anna = customer().await;
    let placed = place_order(&anna, &product(100, 1).await, 1).await;
    let path = format!("/api/v1/orders/{}/events", placed["number"]);
    customer().await.ask(get(&path)).await.problem(403, "not_your_order");
    anna.ask(get("/api/v1/orders/1/events")).await.problem(404, "not_found");
    Answer::to(get(&path)).await.problem(401, "token_required");
    wants_a_token(|| get(&path)).await;
}

#[tokio::test]
async fn what_a_person_wrote_goes_with_them() {
    let (anna, operator) = (customer().await, operator().await);
    let placed = place_order(&anna, &product(100, 1).await, 1).await;
    let reason = json!({"reason": "I am moving to Tverskaya"});
    anna.ask(post(&format!("/api/v1/orders/{}/cancel", placed["number"])).json(&reason)).await.expect(200);
    assert_eq!(history(&anna, &placed).await[1]["why"], "I am moving to Tverskaya");
    assert_eq!(anna.ask(delete("/api/v1/users/me")).await.status, 204);
    let told = eventually("the customer to be forgotten", PATIENCE, || async {
        let is_done = |told: &Vec<Value>| told.len() == 3 && told[1]["why"] == "cancelled on request";
        Some(history(&operator, &placed).await).filter(is_done)
    })
    .await;
    assert_eq!(told[2]["type"], "orders.customer_forgotten");
    assert_eq!(told[2]["why"], "the account was deleted");
    assert!(!json!(told).to_string().contains("Tverskaya"));
}
