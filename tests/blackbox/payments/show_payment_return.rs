//! `GET /payment-return`.

use crate::harness::{Answer, get};

#[tokio::test]
async fn the_page_needs_no_token_and_loads_nothing() {
    let answer = Answer::to(get("/payment-return")).await;
    assert_eq!(answer.status, 200);
    assert!(answer.text.contains("<h1>Thank you</h1>"), "{}", answer.text);
    assert!(answer.headers["content-security-policy"].to_str().unwrap().starts_with("default-src 'none'"));
    Answer::to(get("/payment-return?order=1")).await.problem(400, "invalid_parameter");
}
