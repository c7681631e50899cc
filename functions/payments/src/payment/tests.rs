use kernel::Currency;
use proptest::prelude::*;

use super::refund::{RefundCause, RefundOutcome, RefundStatus};
use super::*;
use crate::provider::RefundReference;
use crate::refusal::{RefundError, RefundRefusal};

pub(crate) fn at(second: i64) -> Timestamp {
    Timestamp::from_millis(second * 1_000)
}

pub(crate) fn roubles(amount: i64) -> Money {
    Money::new(amount, Currency::from_code("RUB").unwrap()).unwrap()
}

/// An order for 75 roubles, whose payment begins.
fn order() -> OrderToPay {
    let number = OrderNumber::try_from(42).unwrap();
    let user_id = UserId::derived("u");
    let (total, expires_at) = (roubles(7_500), Some(at(600)));
    OrderToPay { id: number.order_id(), number, user_id, total, expires_at, receipt: None }
}

/// Its payment.
pub(crate) fn begun() -> Payment {
    let asked = StartParameters {
        instrument: Instrument::Page,
        return_url: "https://shop.example/".to_owned(),
        capture: Capture::AtOnce,
        customer: None,
    };
    Payment::begin(PaymentId::derived("p"), &order(), asked, at(0)).unwrap().0
}

/// A payment with a receipt, for what its lines add up to.
pub(crate) fn begun_with(receipt: PaymentReceipt, customer: Customer) -> Payment {
    let total = receipt.lines.iter().map(|line| line.price * i64::from(line.quantity.get())).sum();
    let asked = StartParameters { customer: Some(customer), ..begun().asked.unwrap() };
    let order = OrderToPay { total: roubles(total), receipt: Some(receipt), ..order() };
    Payment::begin(PaymentId::derived("p"), &order, asked, at(0)).unwrap().0
}

fn reference() -> RefundReference {
    RefundReference::try_from("r-1".to_owned()).unwrap()
}

/// The refund of all of a payment's money when nothing was refunded before.
fn first_refund(payment: PaymentId) -> RefundId {
    RefundId::derived(&format!("refund/{payment}/of/0"))
}

pub(crate) fn paid() -> Payment {
    begun().succeed(roubles(7_500), at(1)).unwrap().unwrap().payment
}

#[test]
fn money_comes_once_and_even_to_a_payment_that_was_given_up() {
    let given_up = begun().give_up(ORDER_CANCELLED, at(1)).unwrap().unwrap().payment;
    let declined = begun().fail(Failure::coded("no"), at(1)).unwrap().unwrap().payment;
    assert!(given_up.is_open() && !declined.is_open(), "of the first the provider has not said so");
    for payment in [begun(), given_up.clone(), declined.clone()] {
        let moved = payment.succeed(roubles(7_500), at(2)).unwrap().unwrap();
        assert_eq!(moved.payment.status(), PaymentStatus::Succeeded);
        assert!(moved.payment.succeed(roubles(7_500), at(3)).unwrap().is_none());
    }
    for payment in [given_up, declined, paid()] {
        assert!(payment.clone().fail(Failure::default(), at(3)).unwrap().is_none());
        assert!(payment.give_up(ORDER_CANCELLED, at(3)).unwrap().is_none());
    }
}

#[test]
fn a_payment_is_watched_as_long_as_something_is_undecided() {
    let pending = begun();
    assert!(pending.watch.is_some() && pending.asked.is_some());
    let given_up = pending.clone().give_up(ORDER_CANCELLED, at(1)).unwrap().unwrap().payment;
    assert!(given_up.watch.is_some() && given_up.asked.is_some(), "the provider may never have answered");
    let named = PaymentReference::try_from("p-1".to_owned()).unwrap();
    let named = pending.known_as(Some(&named)).give_up(ORDER_CANCELLED, at(1)).unwrap().unwrap().payment;
    assert!(named.watch.is_some() && named.asked.is_none(), "it is asked for by its name");
    let closed = given_up.closed().unwrap();
    assert!(closed.watch.is_none() && closed.asked.is_none());
    assert!(closed.closed().is_none());
    assert!(paid().watch.is_none() && paid().asked.is_none());
    let refunding = paid().return_rest(RefundCause::OrderCancelled, at(2)).unwrap().unwrap().payment;
    assert!(refunding.watch.is_some());
}

#[test]
fn all_of_it_goes_back() {
    let moved = paid().return_rest(RefundCause::OrderCancelled, at(2)).unwrap().unwrap();
    let id = first_refund(moved.payment.id);
    assert_eq!((moved.begun, moved.payment.status()), (vec![id], PaymentStatus::Refunding));
    assert!(moved.payment.clone().return_rest(RefundCause::NotOwed, at(3)).unwrap().is_none());
    let sent = RefundOutcome::Succeeded(Some(reference()));
    let done = moved.payment.refund_answered(id, &sent, at(3)).unwrap().unwrap().payment;
    assert_eq!((done.status(), done.refunded(), done.is_open()), (PaymentStatus::Refunded, 7_500, false));
    assert!(done.refund_answered(id, &sent, at(4)).unwrap().is_none(), "it went once");
}

#[test]
fn what_is_owed_is_tried_again_under_another_key_and_what_was_asked_for_is_not() {
    let owed = paid().return_rest(RefundCause::OrderCancelled, at(2)).unwrap().unwrap().payment;
    let id = first_refund(owed.id);
    let refused = RefundOutcome::Canceled(Failure::coded("insufficient_funds"));
    let first_key = owed.refund(id).unwrap().key();
    let again = owed.refund_answered(id, &refused, at(3)).unwrap().unwrap().payment;
    let refund = again.refund(id).unwrap();
    assert!(refund.is_pending() && refund.key() != first_key);
    assert_eq!(again.status(), PaymentStatus::Refunding);

    let asked = paid().request_refund(RefundId::derived("r"), 7_500, at(2)).unwrap().payment;
    let failed = asked.refund_answered(RefundId::derived("r"), &refused, at(3)).unwrap().unwrap().payment;
    assert_eq!(failed.refunds()[0].status, RefundStatus::Failed);
    assert_eq!((failed.status(), failed.refundable()), (PaymentStatus::Succeeded, 7_500));
}

#[test]
fn no_more_goes_back_than_came() {
    let refusal = |payment: &Payment, amount| {
        let Err(RefundError::Refused(refusal)) =
            payment.clone().request_refund(RefundId::derived("r"), amount, at(3))
        else {
            panic!()
        };
        refusal
    };
    assert_eq!(refusal(&begun(), 1), RefundRefusal::NotCaptured);
    let part = paid().request_refund(RefundId::derived("a"), 5_000, at(2)).unwrap().payment;
    assert_eq!((part.status(), part.refundable()), (PaymentStatus::Succeeded, 2_500));
    let exceeds = RefundRefusal::ExceedsPayment { refundable: 2_500, currency: roubles(0).currency() };
    assert_eq!(refusal(&part, 2_501), exceeds);
    let rest = part.return_rest(RefundCause::OrderCancelled, at(3)).unwrap().unwrap().payment;
    assert_eq!((rest.refunds()[1].amount, rest.status()), (2_500, PaymentStatus::Refunding));
}

#[test]
fn a_refund_of_which_nothing_was_heard_counts_as_sent() {
    let owed = paid().return_rest(RefundCause::OrderCancelled, at(2)).unwrap().unwrap().payment;
    let id = owed.refunds()[0].id;
    let given_up = owed.clone().give_up_watching(at(3)).unwrap();
    assert_eq!(given_up.events[0].kind, "payments.reconciliation_given_up");
    let payment = given_up.payment;
    assert_eq!((payment.refunds()[0].status, payment.refundable()), (RefundStatus::Unknown, 0));
    assert!(payment.clone().request_refund(RefundId::derived("again"), 1, at(4)).is_err());
    let late = payment.refund_arrived(id, &reference(), at(5)).unwrap().unwrap();
    assert_eq!(late.events[0].kind, "payments.refund_succeeded");
    assert_eq!((late.payment.status(), late.payment.refunded()), (PaymentStatus::Refunded, 7_500));
    assert!(late.payment.refund_arrived(id, &reference(), at(6)).unwrap().is_none(), "told twice");
    let named = owed.refund_known_as(id, &reference()).unwrap().give_up_watching(at(3)).unwrap().payment;
    let (refund, watch) = (&named.refunds()[0], named.watch.unwrap());
    assert!(refund.is_pending() && watch.next == at(3).plus(super::watch::DAILY), "it is polled on");
}

#[test]
fn a_refund_that_is_owed_is_tried_at_growing_distances_and_then_left_to_a_person() {
    let mut payment = paid().return_rest(RefundCause::OrderCancelled, at(2)).unwrap().unwrap().payment;
    let id = payment.refunds()[0].id;
    let called_off = RefundOutcome::Canceled(Failure::coded("insufficient_funds"));
    let (mut now, mut minutes) = (at(2), Vec::new());
    while payment.refund(id).unwrap().is_pending() {
        assert!(payment.refund(id).unwrap().is_due(now));
        payment = payment.refund_answered(id, &called_off, now).unwrap().unwrap().payment;
        if let Some(next) = payment.refund(id).unwrap().retry_at.filter(|_| payment.is_open()) {
            assert!(!payment.refund(id).unwrap().is_due(now), "whoever asks in between");
            assert_eq!(payment.watch.unwrap().next, next);
            minutes.push((next.as_seconds() - now.as_seconds()) / 60);
            now = next;
        }
    }
    assert_eq!(minutes, [4, 8, 16, 32, 64, 128, 256, 360, 360]);
    assert!(payment.watch.is_none() && payment.is_left_to_operators());
    assert_eq!(payment.refundable(), 7_500, "an operator may send it");
    let refused = paid().return_rest(RefundCause::NotOwed, at(2)).unwrap().unwrap().payment;
    let id = refused.refunds()[0].id;
    let refused = refused.refund_answered(id, &RefundOutcome::Refused(Failure::coded("forbidden")), at(3));
    assert!(refused.unwrap().unwrap().payment.is_left_to_operators(), "a definite refusal is not repeated");
}

#[test]
fn a_payment_that_was_never_sent_is_closed_as_soon_as_it_is_given_up() {
    let closed = |payment: Payment| {
        let given_up = payment.give_up(ORDER_CANCELLED, at(9)).unwrap().unwrap().payment;
        matches!(given_up.state, State::Failed { closed: true, .. }) && given_up.watch.is_none()
    };
    assert!(!closed(begun()), "the provider may have it");
    assert!(begun().unsent().watch.is_none(), "there is nothing to be asked about");
    assert!(closed(begun().unsent()));
    assert!(!closed(begun().unsent().sent(at(3))));
}

#[test]
fn a_free_order_is_paid_and_not_refunded() {
    let free = Payment { amount: roubles(0), ..begun() };
    assert_eq!(free.succeed(roubles(0), at(1)).unwrap().unwrap().payment.status(), PaymentStatus::Succeeded);
}

#[test]
fn two_moves_in_one_writing_are_held_to_what_was_read_and_journalled_each() {
    let moved = begun().succeed(roubles(7_500), at(1)).unwrap().unwrap();
    let moved = moved.then(|payment| payment.return_rest(RefundCause::NotOwed, at(1))).unwrap();
    assert_eq!((moved.version, moved.payment.version, moved.begun.len()), (1, 3, 1));
    let told: Vec<_> = moved.events.iter().map(|event| (event.kind, event.sequence)).collect();
    assert_eq!(told, [("payments.payment_succeeded", 2), ("payments.refund_started", 3)]);
}

/// The events that may happen to a payment.
#[derive(Debug, Clone)]
enum Step {
    Succeed(i64),
    Fail,
    GiveUp,
    Request(u8, i64),
    ReturnRest,
    Sent(usize),
    NotSent(usize),
    StopWatching,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        (1_i64..10_000).prop_map(Step::Succeed),
        Just(Step::Fail),
        Just(Step::GiveUp),
        (any::<u8>(), 1_i64..8_000).prop_map(|(id, amount)| Step::Request(id, amount)),
        Just(Step::ReturnRest),
        (0_usize..6).prop_map(Step::Sent),
        (0_usize..6).prop_map(Step::NotSent),
        Just(Step::StopWatching),
    ];
    proptest::collection::vec(step, 0..24)
}

fn make(payment: &Payment, step: &Step, now: Timestamp) -> Option<Transition> {
    let payment = payment.clone();
    let nth = |place: usize| payment.refunds().get(place).map(|refund| refund.id);
    match step {
        Step::Succeed(amount) => payment.succeed(roubles(*amount), now).unwrap(),
        Step::Fail => payment.fail(Failure::coded("no"), now).unwrap(),
        Step::GiveUp => payment.give_up(ORDER_CANCELLED, now).unwrap(),
        Step::Request(id, amount) => {
            let id = RefundId::derived(&id.to_string());
            let fresh = payment.refund(id).is_none();
            fresh.then(|| payment.request_refund(id, *amount, now).ok()).flatten()
        }
        Step::ReturnRest => payment.return_rest(RefundCause::NotOwed, now).unwrap(),
        Step::Sent(place) => {
            let id = nth(*place)?;
            payment.refund_answered(id, &RefundOutcome::Succeeded(Some(reference())), now).unwrap()
        }
        Step::NotSent(place) => {
            let id = nth(*place)?;
            payment.refund_answered(id, &RefundOutcome::Canceled(Failure::coded("no")), now).unwrap()
        }
        Step::StopWatching => payment.give_up_watching(now).ok(),
    }
}

proptest! {
    #[test]
    fn whatever_happens_no_more_goes_back_than_came(steps in steps()) {
        let mut payment = begun();
        for (second, step) in (1..).zip(&steps) {
            let Some(moved) = make(&payment, step, at(second)) else { continue };
            prop_assert_eq!(moved.version, payment.version);
            prop_assert_eq!(moved.payment.version, payment.version + moved.events.len() as u64);
            payment = moved.payment;
            let captured = payment.captured().map_or(0, Money::amount);
            prop_assert!((0..=captured).contains(&payment.refunded()));
            prop_assert!((0..=captured).contains(&payment.refundable()));
            prop_assert!(payment.refunded() + payment.refundable() <= captured);
            prop_assert!(!payment.is_open() || payment.watch.is_some() || matches!(step, Step::StopWatching));
            prop_assert!(payment.refunds().iter().all(|refund| refund.attempt < super::refund::MAX_REFUND_ATTEMPTS));
        }
    }
}
