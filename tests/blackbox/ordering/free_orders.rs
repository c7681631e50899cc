//! Orders that cost nothing: no provider is asked, and they are paid as they are placed.

use serde_json::{Value, json};

use crate::harness::{
    Answer, Person, address, customer, get, journal_of, operator, order_directly, patch, post, product,
    put_in_cart, stock_of,
};

async fn reload(person: &Person, order: &Value) -> Value {
    let id = order["id"].as_str().or(order["orderId"].as_str()).unwrap();
    person.ask(get(&format!("/api/v1/orders/{id}"))).await.expect(200)
}

async fn is_paid_for_nothing(person: &Person, order: &Value) {
    let order = reload(person, order).await;
    assert_eq!((&order["status"], &order["totalAmount"]), (&json!("paid"), &json!(0)));
    assert_eq!(order["payment"], Value::Null, "no provider was asked");
    assert!(order["paidAt"].is_string() && order.get("expiresAt").is_none(), "{order}");
    assert_eq!(order["version"], 2);
    let told = journal_of(&format!("order/{}", order["id"].as_str().unwrap())).await;
    let kinds: Vec<_> = told.iter().map(|event| event["type"].as_str().unwrap()).collect();
    assert_eq!(kinds[kinds.len() - 1], "orders.order_paid");
    assert_eq!(kinds.len(), 2);
}

#[tokio::test]
async fn nothing_to_pay_is_paid_as_it_is_placed() {
    let anna = customer().await;
    let sample = product(0, 9).await;
    for (body, left) in [
        (json!({}), 8),
        (json!({"method": "card", "cardToken": "tok_declined"}), 7),
        (json!({"method": "phone", "phone": "+7 999 123-45-62"}), 6),
    ] {
        put_in_cart(&anna, &sample.sku, 1).await;
        let order = anna.ask(post("/api/v1/orders/checkout").json(&body)).await.expect(201);
        assert_eq!((&order["status"], order.get("paymentUrl")), (&json!("paid"), None));
        is_paid_for_nothing(&anna, &order).await;
        assert_eq!(stock_of(&sample.sku).await, left);
    }
    for more in [json!({}), json!({"card": "tok_declined"})] {
        is_paid_for_nothing(&anna, &order_directly(&anna, &sample, 2, &more).await).await;
    }
    assert_eq!(stock_of(&sample.sku).await, 2);
}

/// The same where an order is reserved later, by its owner or an operator.
#[tokio::test]
async fn nothing_to_pay_is_paid_as_it_is_reserved() {
    let (anna, operator) = (customer().await, operator().await);
    let sample = product(0, 9).await;
    let placed = order_directly(&anna, &sample, 2, &json!({"reserve": false})).await;
    assert_eq!(placed["status"], "new");
    let path = format!("/api/v1/orders/{}", placed["number"]);
    let reserved = anna.ask(post(&format!("{path}/reserve"))).await.expect(200);
    assert_eq!(reserved["status"], "paid");
    let again = anna.ask(post(&format!("{path}/reserve"))).await.expect(200);
    assert_eq!((&again["status"], &again["version"]), (&json!("paid"), &reserved["version"]), "as it is");
    let back = patch(&path).json(&json!({"status": "awaiting_payment"}));
    operator.ask(back).await.problem(409, "transition_not_allowed");
    let placed = order_directly(&anna, &sample, 2, &json!({"reserve": false})).await;
    let moved =
        patch(&format!("/api/v1/orders/{}", placed["number"])).json(&json!({"status": "awaiting_payment"}));
    assert_eq!(operator.ask(moved).await.expect(200)["status"], "paid");
    assert_eq!(stock_of(&sample.sku).await, 5);
}

/// A free order is cancelled and its goods go back; there is no money to refund.
#[tokio::test]
async fn a_free_order_goes_its_way_like_any_other() {
    let (anna, operator) = (customer().await, operator().await);
    let sample = product(0, 9).await;
    let placed = order_directly(&anna, &sample, 2, &json!({})).await;
    let path = format!("/api/v1/orders/{}", placed["number"]);
    let cancelled = operator.ask(post(&format!("{path}/cancel"))).await.expect(200);
    assert_eq!((&cancelled["status"], &cancelled["payment"]), (&json!("cancelled"), &Value::Null));
    assert_eq!(stock_of(&sample.sku).await, 9);
    let placed = order_directly(&anna, &sample, 2, &json!({})).await;
    let path = format!("/api/v1/orders/{}", placed["number"]);
    for status in ["confirmed", "shipped", "delivered"] {
        operator.ask(patch(&path).json(&json!({"status": status}))).await.expect(200);
    }
    assert_eq!(stock_of(&sample.sku).await, 7);
}

/// Phone numbers are read as identity reads them: numbers that can not exist are refused, and Russian ones are taken in any notation.
#[tokio::test]
async fn a_phone_that_is_none_pays_nothing() {
    let anna = customer().await;
    let kettle = product(500, 9).await;
    let order = |phone: &str| {
        let mut body = address();
        body.as_object_mut()
            .unwrap()
            .extend(json!({"productId": kettle.sku, "phone": phone}).as_object().unwrap().clone());
        post("/api/v1/orders").json(&body)
    };
    for phone in ["0000000000", "1234567890", "+1 000 000 0000", "123"] {
        let answer: Answer = anna.ask(order(phone)).await;
        answer.problem_at(422, "invalid_input", "/phone");
    }
    for phone in ["8 912 345-67-80", "9123456780", "+7 912 345 67 80"] {
        assert_eq!(anna.ask(order(phone)).await.expect(201)["status"], "paid", "{phone}");
    }
}
