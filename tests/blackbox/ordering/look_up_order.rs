//! `POST /api/v1/orders/lookup`, and the consumer that sends the link.

use serde_json::{Value, json};
use uuid::Uuid;

use super::guests::{Guest, path};
use crate::harness::{
    Answer, PATIENCE, emails, eventually, get, post_from, product, run_with, sqs_batch, unique_email,
};

const LOOKUP: &str = "/api/v1/orders/lookup";
const PAGE: (&str, &str) = ("ORDER_PAGE_URL", "https://tea.example/orders/{number}");

/// An address that no other test comes from.
fn unique_address() -> String {
    let noise = Uuid::new_v4().as_u128();
    format!("2001:db8:{:x}:{:x}::1", noise & 0xffff, (noise >> 16) & 0xffff)
}

async fn look_up(address: &str, body: &Value) -> Answer {
    post_from(address, "LookUpOrder", LOOKUP, body).await
}

/// Hands the consumer of a stack with an order page what the route queues.
async fn consume(number: &Value, email: &str) {
    let wanted = json!({
        "notificationId": Uuid::new_v4(), "number": number, "channel": "email", "to": email, "source": null,
    });
    let batch = sqs_batch(&[("m0", json!({"orderLink": wanted}).to_string())]);
    run_with("NotifyCustomer", &batch, &[PAGE]).await;
}

#[tokio::test]
async fn the_answer_is_the_same_and_only_the_right_contact_gets_a_link() {
    let guest = Guest::with(&product(500, 5).await, 1).await;
    let (placed, stranger, from) = (guest.order().await, unique_email(), unique_address());
    let right = look_up(&from, &json!({"number": placed["number"], "email": guest.email})).await;
    let wrong = look_up(&from, &json!({"number": placed["number"], "email": stranger})).await;
    let unknown = look_up(&from, &json!({"number": 77, "email": unique_email()})).await;
    for answer in [right, wrong, unknown] {
        assert_eq!((answer.status, &answer.body), (202, &json!({"status": "accepted"})), "{}", answer.text);
    }
    consume(&placed["number"], &stranger).await;
    consume(&json!(77), &guest.email).await;
    consume(&placed["number"], &guest.email).await;
    let sent = eventually("a link", PATIENCE, || async {
        emails(&guest.email).await.into_iter().find(|email| email["template"] == "order_link")
    });
    let text = sent.await["text"].as_str().unwrap().to_owned();
    let start = format!("https://tea.example/orders/{}#token=", placed["number"]);
    let token: String = text[text.find(&start).unwrap() + start.len()..].chars().take(22).collect();
    assert_ne!(token, placed["orderToken"].as_str().unwrap(), "a fresh one");
    for token in [&*token, placed["orderToken"].as_str().unwrap()] {
        Answer::to(get(&path(&placed, "")).header("x-order-token", token)).await.expect(200);
    }
    assert!(emails(&stranger).await.is_empty());
    let links = emails(&guest.email).await.into_iter().filter(|email| email["template"] == "order_link");
    assert_eq!(links.count(), 1);
}

#[tokio::test]
async fn a_body_names_one_order_and_one_contact() {
    let from = unique_address();
    for (body, pointer) in [
        (json!({"email": "a@example.com"}), "/number"),
        (json!({"number": 0, "email": "a@example.com"}), "/number"),
        (json!({"number": 42}), "/email"),
        (json!({"number": 42, "email": "a@example.com", "phone": "+79161234567"}), "/email"),
        (json!({"number": 42, "email": "a"}), "/email"),
        (json!({"number": 42, "phone": "1"}), "/phone"),
        (json!({"number": 42, "email": "a@example.com", "more": 1}), "/more"),
    ] {
        look_up(&from, &body).await.problem_at(422, "invalid_input", pointer);
    }
}

#[tokio::test]
async fn lookups_are_limited_by_contact_and_by_address() {
    let email = unique_email();
    for _ in 0..3 {
        let answer = look_up(&unique_address(), &json!({"number": 77, "email": email})).await;
        assert_eq!(answer.status, 202, "{}", answer.text);
    }
    let spelling = json!({"number": 78, "email": email.to_uppercase()});
    look_up(&unique_address(), &spelling).await.problem(429, "too_many_attempts");
    let from = unique_address();
    for _ in 0..10 {
        let answer = look_up(&from, &json!({"number": 77, "email": unique_email()})).await;
        assert_eq!(answer.status, 202, "{}", answer.text);
    }
    let answer = look_up(&from, &json!({"number": 77, "email": unique_email()})).await;
    assert!(!answer.header("retry-after").is_empty());
    answer.problem(429, "too_many_attempts");
}
