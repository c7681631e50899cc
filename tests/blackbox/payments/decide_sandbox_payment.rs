//! `POST /sandbox/payments/{reference}`.

use uuid::Uuid;

use crate::harness::{Answer, customer, decide, get, http, place_order, post, product};

#[tokio::test]
async fn the_first_decision_stands() {
    let anna = customer().await;
    let placed = place_order(&anna, &product(100, 1).await, 1).await;
    for decision in ["pay", "pay", "decline"] {
        let answer = decide(&placed, decision).await;
        assert_eq!(answer.status, 303, "{}", answer.text);
        assert_eq!(answer.header("location"), placed["paymentUrl"], "back to the page, which shows what is");
    }
    let page = Answer::to(http().get(placed["paymentUrl"].as_str().unwrap())).await;
    assert!(page.text.contains("Paid.") && !page.text.contains("<button"), "{}", page.text);
    let order = anna.ask(get(&format!("/api/v1/orders/{}", placed["number"]))).await.expect(200);
    assert_eq!(order["status"], "paid");
}

#[tokio::test]
async fn what_is_no_decision_is_refused() {
    let anna = customer().await;
    let placed = place_order(&anna, &product(100, 1).await, 1).await;
    assert_eq!(decide(&placed, "perhaps").await.status, 422);
    let url = placed["paymentUrl"].as_str().unwrap();
    Answer::to(http().post(url).form(&[("other", "pay")])).await.problem(422, "invalid_input");
    Answer::to(http().post(url)).await.problem(415, "unsupported_media_type");
    let unknown = post(&format!("/sandbox/payments/{}", Uuid::new_v4())).form(&[("decision", "pay")]);
    assert_eq!(Answer::to(unknown).await.status, 404);
    let order = anna.ask(get(&format!("/api/v1/orders/{}", placed["number"]))).await.expect(200);
    assert_eq!(order["status"], "awaiting_payment");
}
