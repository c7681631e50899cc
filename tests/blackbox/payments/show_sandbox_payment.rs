//! `GET /sandbox/payments/{reference}`.

use uuid::Uuid;

use crate::harness::{Answer, customer, get, http, place_order, product};

#[tokio::test]
async fn the_page_shows_what_is_paid_and_loads_nothing() {
    let placed = place_order(&customer().await, &product(990, 1).await, 1).await;
    let page = Answer::to(http().get(placed["paymentUrl"].as_str().unwrap())).await;
    assert_eq!(page.status, 200);
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
    assert!(page.header("content-security-policy").starts_with("default-src 'none';"));
    assert_eq!(page.header("cache-control"), "no-store");
    for part in
        ["9.90 RUB", &placed["number"].to_string(), "value=\"pay\"", "value=\"decline\"", "method=\"post\""]
    {
        assert!(page.text.contains(part), "{part}: {}", page.text);
    }
}

#[tokio::test]
async fn an_unknown_payment_has_a_page_of_its_own() {
    for reference in [&*Uuid::new_v4().to_string(), "none", "%22%3E%3Cscript%3E"] {
        let page = Answer::to(get(&format!("/sandbox/payments/{reference}"))).await;
        assert_eq!(page.status, 404);
        assert!(page.text.contains("no such payment") && !page.text.contains("<script"), "{}", page.text);
    }
}
