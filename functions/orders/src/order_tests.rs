//! Every transition from every state.

use kernel::{Currency, PaymentId, Quantity};
use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::buyer::Guest;
use crate::edges::EDGES;
use crate::refusal::TransitionRefusal;
use crate::state::{Cause, Steps};

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

pub(crate) fn at(second: i64) -> Timestamp {
    Timestamp::from_millis(1_700_000_000_000 + second * 1_000)
}

fn placement() -> Placement {
    Placement {
        number: OrderNumber::try_from(42).unwrap(),
        user_id: UserId::derived("someone"),
        lines: vec![line()],
        total: money(3_000),
        address: Some(address()),
        details: crate::Details::default(),
        cart_snapshot: None,
        holder: None,
        ends_at: None,
        from_cart: false,
        pricing: None,
        buyer: crate::buyer::Buyer::default(),
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
        region: Some("Москва".to_owned()),
        city: "Москва".to_owned(),
        street: "ул. Тверская, 1".to_owned(),
        ..Address::default()
    }
}

/// The order after `command` at second 9.
fn make(command: Command, order: Order) -> Result<Transition, TransitionError> {
    match command {
        Command::Reserve => order.reserve(at(9), at(609)),
        Command::RunShort => order.mark_out_of_stock(at(9)),
        Command::EditAddress => order.edit_address(address(), Editor::Operator, at(9)),
        Command::Pay => order.pay(at(9)),
        Command::Cancel => order.cancel(None, at(9)),
        Command::Expire => order.expire(at(9)),
        Command::Decline => order.decline(None, at(9)),
        Command::Confirm => order.confirm(at(9)),
        Command::Ship => order.ship(at(9)),
        Command::Deliver => order.deliver(at(9)),
        Command::CancelPaid => order.cancel_and_refund(None, at(9)),
        Command::Revive => order.reinstate(at(9)),
    }
}

/// The order in `status`, by way of the drawing.
pub(crate) fn order_in(status: Status) -> Order {
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

/// The payload that a command journals.
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
                Err(TransitionError::WrongState(wrong)) => {
                    assert_eq!(drawn, None, "{status:?} {command:?}");
                    assert_eq!((wrong.status, wrong.command), (status, command));
                }
                Err(TransitionError::Problem(problem)) => panic!("{problem}"),
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

/// A payment that was refunded, or is about to be, pays for no delivery.
#[test]
fn a_refunded_order_is_neither_confirmed_nor_shipped() {
    for status in [PaymentStatus::Refunding, PaymentStatus::Refunded] {
        for (from, step) in [(Status::Paid, Command::Confirm), (Status::Confirmed, Command::Ship)] {
            let order = order_in(from);
            let payment = order.payment.clone().map(|payment| PaymentSummary { status, ..payment });
            let order = Order { payment, ..order };
            assert_eq!(order.refusal_of(step), TransitionRefusal::PaymentRefunded(step));
            assert!(make(step, order).is_err(), "{from:?} {status:?}");
        }
    }
    assert!(make(Command::Deliver, order_in(Status::Shipped)).is_ok());
}

#[test]
fn an_order_without_an_address_is_not_shipped() {
    let order = Order { address: None, ..order_in(Status::Confirmed) };
    assert_eq!(order.refusal_of(Command::Ship), TransitionRefusal::AddressMissing(Command::Ship));
    assert!(make(Command::Ship, order.clone()).is_err());
    let edited = order.edit_address(address(), Editor::Owner, at(9)).unwrap().order;
    assert!(make(Command::Ship, edited).is_ok());
}

#[test]
fn owners_set_the_address_while_it_is_missing_or_unpaid() {
    for (status, allowed) in [
        (Status::New, true),
        (Status::Failed, true),
        (Status::AwaitingPayment, true),
        (Status::Paid, false),
        (Status::Confirmed, false),
    ] {
        let edited = order_in(status).edit_address(address(), Editor::Owner, at(9));
        assert_eq!(edited.is_ok(), allowed, "{status:?}");
        let bare = Order { address: None, ..order_in(status) };
        assert!(bare.edit_address(address(), Editor::Owner, at(9)).is_ok(), "{status:?} without one");
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
    let revived = order_in(Status::Cancelled).reinstate(at(2)).unwrap().order;
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
    let Transition { order, event, .. } = placed().cancel(None, at(5)).unwrap();
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
        let order = order_in(status).cancel_and_refund(Some("out of paint".to_owned()), at(5)).unwrap().order;
        assert_eq!(order.payment.unwrap().status, PaymentStatus::Refunding);
        let State::Cancelled(state) = order.state else { panic!() };
        assert_eq!(state.cancellation.words(), "out of paint");
    }
}

#[test]
fn a_cancellation_says_what_brought_it_about() {
    let cause = |moved: Result<Transition, TransitionError>| match moved.unwrap().order.state {
        State::Cancelled(state) => state.cancellation.cause,
        other => panic!("{other:?}"),
    };
    assert_eq!(cause(placed().cancel(None, at(1))), Cause::Requested);
    assert_eq!(cause(placed().expire(at(1))), Cause::Expired);
    assert_eq!(cause(placed().decline(None, at(1))), Cause::Declined);
}

#[test]
fn a_claimed_order_is_the_accounts_and_stays_as_it_is() {
    let account = UserId::derived("account");
    for order in orders() {
        let guest = Guest { token_hashes: vec!["00".to_owned()], cart: None };
        let holder = Holder { source: Some("00ff".to_owned()), contact: Some("ff".to_owned()) };
        let buyer = Buyer { guest: Some(guest), ..Buyer::default() };
        let order = Order { buyer, holder: Some(holder), ..order };
        let keys = order.holder.as_ref().map(|holder| holder.keys(order.user_id));
        let moved = order.clone().claim(account, at(9)).unwrap();
        assert_eq!((moved.from, &moved.order.state), (order.status(), &order.state));
        assert_eq!((moved.order.user_id, &moved.order.buyer), (account, &Buyer::default()));
        assert_eq!((moved.order.version, &moved.order.payment), (order.version + 1, &order.payment));
        assert_eq!(moved.event.kind, "orders.order_claimed");
        assert_eq!(
            moved.order.holder.as_ref().map(|holder| holder.keys(account)),
            keys,
            "its items are found"
        );
    }
}

fn personal(order: Order) -> Order {
    let mut order = Order {
        address: Some(address()),
        cart_snapshot: Some(json!({"userEmail": "someone@example.com"})),
        holder: Some(Holder { source: Some("00ff".to_owned()), contact: None }),
        ..order
    };
    if let State::Cancelled(state) = &mut order.state {
        state.cancellation.reason = Some("I moved to ...".to_owned());
    }
    order
}

fn taken(order: Order) -> Transition {
    match order.forget_customer(at(9)).unwrap() {
        Forgetting::Taken(moved) => *moved,
        other => panic!("{other:?}"),
    }
}

/// The order has nothing by which its customer could be known.
fn is_anonymous(order: &Order) -> bool {
    let reason = match &order.state {
        State::Cancelled(state) => state.cancellation.reason.is_none(),
        _ => true,
    };
    let source = order.holder.as_ref().and_then(|holder| holder.source.as_ref());
    reason && order.address.is_none() && order.cart_snapshot.is_none() && source.is_none()
}

#[test]
fn forgetting_the_customer_keeps_the_order_and_loses_the_person() {
    for order in orders() {
        let moved = taken(personal(order.clone()));
        let forgotten = moved.order;
        assert_eq!((moved.from, forgotten.status()), (order.status(), order.status()));
        assert_eq!(
            (&forgotten.lines, &forgotten.payment),
            (&order.lines, &order.payment),
            "the payment stays open"
        );
        assert_eq!((forgotten.version, moved.event.sequence), (order.version + 1, order.version + 1));
        assert_eq!(forgotten.cart_snapshot, None, "nothing is owed by it");
        assert_eq!(forgotten.address.is_some(), forgotten.is_owed(), "{:?}", order.status());
        assert_eq!(is_anonymous(&forgotten), !forgotten.is_owed(), "{:?}", order.status());
        assert!(matches!(forgotten.forget_customer(at(10)).unwrap(), Forgetting::Nothing), "once is enough");
    }
}

#[test]
fn an_order_that_has_nothing_of_the_person_is_marked_as_long_as_it_can_move() {
    for order in orders().into_iter().map(|order| Order { cart_snapshot: None, holder: None, ..order }) {
        match order.clone().forget_customer(at(9)).unwrap() {
            Forgetting::Nothing => assert_eq!(order.status(), Status::Delivered),
            Forgetting::Marked(marked) => {
                let expected = Order { account_deleted: true, notes: order.notes + 1, ..order };
                assert_eq!(*marked, expected, "whoever read it before reads it again");
            }
            Forgetting::Taken(moved) => assert!(is_anonymous(&moved.order), "a reason that nobody wrote"),
        }
    }
}

#[test]
fn what_is_owed_is_what_was_paid_or_may_be_paid_at_this_moment() {
    let owed: Vec<Status> = orders().iter().filter(|order| order.is_owed()).map(Order::status).collect();
    let expected = [Status::AwaitingPayment, Status::Paid, Status::Confirmed, Status::Shipped];
    assert!(expected.iter().all(|status| owed.contains(status)), "{owed:?}");
    assert!(owed.iter().all(|status| expected.contains(status)), "{owed:?}");
    assert!(!Order { payment: None, ..placed() }.is_owed(), "no payment has begun");
    let refunded = PaymentSummary { status: PaymentStatus::Refunded, ..placed().payment.unwrap() };
    assert!(!Order { payment: Some(refunded), ..placed().pay(at(1)).unwrap().order }.is_owed());
}

/// A deletion while the order is paid and not shipped: it is shipped to its address, and any transition that ends it takes the
/// address off.
#[test]
fn an_owed_order_keeps_its_address_until_it_ends() {
    let paid = || taken(personal(placed())).order.pay(at(10)).unwrap();
    assert_eq!(
        paid().holder,
        Some(Holder { source: Some("00ff".to_owned()), contact: None }),
        "its item is found"
    );
    assert_eq!(paid().order.holder, Some(Holder::default()));
    let confirmed = || paid().order.confirm(at(11)).unwrap().order;
    let shipped = || confirmed().ship(at(12)).unwrap().order;
    for order in [paid().order, confirmed(), shipped()] {
        assert_eq!(order.address, Some(address()));
    }
    let ended = [
        shipped().deliver(at(13)).unwrap(),
        paid().order.cancel_and_refund(Some("moved to ...".to_owned()), at(13)).unwrap(),
        confirmed().cancel_and_refund(Some("moved to ...".to_owned()), at(13)).unwrap(),
        taken(personal(placed())).order.cancel(Some("moved to ...".to_owned()), at(10)).unwrap(),
        taken(personal(placed())).order.expire(at(700)).unwrap(),
        taken(personal(placed())).order.decline(Some("declined".to_owned()), at(10)).unwrap(),
    ];
    for moved in ended {
        assert!(is_anonymous(&moved.order), "{moved:?}");
    }
    let refunded = PaymentSummary { status: PaymentStatus::Refunded, ..placed().payment.unwrap() };
    assert!(is_anonymous(&shipped().note_payment(refunded)), "the money went back without a move");
    let paying = PaymentSummary { status: PaymentStatus::Refunding, ..placed().payment.unwrap() };
    assert_eq!(shipped().note_payment(paying).address, Some(address()), "that may still fail");
}
