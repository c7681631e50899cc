//! Orders that are placed from a signed cart, by `POST /api/v1/orders`, `POST /orders` and `POST /api/orders`.

use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Value, json};
use sha2::Sha256;
use uuid::Uuid;

use super::selling::norway;
use crate::harness::{
    Answer, Person, Product, address, customer, delete, details, get, item, operator, patch, post, product,
    put_in_cart, put_product, put_stock, secret, stock_of,
};

const PATHS: [&str; 3] = ["/api/v1/orders", "/orders", "/api/orders"];

async fn order_count(person: &Person) -> usize {
    person.ask(get("/api/v1/orders")).await.expect(200)["items"].as_array().unwrap().len()
}

async fn reload(person: &Person, reference: &Value) -> Value {
    let reference = reference.as_str().map_or_else(|| reference.to_string(), str::to_owned);
    person.ask(get(&format!("/api/v1/orders/{reference}"))).await.expect(200)
}

/// The snapshot of a cart with `quantity` of `product`.
async fn snapshot(person: &Person, product: &Product, quantity: u32) -> Value {
    put_in_cart(person, &product.sku, quantity).await;
    person.ask(post("/api/v1/cart/snapshot")).await.expect(201)
}

/// `snapshot`, changed and signed again with the live secret: text in ASCII and whole numbers are their own canonical form.
async fn signed(mut snapshot: Value, change: impl FnOnce(&mut Value)) -> Value {
    snapshot.as_object_mut().unwrap().remove("signature");
    change(&mut snapshot);
    let text = secret("PlaceOrder", "CART_SNAPSHOT_SECRET_ARN").await;
    let key = serde_json::from_str::<Vec<String>>(&text).map_or(text, |keys| keys[0].clone());
    snapshot.sort_all_objects();
    let mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).unwrap().chain_update(snapshot.to_string());
    snapshot["signature"] = json!(hex::encode(mac.finalize().into_bytes()));
    snapshot
}

async fn order_by(person: &Person, path: &str, snapshot: &Value, key: &str) -> Answer {
    let body = json!({"cartSnapshot": snapshot});
    person.ask(post(path).header("idempotency-key", key).json(&body)).await
}

fn key() -> String {
    Uuid::new_v4().to_string()
}

#[tokio::test]
async fn a_signed_cart_is_ordered_at_its_prices() {
    let anna = customer().await;
    for path in PATHS {
        let kettle = product(500, 5).await;
        let snapshot = snapshot(&anna, &kettle, 2).await;
        put_product(&kettle.sku, &details(900)).await;
        let key = key();
        let first = order_by(&anna, path, &snapshot, &key).await;
        assert_eq!(first.header("x-idempotent-replay"), "false");
        let answer = first.expect(201);
        assert_eq!(answer, json!({"id": answer["orderId"], "orderId": answer["orderId"]}), "only the id");
        let again = order_by(&anna, path, &snapshot, &key).await;
        assert_eq!(again.header("x-idempotent-replay"), "true");
        assert_eq!(again.expect(200), answer);
        let order = reload(&anna, &answer["orderId"]).await;
        assert_eq!((&order["status"], &order["totalAmount"]), (&json!("awaiting_payment"), &json!(1_000)));
        assert_eq!(order["cartSnapshot"], snapshot, "and keeps what was signed");
        assert_eq!(stock_of(&kettle.sku).await, 3);
        anna.ask(delete("/api/v1/cart")).await.expect(200);
    }
}

/// Its price is what was signed, and a parcel needs an address all the same.
#[tokio::test]
async fn goods_that_have_to_be_shipped_need_an_address_in_a_signed_cart_too() {
    let (anna, kettle) = (customer().await, product(500, 5).await);
    let mut shipped = details(500);
    shipped["requiresShipping"] = json!(true);
    put_product(&kettle.sku, &shipped).await;
    let snapshot = snapshot(&anna, &kettle, 2).await;
    let key = key();
    for path in PATHS {
        order_by(&anna, path, &snapshot, &key).await.problem_at(422, "address_required", "/shippingAddress");
    }
    assert_eq!(stock_of(&kettle.sku).await, 5);
    let body = json!({"cartSnapshot": snapshot, "shippingAddress": norway("Oslo")});
    let sent = post(PATHS[0]).header("idempotency-key", key).json(&body);
    let placed = anna.ask(sent).await.expect(201);
    assert_eq!(reload(&anna, &placed["orderId"]).await["totalAmount"], 1_000);
}

/// Its clients know no payment: the order waits without an end, and their word is that the money came.
#[tokio::test]
async fn an_order_from_a_signed_cart_waits_and_is_paid_outside() {
    let (anna, operator) = (customer().await, operator().await);
    for prefix in ["/orders", "/api/orders"] {
        let kettle = product(500, 5).await;
        let snapshot = snapshot(&anna, &kettle, 2).await;
        let id = order_by(&anna, prefix, &snapshot, &key()).await.expect(201)["id"].clone();
        let path = format!("{prefix}/{}", id.as_str().unwrap());
        let order = anna.ask(get(&path)).await.expect(200);
        assert_eq!((&order["status"], &order["expiresAt"]), (&json!("awaiting_payment"), &Value::Null));
        assert_eq!(reload(&anna, &id).await.get("expiresAt"), None);
        let stored = item("ORDERS_TABLE", &format!("ORDER#{}", id.as_str().unwrap()), "ORDER").await.unwrap();
        assert!(stored["expiryKey"].as_s().unwrap().starts_with("9999-"), "no sweep ever finds it");
        let paid = || patch(&path).json(&json!({"status": "paid"}));
        anna.ask(paid()).await.problem(403, "insufficient_scope");
        let order = operator.ask(paid()).await.expect(200);
        assert_eq!(order["status"], "paid");
        assert_eq!(operator.ask(paid()).await.expect(200), order, "once is enough");
        let payment = reload(&anna, &id).await["payment"]["paymentId"].as_str().unwrap().to_owned();
        let payment = anna.ask(get(&format!("/api/v1/payments/{payment}"))).await.expect(200);
        assert_eq!((&payment["method"], &payment["status"]), (&json!("external"), &json!("succeeded")));
        assert_eq!(stock_of(&kettle.sku).await, 3);
        let canonical =
            patch(&format!("/api/v1/orders/{}", id.as_str().unwrap())).json(&json!({"status": "paid"}));
        operator.ask(canonical).await.problem(409, "transition_not_allowed");
        anna.ask(delete("/api/v1/cart")).await.expect(200);
    }
}

#[tokio::test]
async fn an_owner_cancels_an_order_from_a_signed_cart() {
    let anna = customer().await;
    let kettle = product(500, 5).await;
    for by_status in [true, false] {
        let snapshot = snapshot(&anna, &kettle, 2).await;
        let id = order_by(&anna, "/orders", &snapshot, &key()).await.expect(201)["orderId"].clone();
        let path = format!("/orders/{}", id.as_str().unwrap());
        let request = || {
            if by_status {
                patch(&path).json(&json!({"status": "canceled"}))
            } else {
                post(&format!("{path}/cancel"))
            }
        };
        customer().await.ask(request()).await.problem(403, "not_your_order");
        assert_eq!(anna.ask(request()).await.expect(200)["status"], "canceled");
        anna.ask(request()).await.problem(409, "order_already_finalized");
        assert_eq!(stock_of(&kettle.sku).await, 5);
        anna.ask(delete("/api/v1/cart")).await.expect(200);
    }
}

#[tokio::test]
async fn a_signed_cart_is_ordered_once() {
    let anna = customer().await;
    let kettle = product(500, 9).await;
    let snapshot = snapshot(&anna, &kettle, 2).await;
    let answer = order_by(&anna, PATHS[1], &snapshot, &key()).await.expect(201);
    let problem = order_by(&anna, PATHS[1], &snapshot, &key()).await.problem(409, "snapshot_already_ordered");
    assert_eq!(problem["orderId"], answer["orderId"]);
    let keys: Vec<String> = (0..4).map(|_| key()).collect();
    let others = keys.iter().map(|key| order_by(&anna, PATHS[2], &snapshot, key));
    for other in futures_util::future::join_all(others).await {
        other.problem(409, "snapshot_already_ordered");
    }
    assert_eq!((order_count(&anna).await, stock_of(&kettle.sku).await), (1, 7));
}

#[tokio::test]
async fn one_of_many_keys_at_one_instant_orders_a_signed_cart() {
    let anna = customer().await;
    let kettle = product(500, 9).await;
    let snapshot = snapshot(&anna, &kettle, 2).await;
    let keys: Vec<String> = (0..5).map(|_| key()).collect();
    let answers = keys.iter().map(|key| order_by(&anna, PATHS[1], &snapshot, key));
    let answers = futures_util::future::join_all(answers).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 201).count(), 1);
    assert_eq!((order_count(&anna).await, stock_of(&kettle.sku).await), (1, 7));
}

#[tokio::test]
async fn the_same_cart_signed_again_is_a_replay_under_the_same_key() {
    let anna = customer().await;
    let kettle = product(500, 9).await;
    let first = snapshot(&anna, &kettle, 2).await;
    let again = anna.ask(post("/api/v1/cart/snapshot")).await.expect(201);
    assert_ne!(first["snapshotId"], again["snapshotId"]);
    assert_eq!(first["cartVersion"], again["cartVersion"]);
    let key = key();
    let answer = order_by(&anna, PATHS[1], &first, &key).await.expect(201);
    let replay = order_by(&anna, PATHS[1], &again, &key).await;
    assert_eq!(replay.header("x-idempotent-replay"), "true");
    assert_eq!(replay.expect(200), answer);
    let other = snapshot(&anna, &kettle, 3).await;
    order_by(&anna, PATHS[1], &other, &key).await.problem(422, "idempotency_key_reused");
    assert_eq!(order_count(&anna).await, 1);
}

/// A key is no way around the signature, and another cart is another request.
#[tokio::test]
async fn a_repeat_is_verified_like_the_first() {
    let anna = customer().await;
    let kettle = product(500, 9).await;
    let (cart, key) = (snapshot(&anna, &kettle, 2).await, key());
    for path in PATHS {
        let placed = order_by(&anna, path, &cart, &key).await;
        assert!([200, 201].contains(&placed.status), "{placed:?}");
        let mut unsigned = cart.clone();
        unsigned["signature"] = json!("00".repeat(32));
        let bare = json!({"cartId": cart["cartId"], "cartVersion": cart["cartVersion"]});
        for bad in [unsigned, bare] {
            let told = order_by(&anna, path, &bad, &key).await.problem(422, "invalid_snapshot");
            assert_eq!(told["reason"], "signature", "{told}");
        }
        let more = signed(cart.clone(), |cart| {
            cart["items"][0]["quantity"] = json!(3);
            cart["totals"]["totalQuantity"] = json!(3);
            cart["totals"]["subtotalCents"] = json!(1_500);
        });
        order_by(&anna, path, &more.await, &key).await.problem(422, "idempotency_key_reused");
        let noted = json!({"cartSnapshot": cart, "note": "At the door"});
        let noted = anna.ask(post(path).header("idempotency-key", &key).json(&noted)).await;
        noted.problem(422, "idempotency_key_reused");
    }
    assert_eq!((order_count(&anna).await, stock_of(&kettle.sku).await), (1, 7));
}

/// What is signed and wrong is named as in any other body.
#[tokio::test]
async fn what_is_wrong_with_a_signed_cart_is_told_in_plain_words() {
    let anna = customer().await;
    let kettle = product(500, 9).await;
    let cart = snapshot(&anna, &kettle, 2).await;
    let null = signed(cart.clone(), |cart| cart["items"][0]["qty"] = Value::Null).await;
    order_by(&anna, PATHS[1], &null, &key()).await.expect(201);
    let wrong = signed(cart.clone(), |cart| {
        cart["cartVersion"] = json!("7");
        cart["items"][0]["sku"] = json!(5);
        cart["userId"] = json!("a\u{202e}");
    });
    let told = order_by(&anna, PATHS[1], &wrong.await, &key()).await.problem(422, "invalid_snapshot");
    let detail = told["detail"].as_str().unwrap();
    for pointer in ["/cartVersion must be a whole number", "/items/0/sku must be a string", "/userId must be"]
    {
        assert!(detail.contains(pointer), "{detail}");
    }
    let abroad = signed(cart, |cart| {
        cart["currency"] = json!("USD");
        cart["totals"]["currency"] = json!("USD");
    });
    let told = order_by(&anna, PATHS[1], &abroad.await, &key()).await.problem(422, "product_not_orderable");
    assert_eq!(told["errors"][0]["pointer"], "/cartSnapshot/items/0");
}

#[tokio::test]
async fn a_signed_cart_needs_a_key() {
    let anna = customer().await;
    for path in PATHS {
        for snapshot in [json!({}), json!("text")] {
            let body = json!({"cartSnapshot": snapshot});
            anna.ask(post(path).json(&body)).await.problem(400, "idempotency_key_required");
        }
        // One that is null is left out: the body orders lines, and has none.
        let body = json!({"cartSnapshot": null});
        anna.ask(post(path).json(&body)).await.problem(422, "invalid_input");
    }
}

#[tokio::test]
async fn what_is_not_a_good_snapshot_is_refused_alike() {
    let (anna, boris) = (customer().await, customer().await);
    let kettle = product(500, 9).await;
    let good = snapshot(&anna, &kettle, 2).await;
    let tampered = |change: fn(&mut Value)| {
        let mut snapshot = good.clone();
        change(&mut snapshot);
        snapshot
    };
    let old = |snapshot: &mut Value| snapshot["createdAt"] = json!("2026-01-01T00:00:00.000Z");
    let refused = [
        ("signature", tampered(|snapshot| snapshot["totals"]["subtotalCents"] = json!(1))),
        ("signature", tampered(|snapshot| snapshot["items"][0]["unitPriceCents"] = json!(1))),
        ("signature", tampered(|snapshot| snapshot["more"] = json!(1))),
        ("signature", tampered(|snapshot| snapshot["signature"] = json!("00"))),
        ("totals", signed(good.clone(), |snapshot| snapshot["totals"]["subtotalCents"] = json!(1)).await),
        ("unknown_currency", signed(good.clone(), |snapshot| snapshot["currency"] = json!("XXX")).await),
        ("expired", signed(good.clone(), old).await),
        ("another_user", signed(good.clone(), |snapshot| snapshot["userId"] = json!(boris.id)).await),
        ("malformed", json!("text")),
    ];
    for path in &PATHS[1..] {
        for (reason, snapshot) in &refused {
            let answer = order_by(&anna, path, snapshot, &key()).await;
            let problem = answer.problem(422, "invalid_snapshot");
            assert_eq!(problem["error"], "Invalid snapshot payload", "{reason}");
            assert_eq!(problem["reason"], *reason);
        }
        let theirs = order_by(&boris, path, &good, &key()).await.problem(422, "invalid_snapshot");
        assert_eq!(theirs["error"], "Invalid snapshot payload");
        // Twice the same member: whichever a reader takes, it was not signed like this.
        let text = json!({"cartSnapshot": good}).to_string().replacen(
            "\"cartId\"",
            "\"cartId\":\"x\",\"cartId\"",
            1,
        );
        let twice = post(path).header("content-type", "application/json").header("idempotency-key", key());
        let problem = anna.ask(twice.body(text)).await;
        assert_eq!(problem.status, 422);
        assert_eq!(problem.body["error"], "Invalid snapshot payload");
        let mut more = address();
        more["cartSnapshot"] = good.clone();
        let more = anna.ask(post(path).header("idempotency-key", key()).json(&more)).await;
        assert_eq!(more.problem(422, "invalid_input")["error"], "Invalid snapshot payload");
    }
    assert_eq!(order_count(&anna).await + order_count(&boris).await, 0);
    assert_eq!(stock_of(&kettle.sku).await, 9);
    order_by(&anna, PATHS[1], &good, &key()).await.expect(201);
}

#[tokio::test]
async fn further_members_are_signed_and_kept() {
    let anna = customer().await;
    let kettle = product(500, 9).await;
    let good = snapshot(&anna, &kettle, 1).await;
    let more =
        signed(good, |snapshot| snapshot["campaign"] = json!({"code": "SPRING", "steps": [1, 2]})).await;
    let answer = order_by(&anna, PATHS[2], &more, &key()).await.expect(201);
    assert_eq!(reload(&anna, &answer["orderId"]).await["cartSnapshot"], more);
}

#[tokio::test]
async fn a_good_snapshot_of_goods_that_cannot_be_had_is_another_matter() {
    let anna = customer().await;
    let kettle = product(500, 2).await;
    let good = snapshot(&anna, &kettle, 2).await;
    put_stock(&kettle.sku, &json!({"warehouse": "msk-1", "available": 1})).await;
    let problem = order_by(&anna, PATHS[2], &good, &key()).await.problem(409, "insufficient_stock");
    assert_eq!(problem["error"], "Insufficient stock");
    let order = reload(&anna, &problem["number"]).await;
    assert_eq!((&order["status"], &order["cartSnapshot"]), (&json!("failed"), &good));
    let mut hidden = details(500);
    hidden["isActive"] = json!(false);
    put_product(&kettle.sku, &hidden).await;
    let problem = order_by(&anna, PATHS[2], &good, &key()).await;
    problem.problem_at(422, "product_not_orderable", "/cartSnapshot/items/0");
}

/// The body of an order as a cart service in JavaScript signs it, for `user`, which is written as JSON.
fn body_of_a_script(secret: &str, sku: &str, user: &str, priced: bool) -> String {
    let (price, subtotal) = if priced { ("450", "900") } else { ("null", "null") };
    let (snapshot, cart, now) = (Uuid::new_v4(), Uuid::new_v4(), crate::harness::in_seconds(0));
    let unsigned = format!(
        r#"{{"snapshotId":"{snapshot}","cartId":"{cart}","cartVersion":5,"currency":"RUB","items":[{{"sku":"{sku}","qty":2,"unitPriceCents":{price},"currency":"RUB","title":null}}],"totals":{{"itemCount":1,"totalQuantity":2,"subtotalCents":{subtotal},"currency":"RUB"}},"createdAt":"{now}","userId":{user},"pricingSnapshot":null"#
    );
    let mac =
        Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap().chain_update(format!("{unsigned}}}"));
    let signature = hex::encode(mac.finalize().into_bytes());
    format!(r#"{{"cartSnapshot":{unsigned},"signature":"{signature}"}}}}"#)
}

/// A cart service in JavaScript: it signs `JSON.stringify` of its members in its own order, writes `qty`, and orders for customers of its own, or
/// for no customer.
#[tokio::test]
async fn a_cart_service_orders_for_its_customers() {
    let service = crate::harness::customer_with(&["orders:read", "orders:write"]).await;
    let key_text = secret("PlaceOrder", "CART_SNAPSHOT_SECRET_ARN").await;
    let secret = serde_json::from_str::<Vec<String>>(&key_text).map_or(key_text, |keys| keys[0].clone());
    let customer_name = format!("user-{}", Uuid::new_v4().simple());
    let anna = customer().await;
    for (user, priced) in [
        ("null".to_owned(), true),
        (format!("\"{customer_name}\""), false),
        (format!("\"{}\"", anna.id), true),
    ] {
        let kettle = product(500, 9).await;
        let body = body_of_a_script(&secret, &kettle.sku, &user, priced);
        let send = |person: &Person, key: &str| {
            let request =
                post("/api/orders").header("idempotency-key", key).header("content-type", "application/json");
            let (request, person) = (request.body(body.clone()), person.clone());
            async move { person.ask(request).await }
        };
        if user != format!("\"{}\"", anna.id) {
            let refused = send(&anna, &key()).await.problem(422, "invalid_snapshot");
            assert_eq!(
                (&refused["reason"], &refused["error"]),
                (&json!("another_user"), &json!("Invalid snapshot payload"))
            );
        }
        let first = send(&service, &key()).await;
        assert_eq!(first.header("x-idempotent-replay"), "false");
        let id = first.expect(201)["orderId"].as_str().unwrap().to_owned();
        let order = service.ask(get(&format!("/orders/{id}"))).await.expect(200);
        assert_eq!(order["userId"].to_string(), user, "as the service names them");
        assert_eq!(
            order["totals"]["subtotalCents"],
            if priced { 900 } else { 1_000 },
            "at its prices, or the catalog's"
        );
        assert_eq!(order["items"][0]["name"], "Самовар ☕");
        assert_eq!(stock_of(&kettle.sku).await, 7);
    }
    let listed = service.ask(get(&format!("/orders/user/{customer_name}"))).await.expect(200);
    assert_eq!(listed["items"].as_array().unwrap().len(), 1);
    assert_eq!(listed["items"][0]["userId"], customer_name);
    assert_eq!(order_count(&anna).await, 1, "an account's cart is the account's order");
}
