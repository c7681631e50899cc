//! Every move from every state.

use kernel::{Currency, PaymentId, Quantity};
use proptest::prelude::*;

use super::*;
use crate::edges::EDGES;
use crate::state::{Cancellation, Cause, Steps};

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
        lines: vec![line()],
        total: money(3_000),
        address: None,
        cart_snapshot: None,
        holder: None,
        ends_at: None,
    }
}

pub(crate) fn placed() -> Order {
    let payment = PaymentSummary {
        payment_id: PaymentId::derived("payment"),
        status: PaymentStatus::Pending,
        payment_url: Some("https://pay.test/1".to_owned()),
    };
    Order::place(placement(), Some(payment), at(0), at(600)).unwrap().0
}

fn address() -> Address {
    Address {
        country: "RU".to_owned(),
        region: "Москва".to_owned(),
        city: "Москва".to_owned(),
        street: "ул. Тверская, 1".to_owned(),
    }
}

/// What `command` makes of `order` at second 9.
fn make(command: Command, order: Order) -> Result<Moved, MoveError> {
    match command {
        Command::Reserve => order.reserve(at(9), at(609)),
        Command::RunShort => order.run_short(at(9)),
        Command::EditAddress => order.edit_address(address(), at(9)),
        Command::Pay => order.pay(at(9)),
        Command::Cancel => order.cancel(None, at(9)),
        Command::Expire => order.expire(at(9)),
        Command::Decline => order.decline(None, at(9)),
        Command::Confirm => order.confirm(at(9)),
        Command::Ship => order.ship(at(9)),
        Command::Deliver => order.deliver(at(9)),
        Command::CancelPaid => order.cancel_paid(None, at(9)),
        Command::Revive => order.revive(at(9)),
    }
}

/// The order in `status`, by way of the drawing.
fn order_in(status: Status) -> Order {
    let made = |order: Order, commands: &[Command]| {
        commands.iter().fold(order, |order, command| make(*command, order).unwrap().order)
    };
    match status {
        Status::New => Order::create(placement(), at(0)).unwrap().0,
        Status::Failed => Order::fail(placement(), at(0)).unwrap().0,
        Status::AwaitingPayment => placed(),
        Status::Paid => made(placed(), &[Command::Pay]),
        Status::Confirmed => made(placed(), &[Command::Pay, Command::Confirm]),
        Status::Shipped => made(placed(), &[Command::Pay, Command::Confirm, Command::Ship]),
        Status::Delivered => {
            made(placed(), &[Command::Pay, Command::Confirm, Command::Ship, Command::Deliver])
        }
        Status::Cancelled => made(placed(), &[Command::Cancel]),
    }
}

/// One order in each state.
fn orders() -> Vec<Order> {
    Status::ALL.map(order_in).to_vec()
}

/// What the journal is told of a command.
fn told(command: Command) -> &'static str {
    match command {
        Command::Reserve => "orders.order_reserved",
        Command::RunShort => "orders.order_failed",
        Command::EditAddress => "orders.address_changed",
        Command::Pay | Command::Revive => "orders.order_paid",
        Command::Cancel | Command::Expire | Command::Decline | Command::CancelPaid => "orders.order_canceled",
        Command::Confirm => "orders.order_confirmed",
        Command::Ship => "orders.order_shipped",
        Command::Deliver => "orders.order_delivered",
    }
}

#[test]
fn a_move_exists_exactly_where_it_is_drawn() {
    for status in Status::ALL {
        for command in Command::ALL {
            let order = order_in(status);
            assert_eq!(order.status(), status);
            let drawn = EDGES.iter().find(|edge| (edge.from, edge.command) == (status, command));
            match make(command, order.clone()) {
                Ok(moved) => {
                    let to = drawn.map(|edge| edge.to);
                    assert_eq!(Some(moved.order.status()), to, "{status:?} {command:?}");
                    assert_eq!(moved.from, status);
                    assert_eq!(moved.order.version, order.version + 1);
                    assert_eq!(moved.order.updated_at, at(9));
                    assert_eq!(
                        (moved.event.kind, moved.event.sequence),
                        (told(command), moved.order.version)
                    );
                    assert_eq!(moved.event.data["status"], moved.order.status().name());
                }
                Err(MoveError::WrongState(wrong)) => {
                    assert_eq!(drawn, None, "{status:?} {command:?}");
                    assert_eq!((wrong.status, wrong.command), (status, command));
                }
                Err(MoveError::Problem(problem)) => panic!("{problem}"),
            }
        }
    }
}

proptest! {
    #[test]
    fn however_it_is_pushed_an_order_walks_along_the_drawing(
        start in 0_usize..3,
        pushes in proptest::collection::vec(proptest::sample::select(Command::ALL.to_vec()), 0..40),
    ) {
        let mut order = order_in([Status::New, Status::AwaitingPayment, Status::Failed][start]);
        let first = order.clone();
        for command in pushes {
            let (from, version) = (order.status(), order.version);
            let drawn = EDGES.iter().find(|edge| (edge.from, edge.command) == (from, command));
            let made = make(command, order.clone());
            prop_assert_eq!(made.is_ok(), drawn.is_some());
            if let Ok(moved) = made {
                order = moved.order;
                prop_assert_eq!(order.version, version + 1);
            }
            // Only an order that waits for its payment can run out of time.
            prop_assert_eq!(order.expires_at().is_some(), order.status() == Status::AwaitingPayment);
        }
        prop_assert_eq!((&order.lines, order.total, order.id), (&first.lines, first.total, first.id));
    }
}

#[test]
fn every_step_has_its_time() {
    let delivered = order_in(Status::Delivered).state.steps();
    let all = Steps {
        paid_at: Some(at(9)),
        confirmed_at: Some(at(9)),
        shipped_at: Some(at(9)),
        delivered_at: Some(at(9)),
    };
    assert_eq!(delivered, all);
    assert_eq!(
        order_in(Status::Confirmed).state.steps(),
        Steps { shipped_at: None, delivered_at: None, ..all }
    );
    assert_eq!(order_in(Status::Cancelled).state.steps(), Steps::default());
}

#[test]
fn each_setting_aside_has_a_reservation_of_its_own() {
    let reserved = order_in(Status::Failed).reserve(at(1), at(601)).unwrap().order;
    let State::AwaitingPayment(state) = &reserved.state else { panic!() };
    assert_eq!(state.reservation_id, Order::reservation_id(reserved.id, 2));
    let State::AwaitingPayment(first) = placed().state else { panic!() };
    assert_ne!(first.reservation_id, state.reservation_id);
    let revived = order_in(Status::Cancelled).revive(at(2)).unwrap().order;
    let State::Paid(paid) = &revived.state else { panic!() };
    assert_eq!(paid.reservation_id, Order::reservation_id(revived.id, 3));
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
    let Moved { order, event, .. } = placed().cancel(None, at(5)).unwrap();
    let payment = order.payment.unwrap();
    assert_eq!(payment.status, PaymentStatus::Failed);
    assert_eq!(payment.payment_url, None);
    assert_eq!(event.kind, "orders.order_canceled");
    assert_eq!(event.data["cause"], "requested");
    assert_eq!(event.aggregate_id, format!("order/{}", order.id));
}

#[test]
fn cancelling_a_paid_order_sends_its_money_back() {
    for status in [Status::Paid, Status::Confirmed] {
        let order = order_in(status).cancel_paid(Some("out of paint".to_owned()), at(5)).unwrap().order;
        assert_eq!(order.payment.unwrap().status, PaymentStatus::Refunding);
        let State::Cancelled(state) = order.state else { panic!() };
        assert_eq!(state.cancellation.words(), "out of paint");
    }
}

#[test]
fn a_cancellation_says_what_brought_it_about() {
    let cause = |moved: Result<Moved, MoveError>| match moved.unwrap().order.state {
        State::Cancelled(state) => state.cancellation.cause,
        other => panic!("{other:?}"),
    };
    assert_eq!(cause(placed().cancel(None, at(1))), Cause::Requested);
    assert_eq!(cause(placed().expire(at(1))), Cause::Expired);
    assert_eq!(cause(placed().decline(None, at(1))), Cause::Declined);
}

#[test]
fn forgetting_the_customer_keeps_the_order_and_loses_the_person() {
    let personal = |order: Order| Order {
        address: Some(address()),
        cart_snapshot: Some(json!({"userEmail": "someone@example.com"})),
        ..order
    };
    for order in orders() {
        assert!(order.clone().forget_customer(at(9)).unwrap().is_none(), "there is nothing to forget");
        let moved = personal(order.clone()).forget_customer(at(9)).unwrap().unwrap();
        let forgotten = moved.order;
        assert_eq!((&forgotten.address, &forgotten.cart_snapshot), (&None, &None));
        assert_eq!((moved.from, &forgotten.state), (order.status(), &order.state));
        assert_eq!(
            (forgotten.lines, forgotten.payment),
            (order.lines, order.payment),
            "the payment stays open"
        );
        assert_eq!((forgotten.version, moved.event.sequence), (order.version + 1, order.version + 1));
    }
    let said = placed().cancel(Some("I moved to ...".to_owned()), at(1)).unwrap().order;
    let order = said.forget_customer(at(2)).unwrap().unwrap().order;
    let State::Cancelled(state) = order.state else { panic!() };
    assert_eq!(state.cancellation, Cancellation { cause: Cause::Requested, reason: None });
}
