//! The backfill of orders: what docs/changing-data.md promises of it.

use aws_sdk_dynamodb::types::AttributeValue;
use futures_util::future::join_all;
use serde_json::{Value, json};
use tokio::sync::Mutex;

use crate::harness::{
    Person, address, customer, get, invoke, item, journal_of, order_directly, post, product, put_back, tool,
};

/// Held by the test that has orders of an old form, which the backfill of another would rewrite.
static OLD_ORDERS: Mutex<()> = Mutex::const_new(());

/// Faster than any table that a test has is read.
const AT_ONCE: &[&str] = &["--rate", "1000000"];

/// Gives a stored order the form that it had before `shippingAddress`.
async fn age(order: &Value) {
    let mut stored = stored(order).await;
    assert_eq!(stored.remove("itemVersion"), Some(AttributeValue::N("2".to_owned())));
    let address = stored.remove("shippingAddress").unwrap();
    stored.insert("address".to_owned(), address);
    put_back("ORDERS_TABLE", stored).await;
}

async fn stored(order: &Value) -> std::collections::HashMap<String, AttributeValue> {
    let key = format!("ORDER#{}", order["orderId"].as_str().unwrap());
    item("ORDERS_TABLE", &key, "ORDER").await.unwrap()
}

async fn is_old(order: &Value) -> bool {
    let stored = stored(order).await;
    assert_ne!(stored.contains_key("address"), stored.contains_key("shippingAddress"), "{stored:?}");
    stored.contains_key("address")
}

async fn shown(person: &Person, order: &Value) -> (Value, String) {
    let path = format!("/api/v1/orders/{}", order["orderId"].as_str().unwrap());
    let answer = person.ask(get(&path)).await;
    let tag = answer.header("etag").to_owned();
    (answer.expect(200), tag)
}

#[tokio::test]
async fn old_orders_are_read_counted_and_rewritten_and_nothing_else_changes() {
    let _alone = OLD_ORDERS.lock().await;
    let anna = customer().await;
    let order = order_directly(&anna, &product(500, 2).await, 1, &json!({})).await;
    let (before, tag) = shown(&anna, &order).await;
    let aggregate = format!("order/{}", order["orderId"].as_str().unwrap());
    let history = journal_of(&aggregate).await;
    age(&order).await;
    assert_eq!(
        shown(&anna, &order).await,
        (before.clone(), tag.clone()),
        "an old order is read as a new one"
    );

    let counted = tool("backfill", &[AT_ONCE, &["--dry-run"]].concat()).await;
    assert!(counted.succeeded, "{}", counted.text);
    assert!(counted.text.contains("removes address; adds itemVersion, shippingAddress"), "{}", counted.text);
    assert!(is_old(&order).await, "a dry run changes nothing");

    let rewritten = tool("backfill", AT_ONCE).await;
    assert!(rewritten.succeeded, "{}", rewritten.text);
    assert!(!is_old(&order).await);
    assert_eq!(shown(&anna, &order).await, (before.clone(), tag), "and its ETag stays good");
    assert_eq!((&before["country"], &before["street"]), (&address()["country"], &address()["street"]));
    assert_eq!(journal_of(&aggregate).await, history, "nothing happened to the order");
    let again = stored(&order).await;
    assert!(tool("backfill", AT_ONCE).await.succeeded);
    assert_eq!(stored(&order).await, again, "a second run changes nothing");
}

#[tokio::test]
async fn an_order_that_changes_meanwhile_keeps_the_change() {
    let _alone = OLD_ORDERS.lock().await;
    let anna = customer().await;
    let kettle = product(500, 8).await;
    let mut orders = Vec::new();
    for _ in 0..8 {
        let order = order_directly(&anna, &kettle, 1, &json!({})).await;
        age(&order).await;
        orders.push(order);
    }
    let cancel = |order: &Value| format!("/api/v1/orders/{}/cancel", order["orderId"].as_str().unwrap());
    let canceling = join_all(orders.iter().map(|order| anna.ask(post(&cancel(order)))));
    let (backfill, canceled) = tokio::join!(tool("backfill", AT_ONCE), canceling);
    assert!(backfill.succeeded, "{}", backfill.text);
    for (order, answer) in orders.iter().zip(canceled) {
        answer.expect(200);
        assert!(!is_old(order).await);
        let (order, _) = shown(&anna, order).await;
        assert_eq!((&order["status"], &order["version"]), (&json!("cancelled"), &json!(2)));
    }
}

#[tokio::test]
async fn bounds_are_named() {
    let command = json!({"segment": 4, "segments": 4, "limit": 0});
    let refused = invoke("RewriteOrders", &command).await.unwrap_err();
    assert_eq!(refused["errorType"], "invalid_input", "{refused}");
    let unknown = json!({"segment": 0, "segments": 1, "limit": 1, "dryrun": true});
    let refused = invoke("RewriteOrders", &unknown).await.unwrap_err();
    assert_eq!(refused["errorType"], "invalid_input", "a dry run that is misspelled is none: {refused}");
}
