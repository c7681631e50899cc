//! Keys, and orders as they are kept.

use kernel::{PaymentId, Quantity, ReservationId};
use serde_json::{Value, json};

use super::*;
use crate::order::Placement;
use crate::payment::PaymentStatus;

const AT: i64 = 1_700_000_000_000;

fn placed() -> Order {
    let rub = Currency::from_code("RUB").unwrap();
    let line = PricedLine {
        sku: "A-1".parse().unwrap(),
        name: "Чайник".to_owned(),
        quantity: Quantity::new(2).unwrap(),
        unit_price: 1_500,
    };
    let placement = Placement {
        number: OrderNumber::try_from(42).unwrap(),
        user_id: UserId::derived("someone"),
        lines: vec![line],
        total: Money::new(3_000, rub).unwrap(),
        address: None,
        cart_snapshot: Some(json!({"signature": "00ff", "weight": 1.50, "items": [{"sku": "A-1"}]})),
    };
    let payment = PaymentSummary {
        payment_id: PaymentId::derived("p"),
        status: PaymentStatus::Pending,
        payment_url: None,
    };
    let at = Timestamp::from_millis(AT);
    Order::place(placement, Some(payment), at, Timestamp::from_millis(AT + 600_000)).unwrap().0
}

/// The order as the table holds it.
fn kept(order: &Order) -> Value {
    serde_json::to_value(record(order).unwrap()).unwrap()
}

#[test]
fn keys_are_what_they_were() {
    let number = OrderNumber::try_from(42).unwrap();
    assert_eq!(key(number.order_id()), Key::new("ORDER#2e995cee-6444-5287-bae5-cc95d4299590", "ORDER"));
    assert_eq!(created_key(Timestamp::from_millis(AT), number), "2023-11-14T22:13:20.000Z#42");
    assert_eq!(expiry_shard(3), "EXPIRY#3");
    assert_eq!(created_shard(2), "CREATED#2");
    assert_eq!(status_shard(Status::AwaitingPayment, 2), "STATUS#awaiting_payment#2");
}

#[test]
fn an_order_stands_in_the_lists_of_its_state() {
    let order = placed();
    let waiting = kept(&order);
    assert_eq!(waiting["statusShard"], "STATUS#awaiting_payment#2");
    assert_eq!(
        (&waiting["createdShard"], &waiting["expiryShard"]),
        (&json!("CREATED#2"), &json!("EXPIRY#2"))
    );
    let paid = kept(&order.pay(Timestamp::from_millis(AT + 1)).unwrap().order);
    assert_eq!(paid["statusShard"], "STATUS#paid#2");
    assert_eq!(paid.get("expiryShard"), None, "nothing expires that is paid");
    assert_eq!(paid["createdKey"], waiting["createdKey"]);
}

#[test]
fn every_state_is_kept_and_read_back() {
    let at = Timestamp::from_millis(AT + 1);
    let paid = || placed().pay(at).unwrap().order;
    let confirmed = || paid().confirm(at).unwrap().order;
    let shipped = || confirmed().ship(at).unwrap().order;
    let plain = |order: Order| Order { payment: None, cart_snapshot: None, ..order };
    for order in [
        placed(),
        plain(placed()),
        paid(),
        confirmed(),
        shipped(),
        shipped().deliver(at).unwrap().order,
        placed().cancel(Some("why".to_owned()), at).unwrap().order,
        Order { state: State::New(crate::state::New {}), ..placed() },
        Order { state: State::Failed(crate::state::Failed {}), ..placed() },
    ] {
        let kept = kept(&order);
        assert_eq!(kept["status"], order.status().name());
        let read: Record = serde_json::from_value(kept).unwrap();
        assert_eq!(super::order(read).unwrap(), order);
    }
}

#[test]
fn an_order_of_before_is_still_read() {
    let old = json!({
        "id": "2e995cee-6444-5287-bae5-cc95d4299590", "number": 42, "userId": UserId::derived("someone"),
        "lines": [{"sku": "A-1", "name": "Kettle", "quantity": 1, "unitPrice": 5}], "totalAmount": 5,
        "currency": "RUB", "status": "paid", "reservationId": ReservationId::derived("r"),
        "paidAt": "2023-11-14T22:13:20.000Z", "createdAt": "2023-11-14T22:13:20.000Z",
        "updatedAt": "2023-11-14T22:13:20.000Z", "version": 2, "userKey": "USER#1", "statusShard": "STATUS#paid#2",
        "createdShard": "CREATED#2", "createdKey": "2023-11-14T22:13:20.000Z#42",
    });
    let order = super::order(serde_json::from_value(old).unwrap()).unwrap();
    assert_eq!((order.status(), order.version), (Status::Paid, 2));
}

#[test]
fn lists_of_all_orders_are_read_from_every_shard() {
    for status in [None, Some(Status::Paid)] {
        let keys: Vec<_> = Partition::of_all(status).into_iter().map(|partition| partition.key().2).collect();
        for number in 1..=100 {
            let number = OrderNumber::try_from(number).unwrap();
            let order = Order { number, ..placed().pay(Timestamp::from_millis(AT)).unwrap().order };
            let record = record(&order).unwrap();
            let own = if status.is_some() { record.status_shard } else { record.created_shard };
            assert!(keys.contains(&own), "{own}");
        }
    }
}
