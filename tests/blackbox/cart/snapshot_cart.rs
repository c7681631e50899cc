//! `POST /api/v1/cart/snapshot`

use std::io::Write as _;
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use uuid::Uuid;

use super::visitor::{CART_TOKEN, Visitor};
use crate::harness::{
    Answer, Person, cart_of, customer, details, get, post, product, put_in_cart, put_product, put_stock,
    secret, unique_sku, wants_a_token,
};

async fn snapshot(person: &Person) -> Value {
    person.ask(post("/api/v1/cart/snapshot")).await.expect(201)
}

/// Whether `snapshot` is signed with a live key: while keys rotate, functions pass to the new one at different moments.
async fn is_signed(snapshot: &Value) -> bool {
    let text = secret("SnapshotCart", "CART_SNAPSHOT_SECRET_ARN").await;
    let keys: Vec<String> = serde_json::from_str(&text).unwrap_or_else(|_| vec![text]);
    keys.iter().any(|key| snapshot["signature"] == python(key, snapshot))
}

/// The signature that ten lines of Python make over `snapshot`.
fn python(key: &str, snapshot: &Value) -> String {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/snapshot/sign.py");
    let mut python = Command::new("python3");
    let python = python.args([script, key]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut running = python.spawn().unwrap();
    running.stdin.take().unwrap().write_all(snapshot.to_string().as_bytes()).unwrap();
    String::from_utf8(running.wait_with_output().unwrap().stdout).unwrap().trim().to_owned()
}

#[tokio::test]
async fn a_snapshot_is_the_cart_with_its_prices_signed() {
    let anna = customer().await;
    let (kettle, cup) = (format!("b-{}", unique_sku()), format!("a-{}", unique_sku()));
    for (sku, price) in [(&kettle, 150_000), (&cup, 2_550)] {
        put_product(sku, &details(price)).await;
        put_stock(sku, &json!({"warehouse": "msk-1", "available": 100})).await;
    }
    put_in_cart(&anna, &kettle, 2).await;
    let cart = put_in_cart(&anna, &cup, 12).await;

    let answer = anna.ask(post("/api/v1/cart/snapshot")).await;
    assert_eq!(answer.header("cache-control"), "no-store");
    let snapshot = answer.expect(201);
    let line = |sku: &str, quantity: u32, price: i64| json!({"sku": sku, "title": "Самовар ☕", "quantity": quantity, "unitPriceCents": price});
    let price = |sku: &str, price: i64| json!({"sku": sku, "unitPriceCents": price, "currency": "RUB", "catalogVersion": 1});
    let expected = json!({
        "snapshotId": snapshot["snapshotId"],
        "cartId": snapshot["cartId"],
        "cartVersion": 2,
        "currency": "RUB",
        "items": [line(&cup, 12, 2_550), line(&kettle, 2, 150_000)],
        "totals": {"itemCount": 2, "totalQuantity": 14, "subtotalCents": 330_600, "currency": "RUB"},
        "createdAt": snapshot["createdAt"],
        "userId": anna.id,
        "pricingSnapshot": {
            "pricedAt": snapshot["createdAt"],
            "prices": [price(&cup, 2_550), price(&kettle, 150_000)],
        },
        "signature": snapshot["signature"],
    });
    assert_eq!(snapshot, expected);
    assert!(is_signed(&snapshot).await);
    for id in ["snapshotId", "cartId"] {
        snapshot[id].as_str().unwrap().parse::<Uuid>().unwrap();
    }
    let created = snapshot["createdAt"].as_str().unwrap();
    assert!(created.ends_with('Z') && created.len() == 24, "{created}: to the millisecond, in UTC");

    assert_eq!(cart_of(&anna).await, cart, "nothing is changed");
}

#[tokio::test]
async fn each_snapshot_has_the_titles_and_prices_of_its_moment() {
    let anna = customer().await;
    let kettle = product(100, 5).await;
    put_in_cart(&anna, &kettle.sku, 3).await;
    let first = snapshot(&anna).await;
    let mut dearer = details(130);
    dearer["name"] = json!("Самовар «Тула» \"новый\" \\ 🫖");
    put_product(&kettle.sku, &dearer).await;
    let second = snapshot(&anna).await;
    assert_eq!(
        (&first["totals"]["subtotalCents"], &second["totals"]["subtotalCents"]),
        (&json!(300), &json!(390))
    );
    assert_eq!(second["items"][0]["title"], dearer["name"]);
    assert_eq!(second["pricingSnapshot"]["prices"][0]["catalogVersion"], 2);
    assert_ne!(first["snapshotId"], second["snapshotId"]);
    assert_eq!((&first["cartId"], &first["cartVersion"]), (&second["cartId"], &second["cartVersion"]));
    assert!(is_signed(&second).await);
    let mut cheaper = second.clone();
    cheaper["items"][0]["unitPriceCents"] = json!(1);
    assert!(!is_signed(&cheaper).await);
}

/// A snapshot is an offer at prices: of a cart that another tab has changed there is none.
#[tokio::test]
async fn only_the_cart_that_was_seen_is_signed() {
    let anna = customer().await;
    let kettle = product(100, 5).await;
    put_in_cart(&anna, &kettle.sku, 1).await;
    let matching = |tag: &str| post("/api/v1/cart/snapshot").header("if-match", tag.to_owned());
    let seen = anna.ask(get("/api/v1/cart")).await.header("etag").to_owned();
    put_in_cart(&anna, &kettle.sku, 2).await;
    let stale = anna.ask(matching(&seen)).await;
    let current = stale.header("etag").to_owned();
    stale.problem(412, "etag_mismatch");
    assert_eq!(anna.ask(get("/api/v1/cart")).await.header("etag"), current);
    assert_eq!(anna.ask(matching(&current)).await.expect(201)["items"][0]["quantity"], 2);
}

#[tokio::test]
async fn there_is_no_snapshot_of_an_empty_cart() {
    let anna = customer().await;
    anna.ask(post("/api/v1/cart/snapshot")).await.problem(409, "cart_empty");
}

#[tokio::test]
async fn lines_that_can_not_be_ordered_are_named_by_their_place() {
    let anna = customer().await;
    let skus = ["1-", "2-", "3-"].map(|prefix| format!("{prefix}{}", unique_sku()));
    for sku in &skus {
        put_product(sku, &details(100)).await;
        put_stock(sku, &json!({"warehouse": "msk-1", "available": 100})).await;
        put_in_cart(&anna, sku, 1).await;
    }
    let mut withdrawn = details(100);
    withdrawn["isActive"] = json!(false);
    put_product(&skus[1], &withdrawn).await;
    // A cart refuses a second currency; the catalog may still change one later.
    let mut foreign = details(100);
    foreign["currency"] = json!("USD");
    put_product(&skus[2], &foreign).await;
    let problem = anna.ask(post("/api/v1/cart/snapshot")).await.problem(422, "product_not_orderable");
    let pointers: Vec<_> =
        problem["errors"].as_array().unwrap().iter().map(|error| error["pointer"].clone()).collect();
    assert_eq!(pointers, ["/items/1", "/items/2"]);
    assert_eq!(cart_of(&anna).await["items"][1]["sku"], skus[1], "as the cart is shown");
}

#[tokio::test]
async fn a_body_says_nothing() {
    let anna = customer().await;
    put_in_cart(&anna, &product(100, 5).await.sku, 1).await;
    let ask = |body: Value| anna.ask(post("/api/v1/cart/snapshot").json(&body));
    ask(json!({})).await.expect(201);
    ask(json!({"userId": anna.id})).await.problem_at(422, "invalid_input", "/userId");
    ask(json!([])).await.problem(422, "invalid_input");
}

#[tokio::test]
async fn a_snapshot_is_for_who_is_logged_in() {
    wants_a_token(|| post("/api/v1/cart/snapshot")).await;
    let visitor = Visitor::with(&product(100, 5).await.sku, 1).await;
    let request = post("/api/v1/cart/snapshot").header(CART_TOKEN, &visitor.token);
    Answer::to(request).await.problem(401, "token_required");
}
