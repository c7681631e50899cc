//! The consumer of the queue of refunds. That it finishes what a dying function began is shown in `crash_points`.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::harness::{count, customer, invoke, operator, pay_for, post, product, reload, sqs_batch};

/// A message that says that `payment` is to be refunded.
fn message(payment: &Value) -> String {
    let event = json!({
        "id": Uuid::new_v4(), "type": "payments.refund_started", "version": 1, "occurredAt": "2026-03-03T14:25:00.000Z",
        "aggregateId": format!("payment/{}", payment.as_str().unwrap()), "sequence": 3, "actor": {"kind": "provider"},
        "correlationId": "a-test", "data": {"paymentId": payment},
    });
    json!({"detail": event}).to_string()
}

#[tokio::test]
async fn what_need_not_go_back_stays() {
    let anna = customer().await;
    let kettle = product(100, 5).await;
    let paid = pay_for(&anna, &kettle, 1).await;
    let refunded = pay_for(&anna, &kettle, 1).await;
    let cancel = format!("/api/v1/orders/{}/cancel", refunded["number"]);
    let refunded = operator().await.ask(post(&cancel)).await.expect(200);
    assert_eq!(refunded["payment"]["status"], "refunded");
    let batch = sqs_batch(&[
        ("paid", message(&paid["payment"]["paymentId"])),
        ("refunded", message(&refunded["payment"]["paymentId"])),
        ("unknown", message(&json!(Uuid::new_v4()))),
        ("nonsense", "no json".to_owned()),
    ]);
    let answer = invoke("FinishRefund", &batch).await.unwrap();
    let failed = json!([{"itemIdentifier": "unknown"}, {"itemIdentifier": "nonsense"}]);
    assert_eq!(answer["batchItemFailures"], failed);
    assert_eq!(reload(&anna, &paid).await, paid);
    assert_eq!(reload(&anna, &refunded).await, refunded);
    assert_eq!(count("PAYMENTS_TABLE", "orderId", paid["id"].as_str().unwrap()).await, 1);
}
