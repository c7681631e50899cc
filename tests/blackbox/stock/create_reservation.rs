//! `POST /api/v1/reservations`

use futures_util::future::join_all;
use serde_json::{Value, json};
use uuid::Uuid;

use super::reserving::{RESERVATIONS, patiently, reservation, reserve, stocked, units, wish};
use crate::harness::{
    Answer, Person, customer_with, journal_of, names_the_member_at_fault, operator, post, product, put_stock,
    unique_sku, wants_a_json_object, wants_a_token, wants_the_scope,
};

/// The most different products in one reservation.
const MAX_LINES: u32 = 40;

#[tokio::test]
async fn goods_are_set_aside_and_the_journal_tells_of_it() {
    let (kettle, tray) = (stocked(10).await, stocked(3).await);
    let mut body = wish(&[(&kettle, 2), (&tray, 3), (&kettle, 1)]);
    body["expiresAt"] = json!("2099-01-01T00:00:00+03:00");
    reserve(&body).await.problem_at(422, "invalid_input", "/expiresAt");
    body.as_object_mut().unwrap().remove("expiresAt");
    let made = reserve(&body).await.expect(201);
    assert_eq!((&made["orderId"], &made["status"]), (&body["orderId"], &json!("reserved")));
    let mut items = vec![
        json!({"productId": kettle, "reservedQuantity": 3}),
        json!({"productId": tray, "reservedQuantity": 3}),
    ];
    items.sort_by_key(|item| item["productId"].as_str().unwrap().to_owned());
    assert_eq!(made["items"], json!(items), "lines of one product are added up");
    assert!(made.get("expiresAt").is_none() && made.get("finishedAt").is_none(), "{made}");
    assert_eq!((units(&kettle).await, units(&tray).await), ((7, 3), (0, 3)));

    let id = made["reservationId"].as_str().unwrap();
    assert_eq!(reservation(id).await, made);
    let told = journal_of(&format!("reservation/{id}")).await;
    assert_eq!(told.len(), 1);
    assert_eq!((&told[0]["type"], &told[0]["sequence"]), (&json!("stock.reservation_made"), &json!(1)));
    assert_eq!(told[0]["data"]["orderId"], body["orderId"]);
    assert_eq!(told[0]["data"]["items"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn all_of_it_or_nothing() {
    let (kettle, tray) = (stocked(10).await, stocked(1).await);
    let problem = reserve(&wish(&[(&kettle, 2), (&tray, 2)])).await.problem(409, "insufficient_stock");
    assert_eq!(
        (&problem["sku"], &problem["wanted"], &problem["available"]),
        (&json!(tray), &json!(2), &json!(1))
    );
    let unknown = unique_sku();
    let problem = reserve(&wish(&[(&kettle, 2), (&unknown, 1)])).await.problem(409, "insufficient_stock");
    assert_eq!((&problem["sku"], &problem["available"]), (&json!(unknown), &json!(0)));
    // The same product twice: each line alone could be had.
    reserve(&wish(&[(&kettle, 6), (&kettle, 6)])).await.problem(409, "insufficient_stock");
    assert_eq!((units(&kettle).await, units(&tray).await), ((10, 0), (1, 0)));
}

#[tokio::test]
async fn goods_come_from_as_many_warehouses_as_it_takes() {
    let sku = stocked(3).await;
    put_stock(&sku, &json!({"warehouse": "spb-1", "available": 4})).await;
    let made = reserve(&wish(&[(&sku, 6)])).await.expect(201);
    assert_eq!(made["items"], json!([{"productId": sku, "reservedQuantity": 6}]));
    assert_eq!(units(&sku).await, (1, 6));
    reserve(&wish(&[(&sku, 2)])).await.problem(409, "insufficient_stock");
}

#[tokio::test]
async fn an_order_is_named_by_uuid_or_number_and_may_have_several() {
    let sku = stocked(4).await;
    let mut body = wish(&[(&sku, 1)]);
    for order in [json!(42), json!("42"), json!("2e995cee-6444-5287-bae5-cc95d4299590")] {
        body["orderId"] = order;
        let made = reserve(&body).await.expect(201);
        assert_eq!(made["orderId"], "2e995cee-6444-5287-bae5-cc95d4299590");
    }
    assert_eq!(units(&sku).await, (1, 3));
}

/// Of many who want the same goods at once, exactly as many get them as there are.
#[tokio::test]
async fn a_product_goes_by_either_name() {
    let kettle = product(100, 5).await;
    let keeper = operator().await;
    let line = json!({"sku": kettle.sku, "quantity": 2});
    let body = json!({"orderId": Uuid::new_v4(), "items": [line, {"productId": kettle.sku, "sku": null, "quantity": 1}]});
    let made = keeper.ask(post("/api/v1/reservations").json(&body)).await.expect(201);
    assert_eq!(made["items"], json!([{"productId": kettle.sku, "reservedQuantity": 3}]));
}

#[tokio::test]
async fn nothing_is_set_aside_twice() {
    let (sku, keeper) = (stocked(5).await, operator().await);
    let bodies: Vec<Value> = (0..12).map(|_| wish(&[(&sku, 1)])).collect();
    let answers =
        join_all(bodies.iter().map(|body| patiently(&keeper, || post(RESERVATIONS).json(body)))).await;
    let (made, refused): (Vec<Answer>, Vec<Answer>) =
        answers.into_iter().partition(|answer| answer.status == 201);
    assert_eq!(made.len(), 5);
    for answer in refused {
        answer.problem(409, "insufficient_stock");
    }
    assert_eq!(units(&sku).await, (0, 5));
}

async fn keyed(keeper: &Person, key: &str, body: &Value) -> Answer {
    keeper.ask(post(RESERVATIONS).header("idempotency-key", key).json(body)).await
}

#[tokio::test]
async fn the_same_request_with_the_same_key_is_one_reservation() {
    let (sku, keeper, key) = (stocked(9).await, operator().await, Uuid::new_v4().to_string());
    let body = wish(&[(&sku, 2)]);
    let first = keyed(&keeper, &key, &body).await;
    assert_eq!(first.header("x-idempotent-replay"), "");
    let first = first.expect(201);
    for key in [key.clone(), format!("\"{key}\"")] {
        let again = keyed(&keeper, &key, &body).await;
        assert_eq!(again.header("x-idempotent-replay"), "true");
        assert_eq!(again.expect(200), first);
    }
    keyed(&keeper, &key, &wish(&[(&sku, 3)])).await.problem(422, "idempotency_key_reused");
    for bad in ["two words", "ключ"] {
        keyed(&keeper, bad, &body).await.problem(400, "invalid_idempotency_key");
    }
    // Another caller's key is another key.
    let other = customer_with(&["stock:write"]).await;
    assert_ne!(keyed(&other, &key, &body).await.expect(201), first);
    assert_eq!(units(&sku).await, (5, 4));
}

#[tokio::test]
async fn parallel_repeats_are_one_reservation() {
    let (sku, keeper, key) = (stocked(9).await, operator().await, Uuid::new_v4().to_string());
    let body = wish(&[(&sku, 1)]);
    let answers = join_all((0..6).map(|_| keyed(&keeper, &key, &body))).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 201).count(), 1);
    for answer in answers.into_iter().filter(|answer| answer.status != 201) {
        match answer.status {
            200 => assert_eq!(answer.header("x-idempotent-replay"), "true"),
            _ => drop(answer.problem(409, "idempotency_in_progress")),
        }
    }
    assert_eq!(units(&sku).await, (8, 1));
}

/// A refusal is no answer to keep: the same request may find the goods later.
#[tokio::test]
async fn a_refused_request_may_be_repeated_with_its_key() {
    let (sku, keeper, key) = (stocked(0).await, operator().await, Uuid::new_v4().to_string());
    let body = wish(&[(&sku, 1)]);
    keyed(&keeper, &key, &body).await.problem(409, "insufficient_stock");
    put_stock(&sku, &json!({"warehouse": "msk-1", "available": 1})).await;
    keyed(&keeper, &key, &body).await.expect(201);
}

#[tokio::test]
async fn a_reservation_has_forty_products_at_most() {
    let skus: Vec<String> = (0..=MAX_LINES).map(|_| unique_sku()).collect();
    let items: Vec<(&str, u32)> = skus.iter().map(|sku| (sku.as_str(), 1)).collect();
    reserve(&wish(&items)).await.problem(422, "too_many_lines");
    reserve(&wish(&items[1..])).await.problem(409, "insufficient_stock");
    let stocked = join_all((0..MAX_LINES).map(|_| stocked(1))).await;
    let items: Vec<(&str, u32)> = stocked.iter().map(|sku| (sku.as_str(), 1)).collect();
    let made = reserve(&wish(&items)).await.expect(201);
    assert_eq!(made["items"].as_array().unwrap().len(), stocked.len());
}

#[tokio::test]
async fn a_member_that_breaks_a_rule_is_named() {
    let (sku, operator) = (stocked(5).await, operator().await);
    let request = || post(RESERVATIONS).bearer_auth(&operator.token);
    let good = wish(&[(&sku, 1)]);
    let mut cases: Vec<(&str, Value)> =
        vec![("orderId", Value::Null), ("items", Value::Null), ("items", json!([]))];
    let orders = [
        json!(""),
        json!("x"),
        json!(0),
        json!(-1),
        json!(1.5),
        json!(true),
        json!("+42"),
        json!("0042"),
        json!("{2e995cee-6444-5287-bae5-cc95d4299590}"),
        json!(9_007_199_254_740_992_u64),
    ];
    cases.extend(orders.map(|order| ("orderId", order)));
    cases.extend([("items", json!({})), ("items", json!("all")), ("ownerId", json!(Uuid::new_v4()))]);
    let times = [
        json!("soon"),
        json!(""),
        json!(7),
        json!("2026-13-01T00:00:00Z"),
        json!("2020-01-01T00:00:00Z"),
        json!("2099-01-01 00:00:00Z"),
        json!("2099-01-01T00:00Z"),
    ];
    cases.extend(times.map(|time| ("expiresAt", time)));
    names_the_member_at_fault(&good, cases, request).await;

    for (item, pointer) in [
        (json!({"quantity": 1}), "/items/0/productId"),
        (json!({"productId": "a b", "quantity": 1}), "/items/0/productId"),
        (json!({"productId": sku}), "/items/0/quantity"),
        (json!({"productId": sku, "quantity": 0}), "/items/0/quantity"),
        (json!({"productId": sku, "quantity": 65_536}), "/items/0/quantity"),
        (json!({"productId": sku, "quantity": "1"}), "/items/0/quantity"),
        (json!({"productId": sku, "quantity": 1, "warehouse": "msk-1"}), "/items/0/warehouse"),
        (json!(7), "/items/0"),
        (json!([sku, 1]), "/items/0"),
    ] {
        let mut body = good.clone();
        body["items"] = json!([item]);
        reserve(&body).await.problem_at(422, "invalid_input", pointer);
    }
    let twice = wish(&[(&sku, 65_535), (&sku, 1)]);
    reserve(&twice).await.problem_at(422, "invalid_input", "/items/1/quantity");
    assert_eq!(units(&sku).await, (5, 0));
}

#[tokio::test]
async fn a_body_that_is_not_a_json_object_is_refused() {
    let operator = operator().await;
    wants_a_json_object(|| post(RESERVATIONS).bearer_auth(&operator.token)).await;
}

#[tokio::test]
async fn only_who_may_write_stock_sets_goods_aside() {
    let sku = stocked(5).await;
    let request = || post(RESERVATIONS).json(&wish(&[(&sku, 1)]));
    wants_a_token(request).await;
    wants_the_scope("stock:write", request).await;
    let other = customer_with(&["orders:read", "orders:write", "catalog:write"]).await;
    other.ask(request()).await.problem(403, "insufficient_scope");
    customer_with(&["stock:write"]).await.ask(request()).await.expect(201);
    assert_eq!(units(&sku).await, (4, 1));
}
