//! Messages to send, and what became of them.

use serde_json::{Value, json};

use crate::harness::{Answer, PATIENCE, eventually, get, operator, post};

/// The route that sends.
pub(super) const SEND: &str = "/api/v1/notifications/send";

/// A good request for `template`: everything that it takes.
pub(super) fn wish(channel: &str, to: &str, template: &str) -> Value {
    let mut variables = json!({"firstName": "Анна", "number": 42, "totalAmount": 7_500, "currency": "RUB"});
    let more = match template {
        "order_placed" => json!({
            "expiresAt": "2026-03-03T14:35:00.000Z", "paymentUrl": "https://shop.example/p/7",
            "items": [{"name": "Самовар ☕", "quantity": 2, "unitPrice": 3_750}],
        }),
        "order_paid" => json!({"paymentId": "11111111-1111-4111-8111-111111111111"}),
        "order_canceled" => json!({"cause": "shop", "reason": "out of paint"}),
        _ => json!({}),
    };
    variables.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    if template == "order_refunded" {
        variables = json!({"firstName": "Анна", "number": 42, "amount": 2_550, "currency": "RUB"});
    }
    if ["verification_code", "password_reset"].contains(&template) {
        variables = json!({"firstName": "Анна", "code": "AbCdEf-012345", "minutes": 10});
    }
    if template == "account_changed" {
        variables = json!({"firstName": "Анна", "change": "password_changed"});
    }
    json!({"channel": channel, "to": to, "template": template, "variables": variables})
}

/// Sends `wish` as the operator.
pub(super) async fn send(wish: &Value) -> Answer {
    operator().await.ask(post(SEND).json(wish)).await
}

/// What the operator sees of the notification `id`.
pub(super) async fn notification(id: &Value) -> Value {
    let path = format!("/api/v1/notifications/{}", id.as_str().unwrap());
    operator().await.ask(get(&path)).await.expect(200)
}

/// The notification `id` once it is `status`.
pub(super) async fn once(id: &Value, status: &str) -> Value {
    eventually(&format!("the message to be {status}"), PATIENCE, || async {
        Some(notification(id).await).filter(|found| found["status"] == status)
    })
    .await
}
