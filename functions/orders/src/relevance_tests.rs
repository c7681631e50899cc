//! Every event that customers receive messages about, in every state of its order.

use kernel::{Actor, EventId};
use serde_json::json;

use super::*;
use crate::edges::Status;
use crate::order::tests::{at, order_in, placed};

const EVENTS: [&str; 6] = [
    "orders.order_placed",
    "orders.order_paid",
    "orders.order_confirmed",
    "orders.order_shipped",
    "orders.order_canceled",
    "payments.refund_succeeded",
];

fn event(kind: &str, occurred_at: Timestamp) -> Event {
    Event {
        id: EventId::derived("event"),
        kind: kind.to_owned(),
        version: 1,
        occurred_at,
        aggregate_id: "order/1".to_owned(),
        sequence: 1,
        actor: Actor::Provider,
        correlation_id: "c".to_owned(),
        trace: None,
        data: json!({}),
    }
}

/// An order that waits for payment, whose payment has no page.
fn initiating() -> Order {
    let mut order = placed();
    if let Some(payment) = &mut order.payment {
        payment.payment_url = None;
    }
    order
}

#[test]
fn a_message_is_sent_while_its_event_is_true() {
    // As EVENTS: placed, paid, confirmed, shipped, cancelled, refunded.
    for (status, sent) in [
        (Status::New, [true, false, false, false, false, true]),
        (Status::Failed, [true, false, false, false, false, true]),
        (Status::AwaitingPayment, [true, false, false, false, false, true]),
        (Status::Paid, [false, true, false, false, false, true]),
        (Status::Confirmed, [false, true, true, false, false, true]),
        (Status::Shipped, [false, true, false, true, false, true]),
        (Status::Delivered, [false, true, false, false, false, true]),
        (Status::Cancelled, [false, false, false, false, true, true]),
    ] {
        for (kind, is_sent) in EVENTS.into_iter().zip(sent) {
            let expected = if is_sent { Relevance::Current } else { Relevance::Outdated };
            // Orders come into their states at second 9.
            assert_eq!(
                relevance(&order_in(status), &event(kind, at(9)), at(9)),
                expected,
                "{kind} {status:?}"
            );
        }
    }
}

#[test]
fn an_order_that_can_be_paid_no_longer_gets_no_request_for_payment() {
    let placed_at = event("orders.order_placed", at(0));
    assert_eq!(relevance(&placed(), &placed_at, at(599)), Relevance::Current);
    assert_eq!(relevance(&placed(), &placed_at, at(600)), Relevance::Outdated);
}

#[test]
fn a_request_for_payment_waits_until_the_payment_is_initiated() {
    let placed_at = event("orders.order_placed", at(0));
    assert_eq!(relevance(&placed(), &placed_at, at(0)), Relevance::Current, "its page is known");
    assert_eq!(relevance(&initiating(), &placed_at, at(14)), Relevance::TooEarly);
    assert_eq!(relevance(&initiating(), &placed_at, at(15)), Relevance::Current, "there is no page for it");
    let unpaid = Order { payment: None, ..placed() };
    assert_eq!(relevance(&unpaid, &placed_at, at(0)), Relevance::Current, "no payment was begun");
    let paid = initiating().pay(at(1)).unwrap().order;
    assert_eq!(relevance(&paid, &placed_at, at(2)), Relevance::Outdated);
}

#[test]
fn each_cancellation_of_an_order_is_told_while_it_is_the_last() {
    let expired = placed().expire(at(600)).unwrap().order;
    let first = event("orders.order_canceled", at(600));
    assert_eq!(relevance(&expired, &first, at(601)), Relevance::Current);
    let revived = expired.reinstate(at(700)).unwrap().order;
    assert_eq!(relevance(&revived, &first, at(701)), Relevance::Outdated, "late money paid for it");
    let refunded = revived.cancel_and_refund(None, at(800)).unwrap().order;
    assert_eq!(relevance(&refunded, &first, at(801)), Relevance::Outdated);
    assert_eq!(relevance(&refunded, &event("orders.order_canceled", at(800)), at(801)), Relevance::Current);
    assert_eq!(relevance(&refunded, &event("orders.order_paid", at(700)), at(801)), Relevance::Outdated);
}
