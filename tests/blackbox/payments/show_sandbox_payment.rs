//! `GET /sandbox/payments/{reference}`.

use serde_json::json;
use uuid::Uuid;

use crate::harness::{Answer, customer, decide, get, http, place_order, post, product, put_in_cart, url};

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

/// A decided payment leads back: to the page that came with the order, or to one of this system.
#[tokio::test]
async fn a_decided_payment_leads_back_to_the_page_of_the_order() {
    let (anna, kettle) = (customer().await, product(990, 2).await);
    for given in [Some("https://shop.example/thanks?order={number}"), None] {
        put_in_cart(&anna, &kettle.sku, 1).await;
        let body = given.map_or_else(|| json!({}), |url| json!({"returnUrl": url}));
        let placed = anna.ask(post("/api/v1/orders/checkout").json(&body)).await.expect(201);
        let page = || http().get(placed["paymentUrl"].as_str().unwrap());
        let back = match given {
            Some(url) => url.replace("{number}", &placed["number"].to_string()),
            None => url("/payment-return"),
        };
        let undecided = Answer::to(page()).await.text;
        assert!(!undecided.contains("http-equiv") && !undecided.contains("Back to the shop"), "{undecided}");
        decide(&placed, "pay").await;
        let decided = Answer::to(page()).await.text;
        for part in [
            format!("<a href=\"{back}\">Back to the shop</a>"),
            format!("<meta http-equiv=\"refresh\" content=\"3; url={back}\">"),
        ] {
            assert!(decided.contains(&part), "{part}: {decided}");
        }
    }
}

#[tokio::test]
async fn an_order_leads_back_to_no_foreign_page() {
    let (anna, kettle) = (customer().await, product(990, 2).await);
    put_in_cart(&anna, &kettle.sku, 1).await;
    for foreign in [
        "https://evil.example/",
        "http://shop.example/",
        "https://shop.example@evil.example/",
        "https://shop.example.evil.example/",
        "//shop.example/",
        "javascript:alert(1)",
        "",
    ] {
        let checkout = post("/api/v1/orders/checkout").json(&json!({"returnUrl": foreign}));
        anna.ask(checkout).await.problem_at(422, "invalid_input", "/returnUrl");
    }
}
