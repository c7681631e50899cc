//! `POST /api/v1/orders/checkout`.

use futures_util::future::join_all;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::harness::{
    Answer, Person, change_of_stock, customer, details, get, operator, post, product, put, put_in_cart,
    put_product, stock_of,
};

const CHECKOUT: &str = "/api/v1/orders/checkout";

async fn status_of(person: &Person, number: &Value) -> Value {
    person.ask(get(&format!("/api/v1/orders/{number}"))).await.expect(200)["status"].clone()
}

#[tokio::test]
async fn a_method_that_is_decided_at_once_settles_at_once() {
    let anna = customer().await;
    let kettle = product(500, 10).await;
    let cases = [
        (json!({"method": "card", "cardToken": "tok_success"}), "paid", "succeeded", 9),
        (json!({"method": "card", "cardToken": "tok_declined"}), "cancelled", "failed", 9),
        (json!({"method": "phone", "phone": "+7 999 123-45-60"}), "paid", "succeeded", 8),
        (json!({"method": "card", "cardToken": "tok_pending"}), "awaiting_payment", "pending", 7),
    ];
    for (body, status, payment, left) in cases {
        put_in_cart(&anna, &kettle.sku, 1).await;
        let order = anna.ask(post(CHECKOUT).json(&body)).await.expect(201);
        assert_eq!(order["status"], status, "{body}");
        assert_eq!(order["payment"]["status"], payment, "{body}");
        assert_eq!(order.get("paymentUrl").is_some(), status == "awaiting_payment", "{body}");
        assert_eq!(stock_of(&kettle.sku).await, left, "{body}");
    }
}

#[tokio::test]
async fn a_body_that_is_null_is_none() {
    let anna = customer().await;
    put_in_cart(&anna, &product(500, 1).await.sku, 1).await;
    let request = post(CHECKOUT).header("content-type", "application/json").body(" null\n");
    assert_eq!(anna.ask(request).await.expect(201)["status"], "awaiting_payment");
}

#[tokio::test]
async fn no_body_and_null_are_the_same_request() {
    let anna = customer().await;
    put_in_cart(&anna, &product(100, 5).await.sku, 1).await;
    let key = Uuid::new_v4().to_string();
    let request = || post("/api/v1/orders/checkout").header("idempotency-key", &key);
    let placed = anna.ask(request()).await.expect(201);
    for body in ["null", "{}", r#"{"country": null}"#] {
        let repeat = request().header("content-type", "application/json").body(body);
        assert_eq!(anna.ask(repeat).await.expect(200)["id"], placed["id"], "{body}");
    }
}

#[tokio::test]
async fn bad_bodies_are_named_and_nothing_is_ordered() {
    let anna = customer().await;
    let kettle = product(500, 1).await;
    put_in_cart(&anna, &kettle.sku, 1).await;
    let cases = [
        (json!({"country": "RU", "region": "Москва", "city": "Москва"}), "/street"),
        (json!({"country": " ", "region": "a", "city": "b", "street": "c"}), "/country"),
        (json!({"country": "RU", "region": "a", "city": "b\nc", "street": "d"}), "/city"),
        (json!({"country": "RU", "region": "a", "city": "b", "street": "x".repeat(201)}), "/street"),
        (json!({"country": 7}), "/country"),
        (json!({"method": "cash"}), "/method"),
        (json!({"method": "card"}), "/cardToken"),
        (json!({"method": "card", "cardToken": "4111 1111 1111 1111"}), "/cardToken"),
        (json!({"cardToken": "tok_success"}), "/method"),
        (json!({"coupon": "FREE"}), "/coupon"),
        (json!([]), ""),
    ];
    for (body, pointer) in cases {
        anna.ask(post(CHECKOUT).json(&body)).await.problem_at(422, "invalid_input", pointer);
    }
    let broken = post(CHECKOUT).header("content-type", "application/json").body("{");
    anna.ask(broken).await.problem(400, "malformed_body");
    let untyped = post(CHECKOUT).header("content-type", "text/plain").body("{}");
    anna.ask(untyped).await.problem(415, "unsupported_media_type");
    let large = post(CHECKOUT).header("content-type", "application/json").body(" ".repeat(300_000) + "{}");
    anna.ask(large).await.problem(413, "body_too_large");
    Answer::to(post(CHECKOUT)).await.problem(401, "token_required");
    assert_eq!(anna.ask(get("/api/v1/orders")).await.expect(200), json!({"items": []}));
    assert_eq!(stock_of(&kettle.sku).await, 1);
}

#[tokio::test]
async fn all_faults_of_a_body_are_named_at_once() {
    let anna = customer().await;
    let body = json!({"country": " ", "method": "cash", "expectedTotal": -1, "coupon": "FREE", "city": 7});
    let told = anna.ask(post(CHECKOUT).json(&body)).await.problem(422, "invalid_input");
    let mut pointers: Vec<&str> =
        told["errors"].as_array().unwrap().iter().map(|error| error["pointer"].as_str().unwrap()).collect();
    pointers.sort_unstable();
    for pointer in ["/city", "/country", "/coupon", "/expectedTotal", "/method"] {
        assert!(pointers.contains(&pointer), "{pointer}: {told}");
    }
    let body = json!({"items": [], "country": "RU", "card": "4111111111111111", "reserve": "no", "more": 1});
    let told = anna.ask(post("/api/v1/orders").json(&body)).await.problem(422, "invalid_input");
    let pointers: Vec<&str> =
        told["errors"].as_array().unwrap().iter().map(|error| error["pointer"].as_str().unwrap()).collect();
    for pointer in ["/region", "/city", "/street", "/card", "/reserve", "/more"] {
        assert!(pointers.contains(&pointer), "{pointer}: {told}");
    }
}

#[tokio::test]
async fn an_empty_cart_orders_nothing() {
    customer().await.ask(post(CHECKOUT)).await.problem(409, "cart_empty");
}

#[tokio::test]
async fn what_is_no_longer_for_sale_is_named_and_prices_are_of_the_moment() {
    let anna = customer().await;
    let (kettle, tray) = (product(500, 3).await, product(900, 3).await);
    put_in_cart(&anna, &kettle.sku, 1).await;
    put_in_cart(&anna, &tray.sku, 1).await;
    let mut withdrawn = details(500);
    withdrawn["isActive"] = json!(false);
    put_product(&kettle.sku, &withdrawn).await;
    let problem = anna.ask(post(CHECKOUT)).await.problem(422, "product_not_orderable");
    assert!(problem["errors"][0]["detail"].as_str().unwrap().contains(&kettle.sku), "{problem}");
    assert_eq!(problem["errors"].as_array().unwrap().len(), 1);
    put_product(&kettle.sku, &details(700)).await;
    let order = anna.ask(post(CHECKOUT)).await.expect(201);
    assert_eq!(order["totalAmount"], 1_600, "at the prices of this moment");
    put_product(&kettle.sku, &details(100)).await;
    let kept = anna.ask(get(&format!("/api/v1/orders/{}", order["number"]))).await.expect(200);
    assert_eq!(kept["items"], order["items"], "and the order keeps them");
}

#[tokio::test]
async fn what_is_short_is_told_and_the_cart_stays() {
    let (anna, boris) = (customer().await, customer().await);
    let kettle = product(500, 3).await;
    put_in_cart(&anna, &kettle.sku, 2).await;
    put_in_cart(&boris, &kettle.sku, 2).await;
    boris.ask(post(CHECKOUT)).await.expect(201);
    let problem = anna.ask(post(CHECKOUT)).await.problem(409, "insufficient_stock");
    assert_eq!(problem["sku"], kettle.sku);
    assert_eq!((&problem["wanted"], &problem["available"]), (&json!(2), &json!(1)));
    assert_eq!(status_of(&anna, &problem["number"]).await, "failed", "the attempt is kept");
    let cart = anna.ask(get("/api/v1/cart")).await.expect(200);
    assert_eq!(cart["items"][0]["quantity"], 2);
    assert_eq!(stock_of(&kettle.sku).await, 1);
}

#[tokio::test]
async fn goods_come_from_several_warehouses_and_go_back_to_each() {
    let (anna, operator) = (customer().await, operator().await);
    let kettle = product(500, 3).await;
    let path = format!("/api/v1/stocks/{}", kettle.sku);
    let other = json!({"warehouse": "spb-1", "available": 4});
    operator.ask(put(&path).json(&other)).await.expect(200);
    put_in_cart(&anna, &kettle.sku, 6).await;
    let order = anna.ask(post(CHECKOUT)).await.expect(201);
    assert_eq!(stock_of(&kettle.sku).await, 1);
    anna.ask(post(&format!("/api/v1/orders/{}/cancel", order["number"]))).await.expect(200);
    // A change of one unit shows every warehouse as it is.
    let changed = json!({"warehouse": "spb-1", "delta": 1});
    let stock = operator.ask(change_of_stock(&kettle.sku, &changed)).await.expect(200);
    let by_warehouse = json!([
        {"warehouse": "msk-1", "available": 3, "reserved": 0},
        {"warehouse": "spb-1", "available": 5, "reserved": 0},
    ]);
    assert_eq!(stock["warehouses"], by_warehouse);
}

#[tokio::test]
async fn the_same_key_is_the_same_order() {
    let anna = customer().await;
    let kettle = product(500, 5).await;
    put_in_cart(&anna, &kettle.sku, 1).await;
    let key = Uuid::new_v4().to_string();
    let first = anna.ask(post(CHECKOUT).header("idempotency-key", &key)).await;
    assert_eq!(first.header("x-idempotent-replay"), "");
    let first = first.expect(201);
    let repeat = anna.ask(post(CHECKOUT).header("idempotency-key", format!("\"{key}\""))).await;
    assert_eq!(repeat.header("x-idempotent-replay"), "true");
    assert_eq!(repeat.expect(200), first, "quoted or bare, the same answer");
    let other = post(CHECKOUT)
        .header("idempotency-key", &key)
        .json(&json!({"method": "card", "cardToken": "tok_success"}));
    anna.ask(other).await.problem(422, "idempotency_key_reused");
    for bad in ["", "\"\"", "a b", &"x".repeat(256)] {
        anna.ask(post(CHECKOUT).header("idempotency-key", bad)).await.problem(400, "invalid_idempotency_key");
    }
    let boris = customer().await;
    let theirs = boris.ask(post(CHECKOUT).header("idempotency-key", &key)).await;
    theirs.problem(409, "cart_empty");
    assert_eq!(stock_of(&kettle.sku).await, 4);
}

#[tokio::test]
async fn the_same_key_at_the_same_instant_is_one_order() {
    let anna = customer().await;
    let kettle = product(500, 9).await;
    put_in_cart(&anna, &kettle.sku, 1).await;
    let key = Uuid::new_v4().to_string();
    let answers = join_all((0..8).map(|_| anna.ask(post(CHECKOUT).header("idempotency-key", &key)))).await;
    let placed = answers.iter().filter(|answer| answer.status == 201).count();
    assert_eq!(placed, 1);
    for answer in answers.into_iter().filter(|answer| answer.status != 201) {
        if answer.status == 200 {
            assert_eq!(answer.header("x-idempotent-replay"), "true");
        } else {
            assert!(
                ["idempotency_in_progress", "cart_empty"].contains(&answer.body["code"].as_str().unwrap()),
                "{answer:?}"
            );
            assert_eq!(answer.status, 409);
        }
    }
    assert_eq!(stock_of(&kettle.sku).await, 8);
    assert_eq!(anna.ask(get("/api/v1/orders")).await.expect(200)["items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn one_cart_checked_out_twice_at_once_is_one_order() {
    let anna = customer().await;
    let kettle = product(500, 9).await;
    put_in_cart(&anna, &kettle.sku, 2).await;
    let answers = join_all((0..6).map(|_| anna.ask(post(CHECKOUT)))).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 201).count(), 1);
    for answer in answers.into_iter().filter(|answer| answer.status != 201) {
        assert_eq!(answer.status, 409);
        assert!(
            ["cart_changed", "cart_empty"].contains(&answer.body["code"].as_str().unwrap()),
            "{answer:?}"
        );
    }
    assert_eq!(stock_of(&kettle.sku).await, 7);
}

/// A double click on the last units: the request that loses is refused with the cart's state, and no failed order is left behind.
#[tokio::test]
async fn a_cart_of_the_last_units_checked_out_twice_leaves_no_failed_order() {
    for body in [json!({}), json!({"method": "card", "cardToken": "tok_success"})] {
        let anna = customer().await;
        let kettle = product(500, 2).await;
        put_in_cart(&anna, &kettle.sku, 2).await;
        let answers = join_all((0..4).map(|_| anna.ask(post(CHECKOUT).json(&body)))).await;
        assert_eq!(answers.iter().filter(|answer| answer.status == 201).count(), 1);
        for answer in answers.into_iter().filter(|answer| answer.status != 201) {
            let code = answer.body["code"].as_str().unwrap();
            assert!(["cart_changed", "cart_empty"].contains(&code), "{answer:?}");
        }
        let orders = anna.ask(get("/api/v1/orders")).await.expect(200);
        assert_eq!(orders["items"].as_array().unwrap().len(), 1, "{orders}");
    }
}

/// The provider can't be reached: the same request finds its order again, without a key.
#[tokio::test]
async fn a_repeat_of_a_checkout_that_could_not_be_paid_finds_its_order() {
    let anna = customer().await;
    let kettle = product(500, 9).await;
    put_in_cart(&anna, &kettle.sku, 2).await;
    let body = json!({"method": "card", "cardToken": "tok_error_once"});
    let told = anna.ask(post(CHECKOUT).json(&body)).await.problem(503, "unavailable");
    let order = anna.ask(post(CHECKOUT).json(&body)).await.expect(201);
    assert_eq!((&order["id"], &order["number"]), (&told["orderId"], &told["number"]));
    assert_eq!(order["status"], "paid");
    assert_eq!(stock_of(&kettle.sku).await, 7);
}

#[tokio::test]
async fn the_last_units_are_sold_once() {
    let kettle = product(500, 5).await;
    let buyers = join_all((0..12).map(|_| customer())).await;
    for buyer in &buyers {
        put_in_cart(buyer, &kettle.sku, 1).await;
    }
    let answers = join_all(buyers.iter().map(|buyer| buyer.ask(post(CHECKOUT)))).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 201).count(), 5);
    for answer in answers.into_iter().filter(|answer| answer.status != 201) {
        answer.problem(409, "insufficient_stock");
    }
    assert_eq!(stock_of(&kettle.sku).await, 0);
}
