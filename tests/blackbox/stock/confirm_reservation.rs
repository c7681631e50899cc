//! `POST /api/v1/reservations/{id}/confirm`

use futures_util::future::join_all;
use serde_json::json;
use uuid::Uuid;

use super::get_reservation::reservation_of;
use super::reserving::{let_time_pass, make, moving, patiently, reservation, reserved, stocked, units};
use crate::harness::{
    Answer, customer, customer_with, invoke, journal_of, operator, place_order, product, wants_a_token,
    wants_the_scope,
};

#[tokio::test]
async fn what_was_set_aside_is_sold_once() {
    let sku = stocked(5).await;
    let id = reserved(&sku, 2).await;
    let confirmed = make("confirm", &id).await.expect(200);
    assert_eq!(confirmed["status"], "confirmed");
    assert!(confirmed["finishedAt"].is_string(), "{confirmed}");
    assert_eq!(confirmed["items"], json!([{"productId": sku, "reservedQuantity": 2}]));
    assert_eq!(units(&sku).await, (3, 0));
    // A client that lost the response repeats the request.
    assert_eq!(make("confirm", &id).await.expect(200), confirmed);
    assert_eq!(units(&sku).await, (3, 0));
    let told = journal_of(&format!("reservation/{id}")).await;
    let kinds: Vec<_> = told.iter().map(|event| event["type"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["stock.reservation_made", "stock.reservation_confirmed"]);
    assert_eq!(told[1]["data"]["items"], json!([{"sku": sku, "quantity": 2}]));
}

#[tokio::test]
async fn what_went_back_can_not_be_sold() {
    let sku = stocked(5).await;
    let id = reserved(&sku, 2).await;
    let released = make("release", &id).await.expect(200);
    let problem = make("confirm", &id).await.problem(409, "reservation_already_finalized");
    assert_eq!(problem["reservation"], released);
    assert_eq!(units(&sku).await, (5, 0));
}

/// The answer is the same before and after the sweep came by.
#[tokio::test]
async fn it_is_too_late_once_the_time_is_over() {
    let sku = stocked(5).await;
    let id = reserved(&sku, 2).await;
    let_time_pass(&id).await;
    let problem = make("confirm", &id).await.problem(409, "reservation_expired");
    assert_eq!(problem["reservation"]["reservationId"], json!(id));
    let message = json!({"Records": [{"messageId": "m", "body": json!({"reservationId": id}).to_string()}]});
    assert_eq!(invoke("ExpireReservation", &message).await.unwrap()["batchItemFailures"], json!([]));
    let problem = make("confirm", &id).await.problem(409, "reservation_expired");
    assert_eq!(problem["reservation"]["status"], "expired");
    assert_eq!(units(&sku).await, (5, 0));
}

/// The first request wins, the others receive its outcome, and no unit is lost or made.
#[tokio::test]
async fn of_parallel_moves_one_is_made() {
    let (sku, keeper) = (stocked(3).await, operator().await);
    let id = reserved(&sku, 3).await;
    let moves = ["confirm", "release", "confirm", "release", "confirm", "release"];
    let answers = join_all(moves.map(|name| {
        let (keeper, id) = (&keeper, &id);
        patiently(keeper, move || moving(name, id))
    }))
    .await;
    let status = reservation(&id).await["status"].clone();
    let won = if status == "confirmed" { "confirm" } else { "release" };
    for (name, answer) in moves.into_iter().zip(answers) {
        if name == won {
            assert_eq!(answer.expect(200)["status"], status);
        } else {
            answer.problem(409, "reservation_already_finalized");
        }
    }
    assert_eq!(units(&sku).await, (if status == "confirmed" { 0 } else { 3 }, 0));
    assert_eq!(journal_of(&format!("reservation/{id}")).await.len(), 2);
}

#[tokio::test]
async fn an_orders_reservation_ends_with_the_order() {
    let anna = customer().await;
    let kettle = product(100, 5).await;
    let order = place_order(&anna, &kettle, 2).await;
    let id = reservation_of(&order).await;
    for name in ["confirm", "release"] {
        let problem = make(name, &id).await.problem(409, "reservation_belongs_to_order");
        assert_eq!(problem["reservation"]["status"], "reserved");
    }
    assert_eq!(units(&kettle.sku).await, (3, 2));
    assert_eq!(crate::harness::decide(&order, "pay").await.status, 303);
    for name in ["confirm", "release"] {
        let problem = make(name, &id).await.problem(409, "reservation_belongs_to_order");
        assert_eq!(problem["reservation"]["status"], "confirmed");
    }
    assert_eq!(units(&kettle.sku).await, (3, 0));
    assert!(journal_of(&format!("reservation/{id}")).await.is_empty(), "the order's journal tells of it");
}

#[tokio::test]
async fn what_is_not_there_is_not_found() {
    for id in [Uuid::new_v4().to_string().as_str(), "7"] {
        make("confirm", id).await.problem(404, "not_found");
    }
}

#[tokio::test]
async fn only_who_may_write_stock_sells_it() {
    let sku = stocked(5).await;
    let id = reserved(&sku, 1).await;
    let request = || moving("confirm", &id);
    wants_a_token(request).await;
    wants_the_scope("stock:write", request).await;
    let other: Answer = customer_with(&["orders:write"]).await.ask(request()).await;
    other.problem(403, "insufficient_scope");
    assert_eq!(units(&sku).await, (4, 1));
}
