//! The scheduled function that finds payments which the provider has to be asked about.

use serde_json::json;

use crate::harness::{PATIENCE, customer, eventually, get, invoke, place_order, product};
use crate::ordering::notify_payment::paid_unheard;
use crate::ordering::reconcile_payment::due;

#[tokio::test]
async fn what_is_due_is_found_and_looked_at() {
    let anna = customer().await;
    let (found, left) = (
        place_order(&anna, &product(100, 1).await, 1).await,
        place_order(&anna, &product(100, 1).await, 1).await,
    );
    for order in [&found, &left] {
        paid_unheard(order).await;
    }
    assert!(due(found["payment"]["paymentId"].as_str().unwrap(), None).await);
    let swept = invoke("SweepOpenPayments", &json!({})).await.unwrap();
    assert!(swept["queued"].is_u64(), "{swept}");
    let status = async |number: &serde_json::Value| {
        let order = anna.ask(get(&format!("/api/v1/orders/{number}"))).await.expect(200);
        order["status"].as_str().unwrap().to_owned()
    };
    eventually("the order to be paid", PATIENCE, || async {
        (status(&found["number"]).await == "paid").then_some(())
    })
    .await;
    assert_ne!(status(&left["number"]).await, "paid", "its time to be looked at has not come");
}
