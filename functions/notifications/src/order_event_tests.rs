//! Events as the orders context publishes them.

use kernel::{EventId, Timestamp};
use serde_json::{Value, json};

use super::*;

const USER: &str = "7d9f6f0e-52a5-4c1e-9a6e-0b1c2d3e4f50";

fn event(kind: &str, data: &Value, actor: &Actor) -> Event {
    Event {
        id: EventId::derived("event"),
        kind: kind.to_owned(),
        version: 1,
        occurred_at: Timestamp::from_millis(1),
        aggregate_id: "order/1".to_owned(),
        sequence: 1,
        actor: actor.clone(),
        correlation_id: "c-1".to_owned(),
        trace: None,
        data: data.clone(),
    }
}

/// The payload that every event of an order has, and `more`.
fn order(more: &Value) -> Value {
    let mut data = json!({
        "orderId": "2e995cee-6444-5287-bae5-cc95d4299590",
        "number": 42,
        "userId": USER,
        "totalAmount": 7_500,
        "currency": "RUB",
        "status": "not known here",
    });
    data.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    data
}

fn read(kind: &'static str, more: &Value) -> OrderEvent {
    OrderEvent::of(&event(kind, &order(more), &Actor::Provider), OrderFacts::default()).unwrap().unwrap()
}

fn roubles(amount: i64) -> Money {
    Money::new(amount, Currency::from_code("RUB").unwrap()).unwrap()
}

#[test]
fn a_placed_order_is_read() {
    let placed = read(
        "orders.order_placed",
        &json!({
            "expiresAt": "2026-03-03T14:35:00.000Z",
            "items": [{"sku": "TEA-1", "name": "Tea", "quantity": 2, "unitPrice": 3_750, "color": "green"}],
            "paymentId": "11111111-1111-4111-8111-111111111111",
        }),
    );
    assert_eq!(placed.order_id, placed.notice.number.order_id());
    assert_eq!((placed.user_id.to_string().as_str(), placed.notice.total), (USER, roubles(7_500)));
    let items = vec![Item { name: "Tea".to_owned(), quantity: 2, unit_price: roubles(3_750) }];
    let expires_at = "2026-03-03T14:35:00Z".parse().unwrap();
    assert_eq!(placed.notice.change, Change::Placed(Placed { expires_at, items, payment_url: None }));
}

#[test]
fn what_the_order_says_counts_before_the_event() {
    let data = order(
        &json!({"expiresAt": "2026-03-03T14:35:00.000Z", "items": [], "paymentUrl": "https://old.example"}),
    );
    let event = event("orders.order_placed", &data, &Actor::Provider);
    let facts = OrderFacts {
        expires_at: Some("2026-03-03T15:00:00Z".parse().unwrap()),
        payment_url: Some("https://pay.example/p/7".to_owned()),
        ..OrderFacts::default()
    };
    let read = OrderEvent::of(&event, facts.clone()).unwrap().unwrap();
    let OrderFacts { expires_at, payment_url, .. } = facts;
    let placed = Placed { expires_at: expires_at.unwrap(), items: Vec::new(), payment_url };
    assert_eq!(read.notice.change, Change::Placed(placed));
}

#[test]
fn a_paid_order_is_read() {
    let id = "11111111-1111-4111-8111-111111111111";
    let paid = read("orders.order_paid", &json!({ "paymentId": id }));
    assert_eq!(paid.notice.change, Change::Paid(Paid { payment_id: Some(id.parse().unwrap()) }));
    assert_eq!(read("orders.order_paid", &json!({})).notice.change, Change::Paid(Paid { payment_id: None }));
}

#[test]
fn a_confirmed_and_a_shipped_order_are_read() {
    let confirmed = read("orders.order_confirmed", &json!({}));
    assert_eq!((confirmed.notice.change, confirmed.notice.total), (Change::Confirmed, roubles(7_500)));
    assert_eq!(read("orders.order_shipped", &json!({})).notice.change, Change::Shipped);
}

#[test]
fn a_cancellation_is_put_as_the_customer_sees_it() {
    let customer = Actor::Customer { id: USER.parse().unwrap() };
    let operator = Actor::Operator { id: USER.parse().unwrap() };
    for (cause, actor, seen) in [
        ("requested", &customer, Cause::Customer),
        ("requested", &operator, Cause::Shop),
        ("requested", &Actor::system("sweep"), Cause::Shop),
        ("declined", &Actor::Provider, Cause::Declined),
        ("expired", &Actor::system("expire-order"), Cause::Expired),
        ("eaten", &customer, Cause::Other),
    ] {
        // An event with members that it may not have is ignored.
        let data = order(&json!({"cause": cause, "reason": "never in an event"}));
        let canceled = event("orders.order_canceled", &data, actor);
        for reason in [Some("changed my mind".to_owned()), None] {
            let facts = OrderFacts { reason: reason.clone(), ..OrderFacts::default() };
            let read = OrderEvent::of(&canceled, facts).unwrap().unwrap();
            let change = Change::Canceled(Canceled { cause: seen, reason });
            assert_eq!(read.notice.change, change, "{cause} {actor:?}");
        }
    }
}

#[test]
fn a_finished_refund_is_read() {
    let data = json!({
        "paymentId": "11111111-1111-4111-8111-111111111111", "refundId": "22222222-2222-4222-8222-222222222222",
        "orderId": "2e995cee-6444-5287-bae5-cc95d4299590", "orderNumber": 42, "userId": USER,
        "amount": 2_500, "currency": "RUB",
    });
    let event = event("payments.refund_succeeded", &data, &Actor::Provider);
    let read = OrderEvent::of(&event, OrderFacts::default()).unwrap().unwrap();
    assert_eq!(read.order_id, read.notice.number.order_id());
    assert_eq!((read.notice.total, read.notice.change), (roubles(2_500), Change::Refunded));
}

#[test]
fn nobody_is_told_of_other_events() {
    for kind in [
        "orders.order_failed",
        "orders.order_reserved",
        "orders.order_delivered",
        "orders.address_changed",
        "notifications.notification_sent",
        "payments.payment_started",
        "payments.refund_started",
    ] {
        let event = event(kind, &json!({}), &Actor::Provider);
        assert_eq!(OrderEvent::of(&event, OrderFacts::default()).unwrap(), None, "{kind}");
    }
    let mut later = event("orders.order_paid", &order(&json!({})), &Actor::Provider);
    later.version = 2;
    assert_eq!(OrderEvent::of(&later, OrderFacts::default()).unwrap(), None, "another shape");
}

#[test]
fn an_event_that_says_less_than_it_must_is_a_problem() {
    for (kind, data) in [
        ("orders.order_paid", json!({"number": 42})),
        ("orders.order_confirmed", json!({"number": 42})),
        ("orders.order_placed", order(&json!({"items": []}))),
        ("orders.order_canceled", order(&json!({}))),
        ("orders.order_paid", order(&json!({"totalAmount": -1}))),
        ("orders.order_paid", order(&json!({"currency": "XXX"}))),
        ("payments.refund_succeeded", order(&json!({}))),
    ] {
        let event = event(kind, &data, &Actor::Provider);
        assert!(OrderEvent::of(&event, OrderFacts::default()).is_err(), "{kind} {data}");
    }
}
