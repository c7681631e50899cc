//! A customer's whole journey.

use serde_json::{Value, json};

use crate::harness::{
    Answer, PATIENCE, Person, address, customer, customer_with, decide, emails, eventually, get, http, patch,
    place_order, post, product, put_in_cart, setting, stock_of, texts,
};

async fn order(person: &Person, order: &Value) -> Value {
    person.ask(get(&format!("/api/v1/orders/{}", order["id"].as_str().unwrap()))).await.expect(200)
}

#[tokio::test]
async fn from_registration_to_a_paid_order() {
    let anna = customer().await;
    let kettle = product(150_000, 3).await;
    let cart = put_in_cart(&anna, &kettle.sku, 2).await;
    assert_eq!(cart["items"][0]["price"], kettle.price);

    let placed = anna.ask(post("/api/v1/orders/checkout")).await.expect(201);
    assert_eq!(placed["status"], "awaiting_payment");
    assert_eq!(placed["totalAmount"], 300_000);
    assert_eq!(placed["payment"]["status"], "pending");
    assert_eq!(stock_of(&kettle.sku).await, 1, "the goods are set aside");
    let cart = anna.ask(get("/api/v1/cart")).await.expect(200);
    assert_eq!(cart["items"], json!([]), "the cart is empty");

    let page = Answer::to(http().get(placed["paymentUrl"].as_str().unwrap())).await;
    assert_eq!(page.status, 200);
    assert!(
        page.text.contains("3000.00 RUB") && page.text.contains(&placed["number"].to_string()),
        "{}",
        page.text
    );
    // A message that is no longer true is not sent.
    messages(&anna, &placed, &["order_placed"]).await;
    let decided = decide(&placed, "pay").await;
    assert_eq!(decided.status, 303, "{}", decided.text);

    let paid = order(&anna, &placed).await;
    assert_eq!(paid["status"], "paid");
    assert_eq!(paid["payment"]["status"], "succeeded");
    assert_eq!(paid["payment"].get("paymentUrl"), None);
    assert_eq!(stock_of(&kettle.sku).await, 1, "sold goods do not come back");
    let listed = anna.ask(get("/api/v1/orders")).await.expect(200);
    assert_eq!(listed["items"][0]["id"], placed["id"]);
    assert_eq!(listed["items"][0]["status"], "paid");

    messages(&anna, &placed, &["order_placed", "order_paid"]).await;
}

#[tokio::test]
async fn from_a_paid_order_to_the_customers_door() {
    let (anna, clerk) = (customer().await, customer_with(&["orders:read", "orders:write"]).await);
    let placed = place_order(&anna, &product(4_200, 1).await, 1).await;
    messages(&anna, &placed, &["order_placed"]).await;
    assert_eq!(decide(&placed, "pay").await.status, 303);
    let path = format!("/api/v1/orders/{}", placed["number"]);
    let addressed = anna.ask(patch(&path).json(&address())).await.expect(200);
    let mut told = vec!["order_placed", "order_paid"];
    for (status, time, template) in [
        ("confirmed", "confirmedAt", Some("order_confirmed")),
        ("shipped", "shippedAt", Some("order_shipped")),
        ("delivered", "deliveredAt", None),
    ] {
        // A message that is no longer true is not sent.
        messages(&anna, &placed, &told).await;
        assert_eq!(order(&anna, &placed).await.get(time), None, "not yet {status}");
        clerk.ask(patch(&path).json(&json!({"status": status}))).await.expect(200);
        let moved = order(&anna, &placed).await;
        assert_eq!((&moved["status"], &moved[time]), (&json!(status), &moved["updatedAt"]));
        for list in [format!("/api/v1/orders?status={status}"), format!("/api/v1/orders/user/{}", anna.id)] {
            let page = anna.ask(get(&list)).await.expect(200);
            assert_eq!(page["items"][0]["status"], status, "{list}");
        }
        let created = placed["createdAt"].as_str().unwrap();
        let all = clerk.ask(get(&format!("/api/v1/admin/orders?status={status}&from={created}"))).await;
        let all = all.expect(200)["items"].as_array().unwrap().clone();
        assert!(all.iter().any(|line| line["id"] == placed["id"]), "{status}");
        told.extend(template);
    }
    let delivered = order(&anna, &placed).await;
    let history = anna.ask(get(&format!("{path}/events"))).await.expect(200);
    let changes: Vec<(&Value, &Value)> =
        history["items"].as_array().unwrap().iter().map(|entry| (&entry["sequence"], &entry["at"])).collect();
    let [created, paid, confirmed, shipped, arrived] =
        ["createdAt", "paidAt", "confirmedAt", "shippedAt", "deliveredAt"].map(|time| &delivered[time]);
    let times = [created, paid, &addressed["updatedAt"], confirmed, shipped, arrived];
    let counted: Vec<Value> = (1..=6).map(|sequence| json!(sequence)).collect();
    assert_eq!(changes, counted.iter().zip(times).collect::<Vec<_>>());
    messages(&anna, &placed, &told).await;
}

#[tokio::test]
async fn a_declined_payment_cancels_the_order_and_returns_its_goods() {
    let anna = customer().await;
    let kettle = product(100, 5).await;
    let placed = place_order(&anna, &kettle, 5).await;
    assert_eq!(stock_of(&kettle.sku).await, 0);
    messages(&anna, &placed, &["order_placed"]).await;
    assert_eq!(decide(&placed, "decline").await.status, 303);
    let cancelled = order(&anna, &placed).await;
    assert_eq!(cancelled["status"], "cancelled");
    assert_eq!(cancelled["payment"]["status"], "failed");
    assert_eq!(stock_of(&kettle.sku).await, 5);
    messages(&anna, &placed, &["order_placed", "order_canceled"]).await;
}

#[tokio::test]
async fn an_order_that_is_not_paid_in_time_expires_by_the_schedule() {
    let anna = customer().await;
    let kettle = product(100, 2).await;
    let placed = place_order(&anna, &kettle, 2).await;
    // Nothing is called by hand here: the scheduled function finds it, and the queue's consumer cancels it.
    let window: u64 = setting("PAYMENT_WINDOW_SECONDS").parse().unwrap();
    let patience = PATIENCE * 2 + std::time::Duration::from_secs(window);
    let expired = eventually("the order to expire", patience, || async {
        Some(order(&anna, &placed).await).filter(|order| order["status"] == "cancelled")
    })
    .await;
    assert_eq!((&expired["cancellationCause"], expired.get("cancellationReason")), (&json!("expired"), None));
    assert_eq!(expired["payment"]["status"], "failed");
    assert_eq!(stock_of(&kettle.sku).await, 2, "the goods came back");
    let page = Answer::to(http().get(placed["paymentUrl"].as_str().unwrap())).await;
    assert!(page.text.contains("closed this payment"), "{}", page.text);
}

/// Each of `templates` has reached the customer by email and by SMS, once.
async fn messages(person: &Person, order: &Value, templates: &[&str]) {
    let number = order["number"].to_string();
    for template in templates {
        eventually(&format!("the email {template}"), PATIENCE, || async {
            let emails = emails(&person.email).await;
            let mut found = emails.into_iter().filter(|email| email["template"] == *template);
            let first = found.next()?;
            assert!(found.next().is_none(), "{template} came twice");
            assert!(first["text"].as_str().unwrap().contains(&number), "{first}");
            Some(())
        })
        .await;
    }
    eventually("as many text messages", PATIENCE, || async {
        let texts = texts(&person.phone).await;
        assert!(texts.len() <= templates.len(), "{texts:?}");
        (texts.len() == templates.len())
            .then(|| assert!(texts.iter().all(|text| text.contains(&number)), "{texts:?}"))
    })
    .await;
}
