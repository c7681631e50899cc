//! `POST /loms/order/create`

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::{
    AROUND_USER, ask, ask_in_words, call, client, count, create, enter, goods, refuses_bad_requests,
    refuses_integers, status, unique_number, unique_user, whole,
};
use crate::harness::{expire, get, journal_of, operator, post, set_text, setting};

const PATH: &str = "/loms/order/create";

fn body(user: i64, items: &Value) -> Value {
    json!({"user": user, "items": items})
}

#[tokio::test]
async fn an_order_waits_for_its_payment_and_its_goods_are_set_aside() {
    let user = unique_user();
    let (kettle, cup) = (goods(1_500, 5).await, goods(250, 20).await);
    let items = json!([{"sku": kettle, "count": 1}, {"sku": cup, "count": 6}, {"sku": kettle, "count": 2}]);
    let order = call(PATH, &body(user, &items)).await["orderID"].clone();
    assert_eq!(status(&order).await, "awaiting payment");
    assert_eq!((count(kettle).await, count(cup).await), (json!(2), json!(14)));
    let kept = whole(&order).await;
    assert_eq!((&kept["number"], &kept["totalAmount"]), (&order, &json!(6_000)));
    assert_eq!(kept["payment"], Value::Null, "no provider is asked");
    let placed = &journal_of(&format!("order/{}", kept["id"].as_str().unwrap())).await[0];
    assert_eq!(placed["actor"], json!({"kind": "operator", "id": client().await.id}), "the client did it");
    // The id of the customer is one that operators can list by.
    let theirs = format!("/api/v1/orders/user/{}", kept["userId"].as_str().unwrap());
    let listed = operator().await.ask(get(&theirs)).await.expect(200);
    assert_eq!(listed["items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn goods_that_can_not_be_had_make_a_failed_order() {
    let user = unique_user();
    let (kettle, cup) = (goods(100, 2).await, goods(100, 5).await);
    let items = json!([{"sku": cup, "count": 1}, {"sku": kettle, "count": 3}]);
    let order = call(PATH, &body(user, &items)).await["orderID"].clone();
    let info = call("/loms/order/info", &json!({"orderID": order})).await;
    assert_eq!((&info["status"], &info["user"]), (&json!("failed"), &json!(user)));
    assert_eq!(info["items"].as_array().unwrap().len(), 2, "{info}");
    assert_eq!((count(kettle).await, count(cup).await), (json!(2), json!(5)), "nothing is set aside");
    for path in ["/loms/order/pay", "/loms/order/cancel"] {
        let problem = ask(path, &json!({"orderID": order})).await;
        assert_eq!(problem.status, 409, "{path}: {}", problem.text);
    }
}

#[tokio::test]
async fn an_idempotency_key_makes_one_order_of_repeats() {
    let (user, client) = (unique_user(), client().await);
    let kettle = goods(100, 3).await;
    for (wanted, expected) in [(3, "awaiting payment"), (1, "failed")] {
        let body = body(user, &json!([{"sku": kettle, "count": wanted}]));
        let send = || client.ask(post(PATH).header("idempotency-key", format!("k-{wanted}")).json(&body));
        let first = send().await;
        assert_eq!(first.header("x-idempotent-replay"), "");
        let again = send().await;
        assert_eq!(again.header("x-idempotent-replay"), "true");
        let first = first.expect(200);
        assert_eq!(again.expect(200), first);
        assert_eq!(status(&first["orderID"]).await, expected);
    }
    let other = body(user, &json!([{"sku": kettle, "count": 2}]));
    let reused = client.ask(post(PATH).header("idempotency-key", "k-3").json(&other)).await;
    reused.problem(422, "idempotency_key_reused");
    let kept = whole(&create(user, kettle, 1).await).await;
    let theirs = format!("/api/v1/orders/user/{}", kept["userId"].as_str().unwrap());
    let listed = operator().await.ask(get(&theirs)).await.expect(200);
    assert_eq!(listed["items"].as_array().unwrap().len(), 3, "no repeat made one: {listed}");
}

#[tokio::test]
async fn integers_are_exact_at_their_limits() {
    enter(u32::MAX, 1, 10_000_000).await;
    let largest = json!([{"sku": 4_294_967_295_u32, "count": 65_535}]);
    for user in [1, 2, (1 << 53) + 1, i64::MAX - 1, i64::MAX] {
        let order = call(PATH, &body(user, &largest)).await["orderID"].clone();
        let info = call("/loms/order/info", &json!({"orderID": order})).await;
        assert_eq!(info, json!({"status": "awaiting payment", "user": user, "items": largest}));
        assert_eq!(call("/loms/order/cancel", &json!({"orderID": order})).await, json!({}));
    }
    let twice = json!([{"sku": u32::MAX, "count": 65_535}, {"sku": u32::MAX, "count": 1}]);
    ask(PATH, &body(1, &twice)).await.problem_at(400, "invalid_input", "/items/1/count");
    enter(0, 1, 1_000).await;
    let order = create(unique_user(), 0, 1).await;
    assert_eq!(status(&order).await, "awaiting payment", "0 is a number too");
}

#[tokio::test]
async fn bad_input_is_named() {
    let kettle = goods(100, 5).await;
    let good = body(1, &json!([{"sku": kettle, "count": 1}]));
    refuses_bad_requests(PATH, &good).await;
    refuses_integers(PATH, &good, "user", AROUND_USER).await;
    for (item, pointer) in [
        (r#"{"sku": -1, "count": 1}"#, "/items/1/sku"),
        (r#"{"sku": 4294967296, "count": 1}"#, "/items/1/sku"),
        (r#"{"sku": "7", "count": 1}"#, "/items/1/sku"),
        (r#"{"sku": 7, "count": 0}"#, "/items/1/count"),
        (r#"{"sku": 7, "count": 65536}"#, "/items/1/count"),
        (r#"{"sku": 7, "count": -1}"#, "/items/1/count"),
        (r#"{"sku": 7}"#, "/items/1/count"),
        (r#"{"sku": 7, "count": 1, "price": 1}"#, "/items/1/price"),
        ("7", "/items/1"),
    ] {
        let text = format!(r#"{{"user": 1, "items": [{{"sku": {kettle}, "count": 1}}, {item}]}}"#);
        ask_in_words(PATH, &text).await.problem_at(400, "invalid_input", pointer);
    }
    ask(PATH, &body(1, &json!([]))).await.problem_at(400, "invalid_input", "/items");
    let unknown = body(1, &json!([{"sku": kettle, "count": 1}, {"sku": unique_number(), "count": 1}]));
    ask(PATH, &unknown).await.problem_at(400, "product_not_orderable", "/items/1");
    let many: Vec<Value> = (1..=41).map(|sku| json!({"sku": sku, "count": 1})).collect();
    assert_eq!(ask(PATH, &body(1, &json!(many))).await.problem(400, "too_many_lines")["limit"], 40);
    assert_eq!(count(kettle).await, 5, "nothing was set aside");
}

#[tokio::test]
async fn an_order_that_is_not_paid_in_time_is_cancelled_and_its_goods_come_back() {
    let kettle = goods(100, 2).await;
    let order = create(unique_user(), kettle, 2).await;
    let kept = whole(&order).await;
    let time = |member: &str| kept[member].as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
    let window: i64 = setting("PAYMENT_WINDOW_SECONDS").parse().unwrap();
    let given = time("expiresAt").duration_since(time("createdAt"));
    assert_eq!(given.as_secs(), window, "as on every surface");
    assert_eq!(count(kettle).await, 0);
    expire(&kept).await;
    assert_eq!(status(&order).await, "cancelled");
    assert_eq!(count(kettle).await, 2);
    let late = ask("/loms/order/pay", &json!({"orderID": order})).await;
    assert_eq!(late.problem(409, "transition_not_allowed")["orderStatus"], "cancelled");
    assert_eq!(
        call("/loms/order/cancel", &json!({"orderID": order})).await,
        json!({}),
        "its reserve is lifted"
    );
}

#[tokio::test]
async fn an_order_whose_time_is_over_is_not_paid_even_before_it_is_swept() {
    let kettle = goods(100, 1).await;
    let order = create(unique_user(), kettle, 1).await;
    let key = format!("ORDER#{}", whole(&order).await["id"].as_str().unwrap());
    set_text("ORDERS_TABLE", &key, "ORDER", "expiresAt", "2026-01-01T00:00:00.000Z").await;
    let late = ask("/loms/order/pay", &json!({"orderID": order})).await;
    assert_eq!(late.problem(409, "order_expired")["orderID"], order);
    assert_eq!(count(kettle).await, 0, "it is set aside until then");
}

#[tokio::test]
async fn of_many_at_once_no_more_are_served_than_there_are() {
    let kettle = goods(100, 5).await;
    let orders = join_all((0..12).map(|_| create(unique_user(), kettle, 1))).await;
    let statuses = join_all(orders.iter().map(status)).await;
    assert_eq!(statuses.iter().filter(|status| *status == "awaiting payment").count(), 5, "{statuses:?}");
    assert_eq!(statuses.iter().filter(|status| *status == "failed").count(), 7, "{statuses:?}");
    assert_eq!(count(kettle).await, 0);
}
