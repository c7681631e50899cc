//! What the sandbox does for each of its tokens and phone numbers, beyond deciding at once.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::harness::{
    Person, Product, address, count, customer, expire, get, item, order_directly, post, product, stock_of,
};

const PAY: &str = "/api/v1/orders/{id}/pay";

/// An order that waits for its payment to be begun.
async fn unpaid(person: &Person, product: &Product) -> Value {
    order_directly(person, product, 1, &json!({})).await
}

async fn reload(person: &Person, order: &Value) -> Value {
    let id = order["orderId"].as_str().unwrap();
    person.ask(get(&format!("/api/v1/orders/{id}"))).await.expect(200)
}

/// What pays as `place` says: a card by its token, or a phone number by its last digit.
fn methods(place: usize) -> [Value; 2] {
    let token =
        ["tok_success", "tok_declined", "tok_pending", "tok_late", "tok_error_once", "tok_timeout"][place];
    let phone = format!("+7 999 123-45-6{place}");
    [json!({"method": "card", "cardToken": token}), json!({"method": "phone", "phone": phone})]
}

#[tokio::test]
async fn what_is_decided_at_once() {
    let anna = customer().await;
    let kettle = product(500, 20).await;
    for (place, status) in [(0, "paid"), (1, "cancelled"), (2, "awaiting_payment"), (3, "awaiting_payment")] {
        for method in methods(place) {
            let order = unpaid(&anna, &kettle).await;
            let path = PAY.replace("{id}", order["orderId"].as_str().unwrap());
            let begun = anna.ask(post(&path).json(&method)).await.expect(201);
            assert_eq!(begun.get("paymentUrl").is_some(), status == "awaiting_payment", "{method}");
            assert_eq!(reload(&anna, &order).await["status"], status, "{method}");
        }
    }
}

/// The provider took the request or did not, and Holdfast can not know: it reports the outcome as unknown, and the repeat finds it.
#[tokio::test]
async fn an_unknown_outcome_is_found_out_by_the_repeat() {
    let anna = customer().await;
    let kettle = product(500, 20).await;
    for place in [4, 5] {
        for method in methods(place) {
            let order = unpaid(&anna, &kettle).await;
            let path = PAY.replace("{id}", order["orderId"].as_str().unwrap());
            let key = Uuid::new_v4().to_string();
            let pay = || post(&path).header("idempotency-key", &key).json(&method);
            let unknown = anna.ask(pay()).await;
            assert_eq!(unknown.header("retry-after"), "1");
            unknown.problem(503, "unavailable");
            let waiting = reload(&anna, &order).await;
            assert_eq!(waiting["status"], "awaiting_payment", "{method}");
            assert_eq!(waiting["payment"]["status"], "pending", "{method}");
            let other = anna.ask(post(&path).json(&method)).await;
            other.problem(409, "payment_in_progress");

            let begun = anna.ask(pay()).await.expect(201);
            assert_eq!(begun["status"], "succeeded", "{method}");
            let again = anna.ask(pay()).await;
            assert_eq!(again.header("x-idempotent-replay"), "true");
            assert_eq!(again.expect(200), begun);
            assert_eq!(reload(&anna, &order).await["status"], "paid", "{method}");
            let payment = begun["paymentId"].as_str().unwrap();
            assert_eq!(count("PAYMENTS_TABLE", "paymentId", payment).await, 1, "one at the provider");
            assert_eq!(count("PAYMENTS_TABLE", "orderId", order["orderId"].as_str().unwrap()).await, 1);
        }
    }
}

#[tokio::test]
async fn placing_is_carried_on_by_the_repeat_too() {
    let anna = customer().await;
    let kettle = product(500, 5).await;
    let mut body = address();
    body["productId"] = json!(kettle.sku);
    body["card"] = json!("tok_timeout");
    let key = Uuid::new_v4().to_string();
    let place = || post("/api/v1/orders").header("idempotency-key", &key).json(&body);
    anna.ask(place()).await.problem(503, "unavailable");
    assert_eq!(anna.ask(place()).await.expect(201)["status"], "paid");
    let orders = anna.ask(get("/api/v1/orders")).await.expect(200);
    assert_eq!(orders["items"].as_array().unwrap().len(), 1);
    assert_eq!(stock_of(&kettle.sku).await, 4);
}

#[tokio::test]
async fn money_that_comes_as_the_order_expires_buys_the_goods() {
    let anna = customer().await;
    for method in methods(3) {
        let kettle = product(500, 1).await;
        let order = unpaid(&anna, &kettle).await;
        let path = PAY.replace("{id}", order["orderId"].as_str().unwrap());
        anna.ask(post(&path).json(&method)).await.expect(201);
        expire(&order).await;
        let paid = reload(&anna, &order).await;
        assert_eq!((&paid["status"], &paid["payment"]["status"]), (&json!("paid"), &json!("succeeded")));
        assert_eq!(stock_of(&kettle.sku).await, 0);
    }
}

#[tokio::test]
async fn money_that_comes_as_the_order_is_called_off_goes_back() {
    let anna = customer().await;
    let kettle = product(500, 1).await;
    let order = order_directly(&anna, &kettle, 1, &json!({"card": "tok_late"})).await;
    let cancel = format!("/api/v1/orders/{}/cancel", order["number"]);
    let cancelled = anna.ask(post(&cancel)).await.expect(200);
    assert_eq!(
        (&cancelled["status"], &cancelled["payment"]["status"]),
        (&json!("cancelled"), &json!("refunded"))
    );
    assert_eq!(stock_of(&kettle.sku).await, 1);
}

/// A phone number pays, and nothing keeps it once it is not needed any more.
#[tokio::test]
async fn what_was_paid_with_is_forgotten_once_it_is_decided() {
    let anna = customer().await;
    let kettle = product(500, 2).await;
    let kept = async |order: &Value| {
        let order = reload(&anna, order).await;
        let id = order["payment"]["paymentId"].as_str().unwrap().to_owned();
        format!("{:?}", item("PAYMENTS_TABLE", &format!("PAYMENT#{id}"), "PAYMENT").await.unwrap())
    };
    let waiting = order_directly(&anna, &kettle, 1, &json!({"phone": "+7 999 123-45-62"})).await;
    assert!(kept(&waiting).await.contains("79991234562"), "it may have to be asked for again");
    anna.ask(post(&format!("/api/v1/orders/{}/cancel", waiting["number"]))).await.expect(200);
    assert!(!kept(&waiting).await.contains("79991234562"));
    let paid = order_directly(&anna, &kettle, 1, &json!({"phone": "+7 999 123-45-60"})).await;
    assert!(!kept(&paid).await.contains("79991234560"));
}
