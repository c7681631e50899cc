//! `POST /api/v1/refunds`.

use futures_util::future::join_all;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::harness::{
    Answer, Person, customer, customer_with, get, journal_of, operator, patch, pay_for, place_order, post,
    product, reload, stock_of,
};

const PATH: &str = "/api/v1/refunds";

async fn cashier() -> Person {
    customer_with(&["payments:write"]).await
}

fn refund(order: &Value, amount: i64) -> Value {
    json!({"orderId": order["id"], "paymentId": order["payment"]["paymentId"], "amount": amount})
}

async fn payment_of(person: &Person, order: &Value) -> Value {
    let id = order["payment"]["paymentId"].as_str().unwrap();
    person.ask(get(&format!("/api/v1/payments/{id}"))).await.expect(200)
}

#[tokio::test]
async fn a_part_goes_back_and_the_order_stays_paid_until_all_has() {
    let (anna, cashier) = (customer().await, cashier().await);
    let kettle = product(7_500, 1).await;
    let paid = pay_for(&anna, &kettle, 1).await;
    let part = cashier.ask(post(PATH).json(&refund(&paid, 2_500))).await.expect(201);
    let expected = json!({
        "refundId": part["refundId"], "paymentId": paid["payment"]["paymentId"], "orderId": paid["id"],
        "status": "succeeded", "amount": 2_500, "currency": "RUB", "cause": "requested",
        "createdAt": part["createdAt"], "updatedAt": part["updatedAt"],
    });
    assert_eq!(part, expected);
    let payment = payment_of(&anna, &paid).await;
    assert_eq!((&payment["status"], &payment["refundedAmount"]), (&json!("succeeded"), &json!(2_500)));
    assert_eq!(payment["refunds"], json!([part]));
    assert_eq!(reload(&anna, &paid).await, paid, "the order is as it was");

    let by_number =
        json!({"orderId": paid["number"], "paymentId": paid["payment"]["paymentId"], "amount": 5_000});
    cashier.ask(post(PATH).json(&by_number)).await.expect(201);
    assert_eq!(payment_of(&anna, &paid).await["status"], "refunded");
    let order = reload(&anna, &paid).await;
    assert_eq!((&order["status"], &order["payment"]["status"]), (&json!("cancelled"), &json!("refunded")));
    assert_eq!(stock_of(&kettle.sku).await, 1, "the goods are back");
    let told = journal_of(&format!("payment/{}", paid["payment"]["paymentId"].as_str().unwrap())).await;
    let kinds: Vec<_> = told.iter().map(|event| event["type"].as_str().unwrap()).collect();
    let (started, succeeded) = ("payments.refund_started", "payments.refund_succeeded");
    assert_eq!(kinds[2..], [started, succeeded, started, succeeded]);
}

/// Every way to send the goods of an order whose money went back.
#[tokio::test]
async fn a_refunded_order_is_cancelled_and_never_shipped() {
    let (anna, cashier, operator) = (customer().await, cashier().await, operator().await);
    for confirmed in [false, true] {
        let kettle = product(7_500, 2).await;
        let paid = pay_for(&anna, &kettle, 2).await;
        let path = format!("/api/v1/orders/{}", paid["number"]);
        if confirmed {
            operator.ask(post(&format!("{path}/confirm"))).await.expect(200);
        }
        let all = paid["totalAmount"].as_i64().unwrap();
        cashier.ask(post(PATH).json(&refund(&paid, all))).await.expect(201);
        assert_eq!(stock_of(&kettle.sku).await, 2);
        let order = reload(&anna, &paid).await;
        assert_eq!(order["status"], "cancelled");
        assert_eq!(order["cancellationReason"], Value::Null, "nobody gave a reason");
        let told = operator.ask(post(&format!("{path}/confirm"))).await.problem(409, "payment_refunded");
        assert_eq!(told["order"], order);
        for status in ["confirmed", "shipped"] {
            for prefix in ["/api/v1/orders", "/orders", "/api/orders"] {
                let moved = patch(&format!("{prefix}/{}", paid["number"])).json(&json!({"status": status}));
                operator.ask(moved).await.problem(409, "payment_refunded");
            }
        }
        let told = journal_of(&format!("order/{}", paid["id"].as_str().unwrap())).await;
        assert_eq!(told.last().unwrap()["type"], "orders.order_canceled");
        assert_eq!(told.last().unwrap()["actor"]["kind"], "operator");
    }
}

/// A refund does not call back goods that were shipped.
#[tokio::test]
async fn a_refund_after_shipping_leaves_the_order_where_it_is() {
    let (anna, cashier, operator) = (customer().await, cashier().await, operator().await);
    let kettle = product(7_500, 1).await;
    let paid = pay_for(&anna, &kettle, 1).await;
    let path = format!("/api/v1/orders/{}", paid["number"]);
    for status in ["confirmed", "shipped"] {
        operator.ask(patch(&path).json(&json!({"status": status}))).await.expect(200);
    }
    cashier.ask(post(PATH).json(&refund(&paid, 7_500))).await.expect(201);
    let order = reload(&anna, &paid).await;
    assert_eq!((&order["status"], &order["payment"]["status"]), (&json!("shipped"), &json!("refunded")));
    assert_eq!(stock_of(&kettle.sku).await, 0);
    operator.ask(patch(&path).json(&json!({"status": "delivered"}))).await.expect(200);
}

#[tokio::test]
async fn refunds_that_race_never_send_more_than_came() {
    let (anna, cashier) = (customer().await, cashier().await);
    let paid = pay_for(&anna, &product(7_500, 1).await, 1).await;
    let body = refund(&paid, 2_000);
    let answers = join_all((0..8).map(|_| cashier.ask(post(PATH).json(&body)))).await;
    let made = answers.iter().filter(|answer| answer.status == 201).count();
    for answer in answers.into_iter().filter(|answer| answer.status != 201) {
        // The payment may have changed under a request too often; then nothing was done.
        if answer.status == 503 {
            continue;
        }
        assert_eq!(answer.problem(409, "refund_exceeds_payment")["refundable"], 1_500);
    }
    assert!((1..=3).contains(&made), "{made} refunds of 2,000 were made of 7,500");
    let payment = payment_of(&anna, &paid).await;
    assert_eq!(payment["refundedAmount"], 2_000 * made);
    assert_eq!(payment["refunds"].as_array().unwrap().len(), made);
}

/// Each of many is answered, however many are at work on the same payment.
#[tokio::test]
async fn many_refunds_at_once_are_all_made() {
    let (anna, cashier) = (customer().await, cashier().await);
    let order = pay_for(&anna, &product(2_000, 1).await, 1).await;
    let payment = payment_of(&anna, &order).await;
    let body = json!({"orderId": order["id"], "paymentId": payment["paymentId"], "amount": 100});
    let ask = |key: &str| post("/api/v1/refunds").header("idempotency-key", key).json(&body);
    let made = |_| {
        let key = Uuid::new_v4().to_string();
        let cashier = &cashier;
        async move { cashier.ask_until_available(|| ask(&key)).await }
    };
    let answers = join_all((0..20).map(made)).await;
    let statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
    assert!(statuses.iter().all(|status| *status == 201), "{statuses:?}");
    cashier.ask(ask("the-twenty-first")).await.problem(409, "refund_exceeds_payment");
}

#[tokio::test]
async fn a_repeat_sends_nothing_twice() {
    let (anna, cashier) = (customer().await, cashier().await);
    let paid = pay_for(&anna, &product(1_000, 1).await, 1).await;
    let key = Uuid::new_v4().to_string();
    let ask = |amount| post(PATH).header("idempotency-key", &key).json(&refund(&paid, amount));
    let first = cashier.ask(ask(1_000)).await.expect(201);
    let again = cashier.ask(ask(1_000)).await;
    assert_eq!(again.header("x-idempotent-replay"), "true");
    assert_eq!(again.expect(200), first);
    cashier.ask(ask(1)).await.problem(422, "idempotency_key_reused");
    assert_eq!(payment_of(&anna, &paid).await["refundedAmount"], 1_000);

    let other = pay_for(&anna, &product(1_000, 1).await, 1).await;
    let key = Uuid::new_v4().to_string();
    let ask = || post(PATH).header("idempotency-key", &key).json(&refund(&other, 600));
    let answers = join_all((0..5).map(|_| cashier.ask(ask()))).await;
    for answer in answers {
        match answer.status {
            409 => drop(answer.problem(409, "idempotency_in_progress")),
            status => assert!([200, 201].contains(&status), "{}", answer.text),
        }
    }
    assert_eq!(payment_of(&anna, &other).await["refundedAmount"], 600);
}

#[tokio::test]
async fn calling_the_order_off_sends_back_what_is_left() {
    let (anna, cashier) = (customer().await, cashier().await);
    let paid = pay_for(&anna, &product(7_500, 1).await, 1).await;
    cashier.ask(post(PATH).json(&refund(&paid, 2_500))).await.expect(201);
    let cancelled =
        operator().await.ask(post(&format!("/api/v1/orders/{}/cancel", paid["number"]))).await.expect(200);
    assert_eq!(
        (&cancelled["status"], &cancelled["payment"]["status"]),
        (&json!("cancelled"), &json!("refunded"))
    );
    let payment = payment_of(&anna, &paid).await;
    assert_eq!(payment["refundedAmount"], 7_500);
    assert_eq!(
        (&payment["refunds"][1]["amount"], &payment["refunds"][1]["cause"]),
        (&json!(5_000), &json!("order_cancelled"))
    );
    cashier.ask(post(PATH).json(&refund(&paid, 1))).await.problem(409, "refund_exceeds_payment");
}

#[tokio::test]
async fn what_is_not_understood_or_not_there_is_named() {
    let (anna, cashier) = (customer().await, cashier().await);
    let paid = pay_for(&anna, &product(100, 1).await, 1).await;
    let waiting = place_order(&anna, &product(100, 1).await, 1).await;
    let of = |changes: Value| {
        let mut body = refund(&paid, 50);
        body.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        body
    };
    let cases = [
        (of(json!({"amount": 0})), "/amount"),
        (of(json!({"amount": -1})), "/amount"),
        (of(json!({"amount": 0.5})), "/amount"),
        (of(json!({"amount": "50"})), "/amount"),
        (of(json!({"orderId": 0})), "/orderId"),
        (of(json!({"orderId": "x"})), "/orderId"),
        (of(json!({"paymentId": "x"})), "/paymentId"),
        (of(json!({"orderId": waiting["id"]})), "/paymentId"),
        (of(json!({"more": 1})), "/more"),
        (json!({"orderId": paid["id"], "amount": 1}), "/paymentId"),
    ];
    for (body, pointer) in cases {
        cashier.ask(post(PATH).json(&body)).await.problem_at(422, "invalid_input", pointer);
    }
    cashier.ask(post(PATH).json(&of(json!({"paymentId": Uuid::new_v4()})))).await.problem(404, "not_found");
    let unpaid = refund(&waiting, 1);
    cashier.ask(post(PATH).json(&unpaid)).await.problem(409, "payment_not_captured");
    anna.ask(post(PATH).json(&of(json!({})))).await.problem(403, "insufficient_scope");
    Answer::to(post(PATH).json(&of(json!({})))).await.problem(401, "token_required");
    assert_eq!(payment_of(&anna, &paid).await["refundedAmount"], 0);
}
