//! `GET /api/v1/orders/{id}`, and `GET /orders/{id}` with and without `/api` for clients of surface B.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::harness::{
    Answer, customer, customer_with, get, operator, place_order, post, product, put_in_cart,
};

/// Capitals would be a second spelling of the same id.
#[tokio::test]
async fn an_id_in_capitals_names_no_order() {
    let anna = customer().await;
    let placed = place_order(&anna, &product(100, 1).await, 1).await;
    let capitals = placed["id"].as_str().unwrap().to_uppercase();
    assert_ne!(placed["id"], capitals.as_str());
    for path in ["/api/v1/orders", "/orders"] {
        anna.ask(get(&format!("{path}/{capitals}"))).await.problem(404, "not_found");
    }
    let payment = placed["payment"]["paymentId"].as_str().unwrap().to_uppercase();
    anna.ask(get(&format!("/api/v1/payments/{payment}"))).await.problem(404, "not_found");
}

#[tokio::test]
async fn the_whole_order_by_id_and_by_number() {
    let anna = customer().await;
    let kettle = product(2_500, 10).await;
    put_in_cart(&anna, &kettle.sku, 3).await;
    let address =
        json!({"country": "RU", "region": "Москва", "city": "Москва", "street": "ул. Тверская, 1 🏠"});
    let placed = anna.ask(post("/api/v1/orders/checkout").json(&address)).await.expect(201);
    let by_id =
        anna.ask(get(&format!("/api/v1/orders/{}", placed["id"].as_str().unwrap()))).await.expect(200);
    let by_number = anna.ask(get(&format!("/api/v1/orders/{}", placed["number"]))).await.expect(200);
    assert_eq!(by_id, by_number);
    let number = by_id["number"].as_u64().unwrap();
    assert!(number > 0 && number < (1 << 53));
    assert_eq!(by_id["status"], "awaiting_payment");
    assert_eq!(by_id["userId"], anna.id);
    assert_eq!(by_id["totalAmount"], 7_500);
    assert_eq!(by_id["currency"], "RUB");
    let item = json!({
        "productId": kettle.sku, "name": "Самовар ☕", "quantity": 3, "unitPrice": 2_500, "totalAmount": 7_500,
        // The rate of Russia that every stack is seeded with: 22 % are in the price.
        "discount": 0, "tax": 1_352, "total": 7_500,
    });
    assert_eq!(by_id["items"], json!([item]));
    for (member, value) in address.as_object().unwrap() {
        assert_eq!(&by_id[member], value, "{member}");
    }
    let totals = json!({
        "itemCount": 1, "totalQuantity": 3, "subtotalCents": 7_500, "currency": "RUB", "subtotal": 7_500, "discount": 0,
        "shipping": 0, "tax": 1_352, "total": 7_500,
    });
    assert_eq!(by_id["totals"], totals);
    assert_eq!(by_id["payment"]["paymentUrl"], placed["paymentUrl"]);
    assert_eq!(by_id["version"], 1);
    let created = by_id["createdAt"].as_str().unwrap();
    assert!(created.len() == 24 && created.ends_with('Z'), "{created}");
    assert!(by_id["expiresAt"].as_str().unwrap() > created);
    assert!(by_id.get("cancellationReason").is_none());
}

#[tokio::test]
async fn an_unchanged_order_is_not_sent_again() {
    let anna = customer().await;
    let placed = place_order(&anna, &product(100, 1).await, 1).await;
    let path = format!("/api/v1/orders/{}", placed["number"]);
    let first = anna.ask(get(&path)).await;
    let etag = first.header("etag").to_owned();
    assert!(!etag.is_empty());
    let again = anna.ask(get(&path).header("if-none-match", &etag)).await;
    assert_eq!((again.status, again.text.as_str()), (304, ""));
    assert_eq!(again.header("etag"), etag);
    anna.ask(post(&format!("{path}/cancel"))).await.expect(200);
    anna.ask(get(&path).header("if-none-match", &etag)).await.expect(200);
}

#[tokio::test]
async fn only_the_owner_and_operators_see_it() {
    let anna = customer().await;
    let placed = place_order(&anna, &product(100, 1).await, 1).await;
    let path = format!("/api/v1/orders/{}", placed["number"]);
    Answer::to(get(&path)).await.problem(401, "token_required");
    Answer::to(get(&path).bearer_auth("nonsense")).await.problem(401, "invalid_token");
    customer().await.ask(get(&path)).await.problem(403, "not_your_order");
    assert_eq!(operator().await.ask(get(&path)).await.expect(200)["id"], placed["id"]);
}

#[tokio::test]
async fn what_names_no_order_is_not_found() {
    let anna = customer().await;
    for reference in [&*Uuid::new_v4().to_string(), "1", "0", "-1", "9007199254740993", "everything", "%00"] {
        anna.ask(get(&format!("/api/v1/orders/{reference}"))).await.problem(404, "not_found");
    }
}

/// The paths by which clients of surface B know the order.
fn compatible(order: &Value) -> [String; 4] {
    let (id, number) = (order["id"].as_str().unwrap(), &order["number"]);
    [
        format!("/orders/{id}"),
        format!("/api/orders/{id}"),
        format!("/orders/{number}"),
        format!("/api/orders/{number}"),
    ]
}

#[tokio::test]
async fn clients_of_surface_b_see_it_in_their_shape() {
    let anna = customer().await;
    let placed = place_order(&anna, &product(1_250, 3).await, 3).await;
    let open = json!({
        "id": placed["id"], "status": "awaiting_payment", "currency": "RUB", "userId": anna.id,
        "totals": {"itemCount": 1, "totalQuantity": 3, "subtotalCents": 3_750, "currency": "RUB"},
        "cartSnapshot": null, "cancellationReason": null, "canceledAt": null,
        "number": placed["number"], "items": placed["items"], "expiresAt": placed["expiresAt"],
        "createdAt": placed["createdAt"], "updatedAt": placed["updatedAt"],
    });
    for path in compatible(&placed) {
        let answer = anna.ask(get(&path)).await;
        let etag = answer.header("etag").to_owned();
        assert_eq!(answer.expect(200), open, "{path}");
        assert_eq!(anna.ask(get(&path).header("if-none-match", etag)).await.status, 304);
    }
    let canonical = format!("/api/v1/orders/{}", placed["number"]);
    let reason = json!({"reason": "changed my mind"});
    anna.ask(post(&format!("{canonical}/cancel")).json(&reason)).await.expect(200);
    let cancelled = anna.ask(get(&canonical)).await.expect(200);
    assert_eq!(cancelled["status"], "cancelled");
    for path in compatible(&placed) {
        let order = operator().await.ask(get(&path)).await.expect(200);
        assert_eq!(order["status"], "canceled", "as they spell it");
        assert_eq!(order["cancellationReason"], "changed my mind");
        assert_eq!(order["canceledAt"], cancelled["canceledAt"]);
        assert_eq!(order["updatedAt"], cancelled["updatedAt"]);
    }
}

#[tokio::test]
async fn on_surface_b_a_problem_also_has_an_error() {
    let (anna, boris) = (customer().await, customer().await);
    let placed = place_order(&anna, &product(100, 1).await, 1).await;
    for path in compatible(&placed) {
        let problem = boris.ask(get(&path)).await.problem(403, "not_your_order");
        assert_eq!(problem["error"], "Not your order");
        assert_eq!(Answer::to(get(&path)).await.problem(401, "token_required")["error"], "Token required");
    }
    for prefix in ["/orders", "/api/orders"] {
        let path = format!("{prefix}/{}", Uuid::new_v4());
        assert_eq!(anna.ask(get(&path)).await.problem(404, "not_found")["error"], "Not found");
    }
    let canonical = boris.ask(get(&format!("/api/v1/orders/{}", placed["number"]))).await;
    assert_eq!(canonical.problem(403, "not_your_order").get("error"), None);
}

#[tokio::test]
async fn readers_and_writers_of_orders_see_any() {
    let anna = customer().await;
    let placed = place_order(&anna, &product(100, 1).await, 1).await;
    for scope in ["orders:read", "orders:write"] {
        let clerk = customer_with(&[scope]).await;
        for path in compatible(&placed) {
            assert_eq!(clerk.ask(get(&path)).await.expect(200)["id"], placed["id"], "{scope}");
        }
    }
    let stranger = customer_with(&["payments:write", "stock:write"]).await;
    stranger.ask(get(&compatible(&placed)[0])).await.problem(403, "not_your_order");
}
