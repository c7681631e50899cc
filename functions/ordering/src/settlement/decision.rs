//! Decisions about an order and its payment, made from the state that was read of both. Pure.
//!
//! A decision is executed as one transaction under the condition that order, payment and goods are still as they were read; otherwise it is made
//! again. So each decision is about the current state, in any order of events and however often they repeat.

use kernel::{Money, PaymentStatus, Problem, RefundId, ReservationId, Timestamp};
use orders::order::TransitionError;
use orders::{Cause, Order, PaymentSummary, State as OrderState, Status, Transition as OrderTransition};
use payments::payment::refund::{RefundCause, RefundOutcome};
use payments::payment::{ATTEMPT_GIVEN_UP, Failure, ORDER_CANCELLED, Outcome, Payment, State, Transition};
use payments::provider::RefundReference;
use payments::refusal::RefundError;

use super::{Cancelling, OnDecline};

/// The effects of a settlement.
#[derive(Debug, Clone, Default)]
pub(crate) struct Decision {
    /// The payment after its transition.
    pub(crate) payment: Option<Transition>,
    /// The order.
    pub(crate) order: OrderChange,
    /// The reserved or sold goods.
    pub(crate) goods: Goods,
}

/// The change of an order.
#[derive(Debug, Clone, Default)]
pub(crate) enum OrderChange {
    /// It stays as it is.
    #[default]
    Stays,
    /// It makes a transition.
    Moves(Box<OrderTransition>),
    /// It shows its payment's new status.
    Shows(Box<Order>),
}

/// The change of an order's goods.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Goods {
    /// They stay where they are.
    #[default]
    Stay,
    /// The reserved goods are sold.
    Sell(ReservationId),
    /// The reserved goods are released.
    Release(ReservationId),
    /// The sold goods are returned to stock.
    TakeBack(ReservationId),
    /// They are re-reserved, if they are available.
    Buy,
}

impl Decision {
    /// A refund of the payment. Once all of the money is refunded, an order that is not shipped is cancelled and its goods return to stock.
    fn of_refund(order: Order, moved: Transition, at: Timestamp) -> Result<Self, Problem> {
        let its_own = order.payment.as_ref().is_some_and(|summary| summary.payment_id == moved.payment.id);
        let Some(sold) = sold(&order).filter(|_| its_own && moved.payment.refundable() == 0) else {
            return Ok(Self::of_payment(order, moved));
        };
        let mut cancelled = order.cancel_and_refund(None, at).map_err(defect)?;
        cancelled.order.payment = shown(cancelled.order.payment.take(), &moved.payment);
        let order = OrderChange::Moves(Box::new(cancelled));
        Ok(Self { payment: Some(moved), order, goods: Goods::TakeBack(sold) })
    }

    /// The payment changes, and its order shows that; the goods stay.
    fn of_payment(order: Order, moved: Transition) -> Self {
        let order = shows(order, &moved.payment);
        Self { payment: Some(moved), order, goods: Goods::Stay }
    }

    /// True when nothing has to be written.
    pub(crate) fn is_nothing(&self) -> bool {
        self.payment.is_none() && matches!(self.order, OrderChange::Stays) && self.goods == Goods::Stay
    }
}

/// Decides how the provider's decision is settled. `in_stock` is true when the goods of an ended order are available again; it only matters where the
/// decision would be [`Goods::Buy`].
pub(crate) fn settled(
    order: Order,
    payment: Payment,
    outcome: &Outcome,
    in_stock: bool,
    on_decline: OnDecline,
    at: Timestamp,
) -> Result<Decision, Problem> {
    match outcome {
        Outcome::Succeeded(captured) => on_payment_succeeded(order, payment, *captured, in_stock, at),
        Outcome::Failed(failure) => on_payment_failed(order, payment, failure, on_decline, at),
    }
}

/// Settles money that came: for an order that waits for it, for one that has ended and can be re-reserved, or for nothing.
fn on_payment_succeeded(
    order: Order,
    payment: Payment,
    captured: Money,
    in_stock: bool,
    at: Timestamp,
) -> Result<Decision, Problem> {
    let exact = captured == payment.amount;
    let its_own = order.payment.as_ref().is_some_and(|summary| summary.payment_id == payment.id);
    let Some(taken) = payment.succeed(captured, at)? else { return Ok(Decision::default()) };
    let give_back = |cause| taken.clone().then(|payment| payment.return_rest(cause, at));
    match &order.state {
        OrderState::AwaitingPayment(state) if its_own && exact => {
            let goods = Goods::Sell(state.reservation_id);
            Ok(Decision { payment: Some(taken), order: moves(order.pay(at))?, goods })
        }
        OrderState::AwaitingPayment(state) if its_own => {
            let goods = Goods::Release(state.reservation_id);
            let back = give_back(RefundCause::WrongAmount)?;
            let order = declined_for(order, &back.payment, at)?;
            Ok(Decision { payment: Some(back), order, goods })
        }
        OrderState::Cancelled(state)
            // The address of an order of a deleted account was erased when the order ended, so it could not be shipped.
            if its_own
                && exact
                && in_stock
                && state.cancellation.cause != Cause::Requested
                && !order.account_deleted =>
        {
            Ok(Decision { payment: Some(taken), order: moves(order.reinstate(at))?, goods: Goods::Buy })
        }
        _ => {
            let back = give_back(if exact { RefundCause::NotOwed } else { RefundCause::WrongAmount })?;
            Ok(Decision::of_payment(order, back))
        }
    }
}

/// Settles a payment without money: an order that waits for it is cancelled and its goods released, or it waits for another attempt.
fn on_payment_failed(
    order: Order,
    payment: Payment,
    failure: &Failure,
    on_decline: OnDecline,
    at: Timestamp,
) -> Result<Decision, Problem> {
    let id = payment.id;
    let Some(failed) = payment.fail(failure.clone(), at)? else { return Ok(Decision::default()) };
    let waits = order.payment.as_ref().is_some_and(|summary| summary.payment_id == id);
    let (order, goods) = match &order.state {
        OrderState::AwaitingPayment(_) if waits && on_decline == OnDecline::KeepOrder => {
            (shows(order, &failed.payment), Goods::Stay)
        }
        OrderState::AwaitingPayment(state) if waits => {
            let goods = Goods::Release(state.reservation_id);
            (moves(order.decline(failure.message.clone(), at))?, goods)
        }
        _ => (OrderChange::Stays, Goods::Stay),
    };
    Ok(Decision { payment: Some(failed), order, goods })
}

/// Decides a cancellation: the order's goods are released, an unfinished payment is given up, and the money of a finished one is refunded.
pub(crate) fn decide_cancellation(
    order: &Order,
    payment: Option<Payment>,
    how: &Cancelling,
    at: Timestamp,
) -> Result<Decision, TransitionError> {
    let mut moved = how.apply(order.clone(), at)?;
    let goods = match &order.state {
        OrderState::AwaitingPayment(state) => Goods::Release(state.reservation_id),
        _ => sold(order).map_or(Goods::Stay, Goods::TakeBack),
    };
    let ended = match payment.clone() {
        None => None,
        Some(payment) if payment.state == State::Pending => payment.give_up(ORDER_CANCELLED, at)?,
        Some(payment) => payment.return_rest(RefundCause::OrderCancelled, at)?,
    };
    if let Some(payment) = ended.as_ref().map(|ended| &ended.payment).or(payment.as_ref()) {
        moved.order.payment = shown(moved.order.payment.take(), payment);
    }
    Ok(Decision { payment: ended, order: OrderChange::Moves(Box::new(moved)), goods })
}

/// The goods of an order that is paid and not shipped.
fn sold(order: &Order) -> Option<ReservationId> {
    match &order.state {
        OrderState::Paid(paid) => Some(paid.reservation_id),
        OrderState::Confirmed(state) => Some(state.paid.reservation_id),
        OrderState::New(_)
        | OrderState::AwaitingPayment(_)
        | OrderState::Shipped(_)
        | OrderState::Delivered(_)
        | OrderState::Cancelled(_)
        | OrderState::Failed(_) => None,
    }
}

/// Decides a refund of `amount` that an operator requested. The last of the money cancels an order that is not shipped.
pub(crate) fn refund_requested(
    order: Order,
    payment: Payment,
    id: RefundId,
    amount: i64,
    at: Timestamp,
) -> Result<Decision, RefundError> {
    let moved = payment.request_refund(id, amount, at)?;
    Ok(Decision::of_refund(order, moved, at)?)
}

/// Applies the provider's result for a refund. One that an operator requested may fail after the order was cancelled; then its amount is owed like
/// the rest.
pub(crate) fn refund_answered(
    order: Order,
    payment: Payment,
    id: RefundId,
    outcome: &RefundOutcome,
    at: Timestamp,
) -> Result<Decision, Problem> {
    let Some(mut moved) = payment.refund_answered(id, outcome, at)? else { return Ok(Decision::default()) };
    if order.status() == Status::Cancelled && !moved.payment.is_left_to_operators() {
        moved = moved.then(|payment| payment.return_rest(RefundCause::OrderCancelled, at))?;
    }
    Ok(Decision::of_payment(order, moved))
}

/// Applies the provider's report that it sent the money of a refund whose recorded status is another.
pub(crate) fn refund_arrived(
    order: Order,
    payment: Payment,
    id: RefundId,
    reference: &RefundReference,
    at: Timestamp,
) -> Result<Decision, Problem> {
    let Some(moved) = payment.refund_arrived(id, reference, at)? else { return Ok(Decision::default()) };
    Decision::of_refund(order, moved, at)
}

/// Decides the refund of money that can't be settled as it should be: it is recorded as captured and refunded. `with_order` is true when an order
/// that waits for it is cancelled and its goods released in the same transaction; otherwise the order is left as it is, because just that can't be
/// done.
pub(crate) fn refunded_unsettled(
    order: Order,
    payment: Payment,
    captured: Money,
    with_order: bool,
    at: Timestamp,
) -> Result<Decision, Problem> {
    let its_own = order.payment.as_ref().is_some_and(|summary| summary.payment_id == payment.id);
    let Some(taken) = payment.succeed(captured, at)? else { return Ok(Decision::default()) };
    let back = taken.then(|payment| payment.return_rest(RefundCause::NotOwed, at))?;
    match &order.state {
        OrderState::AwaitingPayment(state) if its_own && with_order => {
            let goods = Goods::Release(state.reservation_id);
            let order = declined_for(order, &back.payment, at)?;
            Ok(Decision { payment: Some(back), order, goods })
        }
        _ => Ok(Decision::of_payment(order, back)),
    }
}

/// The order cancelled because of the money that came for it, showing that it is refunded.
fn declined_for(order: Order, payment: &Payment, at: Timestamp) -> Result<OrderChange, Problem> {
    let mut moved = order.decline(None, at).map_err(defect)?;
    moved.order.payment = shown(moved.order.payment.take(), payment);
    Ok(OrderChange::Moves(Box::new(moved)))
}

/// Decides the cancellation of a pending attempt by its payer, who may try another one: the order still waits. Nothing when there is no such attempt.
pub(crate) fn attempt_given_up(order: Order, payment: Payment, at: Timestamp) -> Result<Decision, Problem> {
    let given_up = payment.give_up(ATTEMPT_GIVEN_UP, at)?;
    Ok(given_up.map_or_else(Decision::default, |moved| Decision::of_payment(order, moved)))
}

/// Decides the end of polling, when the provider has been polled long enough.
pub(crate) fn given_up_watching(order: Order, payment: Payment, at: Timestamp) -> Result<Decision, Problem> {
    let moved = payment.give_up_watching(at)?;
    Ok(Decision::of_payment(order, moved))
}

fn moves(moved: Result<OrderTransition, TransitionError>) -> Result<OrderChange, Problem> {
    moved.map(|moved| OrderChange::Moves(Box::new(moved))).map_err(defect)
}

/// The order showing the status of `payment`, if that is its own and has another status than before.
fn shows(order: Order, payment: &Payment) -> OrderChange {
    let summary = shown(order.payment.clone(), payment);
    match summary {
        Some(summary) if order.payment.as_ref() != Some(&summary) => {
            OrderChange::Shows(Box::new(order.note_payment(summary)))
        }
        _ => OrderChange::Stays,
    }
}

/// `summary` with the status of `payment`, if it is of that payment.
fn shown(summary: Option<PaymentSummary>, payment: &Payment) -> Option<PaymentSummary> {
    summary.map(|summary| {
        let status = if summary.payment_id == payment.id { payment.status() } else { summary.status };
        let payment_url = summary.payment_url.filter(|_| status == PaymentStatus::Pending);
        PaymentSummary { status, payment_url, ..summary }
    })
}

/// A transition that the state read a moment ago does not have: a defect, since the state was checked.
pub(crate) fn defect(error: TransitionError) -> Problem {
    match error {
        TransitionError::Problem(problem) => problem,
        TransitionError::WrongState(wrong) => {
            Problem::internal(format!("no {} from {}", wrong.command.name(), wrong.status.name()))
        }
    }
}

impl Cancelling {
    /// The order's transition.
    fn apply(&self, order: Order, at: Timestamp) -> Result<OrderTransition, TransitionError> {
        match self {
            Self::ByOperator(reason) if matches!(order.status(), Status::Paid | Status::Confirmed) => {
                order.cancel_and_refund(reason.clone(), at)
            }
            Self::ByOwner(reason) | Self::ByOperator(reason) => order.cancel(reason.clone(), at),
            Self::Expired => order.expire(at),
        }
    }
}

#[cfg(test)]
mod tests {
    use orders::order::Forgetting;

    use super::*;
    use crate::settlement::fixtures::{at, begun, order, roubles};

    #[test]
    fn late_money_buys_nothing_for_an_account_that_was_deleted() {
        let late = |order: Order| {
            let outcome = Outcome::Succeeded(roubles(7_500));
            settled(order, begun(), &outcome, true, OnDecline::CancelOrder, at(700))
        };
        let expired = order().expire(at(600)).unwrap().order;
        assert_eq!(late(expired).unwrap().goods, Goods::Buy);
        let Forgetting::Marked(marked) = order().forget_customer(at(1)).unwrap() else { panic!() };
        let expired = marked.expire(at(600)).unwrap().order;
        let decision = late(expired).unwrap();
        assert_eq!(decision.goods, Goods::Stay);
        assert!(decision.payment.is_some_and(|moved| !moved.begun.is_empty()), "the money goes back");
    }

    /// The order of a declined payment, or of an attempt that was given up, still waits; money that comes by it after all pays it.
    #[test]
    fn an_order_that_is_kept_takes_another_attempt() {
        let declined = Outcome::Failed(Failure::coded("no"));
        let settle = |outcome: &Outcome, on_decline| {
            settled(order(), begun(), outcome, true, on_decline, at(1)).unwrap()
        };
        let OrderChange::Moves(moved) = settle(&declined, OnDecline::CancelOrder).order else { panic!() };
        assert!(moved.order.is_declined());
        let kept = settle(&declined, OnDecline::KeepOrder);
        let given_up = attempt_given_up(order(), begun(), at(1)).unwrap();
        for decision in [kept, given_up] {
            assert_eq!(decision.goods, Goods::Stay);
            let OrderChange::Shows(shown) = decision.order else { panic!() };
            assert_eq!(shown.status(), Status::AwaitingPayment);
            assert_eq!(shown.payment.as_ref().unwrap().status, PaymentStatus::Failed);
            let payment = decision.payment.unwrap().payment;
            let late = settled(
                *shown,
                payment,
                &Outcome::Succeeded(roubles(7_500)),
                true,
                OnDecline::KeepOrder,
                at(2),
            );
            assert!(matches!(late.unwrap().goods, Goods::Sell(_)), "it is the order's own");
        }
        let none = attempt_given_up(
            order(),
            begun().fail(Failure::default(), at(1)).unwrap().unwrap().payment,
            at(2),
        );
        assert!(none.unwrap().is_nothing());
    }
}
