//! `GET /payment-return`.

use crate::harness::{Answer, get};

#[tokio::test]
async fn the_page_needs_no_token_and_loads_nothing() {
    // Providers and banks may add parameters to the address.
    let answer = Answer::to(get("/payment-return?paymentId=7")).await;
    assert_eq!(answer.status, 200);
    assert!(answer.text.contains("<h1>Thank you</h1>"), "{}", answer.text);
    assert!(answer.headers["content-security-policy"].to_str().unwrap().starts_with("default-src 'none'"));
}
