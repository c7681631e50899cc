//! Every move from every state.

use kernel::{Currency, PaymentId, Quantity};
use stock::Plan;

use super::*;

fn line() -> PricedLine {
    PricedLine {
        sku: "A-1".parse().unwrap(),
        name: "Чайник".to_owned(),
        quantity: Quantity::new(2).unwrap(),
        unit_price: 1_500,
    }
}

fn money(amount: i64) -> Money {
    Money::new(amount, Currency::from_code("RUB").unwrap()).unwrap()
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_millis(1_700_000_000_000 + second * 1_000)
}

fn placement() -> Placement {
    Placement {
        number: OrderNumber::try_from(42).unwrap(),
        user_id: UserId::derived("someone"),
        address: None,
    }
}

fn placed() -> Order {
    let draft = Draft { lines: vec![line()], total: money(3_000), plan: Plan::default() };
    let payment = PaymentSummary {
        payment_id: PaymentId::derived("payment"),
        status: PaymentStatus::Pending,
        payment_url: Some("https://pay.test/1".to_owned()),
    };
    Order::place(placement(), &draft, payment, at(0), at(600)).unwrap().0
}

fn cancellation() -> Cancellation {
    Cancellation { cause: Cause::Requested, reason: None }
}

/// One order in each state.
fn orders() -> Vec<Order> {
    vec![
        placed(),
        placed().pay(at(1)).unwrap().0,
        placed().cancel(cancellation(), at(1)).unwrap().0,
        Order::fail(placement(), vec![line()], money(3_000), at(0)).unwrap().0,
    ]
}

type Move = fn(Order) -> Result<(Order, NewEvent), MoveError>;

#[test]
fn a_move_exists_exactly_where_it_is_drawn() {
    let moves: [(&str, Move); 3] = [
        ("pay", |order| order.pay(at(9))),
        ("cancel", |order| order.cancel(cancellation(), at(9))),
        ("revive", |order| {
            let again = Order::reservation_id(order.id, 3);
            order.revive(again, at(9))
        }),
    ];
    let drawn = [
        ("awaiting_payment", "pay", "paid"),
        ("awaiting_payment", "cancel", "cancelled"),
        ("cancelled", "revive", "paid"),
    ];
    for order in orders() {
        for (name, make) in moves {
            let from = order.status();
            let target = drawn.iter().find(|edge| edge.0 == from.name() && edge.1 == name).map(|edge| edge.2);
            match make(order.clone()) {
                Ok((moved, event)) => {
                    assert_eq!(Some(moved.status().name()), target, "{from:?} {name}");
                    assert_eq!(moved.version, order.version + 1);
                    assert_eq!(event.sequence, moved.version);
                }
                Err(MoveError::WrongState(wrong)) => {
                    assert_eq!(target, None, "{from:?} {name}");
                    assert_eq!(wrong.status, from);
                }
                Err(MoveError::Problem(problem)) => panic!("{problem}"),
            }
        }
    }
}

#[test]
fn every_state_is_kept_and_read_back() {
    for order in orders() {
        let kept = serde_json::to_value(&order.state).unwrap();
        assert_eq!(kept["status"], order.status().name());
        assert_eq!(serde_json::from_value::<State>(kept).unwrap(), order.state);
    }
}

#[test]
fn cancelling_ends_the_payment_and_closes_its_page() {
    let (order, event) = placed().cancel(cancellation(), at(5)).unwrap();
    let payment = order.payment.unwrap();
    assert_eq!(payment.status, PaymentStatus::Failed);
    assert_eq!(payment.payment_url, None);
    assert_eq!(event.kind, "orders.order_canceled");
    assert_eq!(event.data["cause"], "requested");
    assert_eq!(event.aggregate_id, format!("order/{}", order.id));
}

#[test]
fn forgetting_the_customer_keeps_the_order_and_loses_the_person() {
    let address = |order: Order| Order {
        address: Some(Address {
            country: "RU".to_owned(),
            region: "Москва".to_owned(),
            city: "Москва".to_owned(),
            street: "ул. Тверская, 1".to_owned(),
        }),
        ..order
    };
    for order in orders() {
        assert!(order.clone().forget_customer(at(9)).unwrap().is_none(), "there is nothing to forget");
        let (forgotten, event) = address(order.clone()).forget_customer(at(9)).unwrap().unwrap();
        assert_eq!((&forgotten.address, &forgotten.state), (&None, &order.state));
        assert_eq!(
            (forgotten.lines, forgotten.payment),
            (order.lines, order.payment),
            "the payment stays open"
        );
        assert_eq!((forgotten.version, event.sequence), (order.version + 1, order.version + 1));
    }
    let said = Cancellation { cause: Cause::Requested, reason: Some("I moved to ...".to_owned()) };
    let (order, _) = placed().cancel(said, at(1)).unwrap();
    let (order, _) = order.forget_customer(at(2)).unwrap().unwrap();
    let State::Cancelled(state) = order.state else { panic!() };
    assert_eq!(state.cancellation, cancellation());
}
