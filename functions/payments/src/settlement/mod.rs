//! What moves an order once it is placed, and what that does to payment and stock: one transaction each.
//!
//! | room | what is in it |
//! |---|---|
//! | this file | a decided payment |
//! | [`cancelling`] | calling an order off, before it is paid or after |
//! | [`observing`] | what the provider says about a payment |
//! | [`moving`] | reserving its goods, and the steps towards its customer |
//! | [`refunding`] | sending money back |
//!
//! Every settlement is idempotent and takes any order of arrival. What it finds changed under its hands it reads again.

use kernel::{OrderId, PaymentId, Problem};
use orders::order::MoveError;
use orders::state::Paid;
use orders::{Cause, Order, Orders, PaymentStatus, PaymentSummary, State};
use platform::dynamo::{Dynamo, TransactError, Write};
use platform::journal::Journal;
use platform::{Call, Init, InitError};
use stock::Stock;

use crate::payment::{Failure, Outcome, Payment};
use crate::provider::PaymentReference;
use crate::providers::Provider;
use crate::store::Payments;

/// How often a settlement starts over because order, payment or stock changed in the meantime.
const MAX_ROUNDS: u32 = 6;

mod cancelling;
mod moving;
mod observing;
mod refunding;

pub use cancelling::Cancelling;
pub use moving::Reserving;

/// Something changed since it was read.
pub(crate) struct Changed;

/// The contexts that settling touches.
#[derive(Clone)]
pub struct Settlement {
    pub(crate) dynamo: Dynamo,
    pub(crate) journal: Journal,
    pub(crate) orders: Orders,
    pub(crate) payments: Payments,
    pub(crate) stock: Stock,
    pub(crate) provider: Provider,
}

impl Settlement {
    /// Connects to each of them.
    pub async fn connect(init: &Init) -> Result<Self, InitError> {
        let payments = Payments::connect(init).await?;
        Ok(Self {
            dynamo: init.dynamo(),
            journal: Journal::connect(init).await?,
            orders: Orders::connect(init).await?,
            provider: Provider::connect(init, payments.clone()).await?,
            payments,
            stock: Stock::connect(init).await?,
        })
    }

    /// Applies what the provider decided about a payment, which it knows as `reference`, and answers the payment as it is then.
    pub async fn settle(
        &self,
        call: &Call,
        id: PaymentId,
        reference: Option<&PaymentReference>,
        outcome: &Outcome,
    ) -> Result<Payment, Problem> {
        for _ in 0..MAX_ROUNDS {
            let payment = self.payments.find(id).await?.ok_or_else(unknown_payment)?;
            let payment = payment.known_as(reference.cloned());
            if payment.status == PaymentStatus::Refunding {
                return self.finish_refund(call, id).await;
            }
            let order = self.orders.find(payment.order_id).await?;
            let order = order.ok_or_else(|| Problem::internal(format!("payment {id} has no order")))?;
            let writes = match outcome {
                Outcome::Succeeded => self.success(call, payment.clone(), order).await?,
                Outcome::Failed(failure) => self.failure(call, payment.clone(), order, failure).await?,
            };
            if writes.is_empty() {
                return Ok(payment);
            }
            match self.dynamo.transact(call, writes).await {
                // Read again: the answer is what was written, and money that has to go back is sent now.
                Ok(()) | Err(TransactError::Refused(_)) => {}
                Err(TransactError::Failed(problem)) => return Err(problem),
            }
        }
        Err(Problem::unavailable(format!("payment {id} changed again and again while it was settled")))
    }

    /// The money came: for an order that waits, for one that is gone and can be had again, or for nothing.
    async fn success(
        &self,
        call: &Call,
        payment: Payment,
        order: Order,
    ) -> Result<Vec<Write<Changed>>, Problem> {
        let mut writes = Vec::new();
        match &order.state {
            State::AwaitingPayment(state) => {
                let Some((payment, event)) = payment.succeed(call.now)? else { return Ok(writes) };
                writes.extend(changed(self.payments.update(&self.journal, call, &payment, event)?));
                let reservation =
                    self.stock.reservation(state.reservation_id).await?.ok_or_else(lost_reservation)?;
                writes.extend(changed(self.stock.confirm(call, &reservation)?));
                let moved = order.pay(call.now).map_err(problem)?;
                writes.extend(changed(self.orders.update(&self.journal, call, &moved)?));
            }
            State::Cancelled(cancelled) if is_late(&payment) => {
                let wanted = cancelled.cancellation.cause != Cause::Requested;
                return self.late_success(call, payment, order, wanted).await;
            }
            State::New(_)
            | State::Paid(_)
            | State::Confirmed(_)
            | State::Shipped(_)
            | State::Delivered(_)
            | State::Cancelled(_)
            | State::Failed(_) => {}
        }
        Ok(writes)
    }

    /// The money came after the order was cancelled. When nobody called it off and every line can still be had, the order is paid after all;
    /// otherwise the money goes back by itself.
    async fn late_success(
        &self,
        call: &Call,
        payment: Payment,
        order: Order,
        wanted: bool,
    ) -> Result<Vec<Write<Changed>>, Problem> {
        let mut writes = Vec::new();
        let plan = if wanted { self.stock.plan(&moving::lines(&order)).await?.ok() } else { None };
        let Some(plan) = plan else {
            let Some((payment, event)) = payment.begin_refund(call.now)? else { return Ok(writes) };
            writes.extend(changed(self.payments.update(&self.journal, call, &payment, event)?));
            writes.push(self.show(order, PaymentStatus::Refunding)?);
            return Ok(writes);
        };
        let Some((payment, event)) = payment.succeed(call.now)? else { return Ok(writes) };
        writes.extend(changed(self.payments.update(&self.journal, call, &payment, event)?));
        writes.extend(changed(self.stock.buy(
            call,
            order.next_reservation_id(),
            order.id,
            Some(order.user_id),
            &plan,
        )?));
        let moved = order.revive(call.now).map_err(problem)?;
        writes.extend(changed(self.orders.update(&self.journal, call, &moved)?));
        Ok(writes)
    }

    /// There will be no money: an order that waits for it is cancelled and its goods go back.
    async fn failure(
        &self,
        call: &Call,
        payment: Payment,
        order: Order,
        failure: &Failure,
    ) -> Result<Vec<Write<Changed>>, Problem> {
        let Some((payment, event)) = payment.fail(failure.clone(), call.now)? else { return Ok(Vec::new()) };
        let mut writes: Vec<_> =
            changed(self.payments.update(&self.journal, call, &payment, event)?).collect();
        if matches!(order.state, State::AwaitingPayment(_)) {
            writes.extend(self.goods_back(call, &order).await?);
            let moved = order.decline(failure.message.clone(), call.now).map_err(problem)?;
            writes.extend(changed(self.orders.update(&self.journal, call, &moved)?));
        }
        Ok(writes)
    }

    /// The goods of an order that will not be delivered go back to where they came from.
    async fn goods_back(&self, call: &Call, order: &Order) -> Result<Vec<Write<Changed>>, Problem> {
        let taken = |id| async move { self.stock.reservation(id).await?.ok_or_else(lost_reservation) };
        let sold = |paid: &Paid| taken(paid.reservation_id);
        let writes = match &order.state {
            State::AwaitingPayment(state) => self.stock.release(call, &taken(state.reservation_id).await?)?,
            State::Paid(paid) => self.stock.take_back(call, &sold(paid).await?)?,
            State::Confirmed(state) => self.stock.take_back(call, &sold(&state.paid).await?)?,
            State::New(_)
            | State::Shipped(_)
            | State::Delivered(_)
            | State::Cancelled(_)
            | State::Failed(_) => Vec::new(),
        };
        Ok(changed(writes).collect())
    }

    /// Shows in the order what has become of its payment.
    fn show(&self, order: Order, status: PaymentStatus) -> Result<Write<Changed>, Problem> {
        let id = order.id;
        let summary = order.payment.clone().map(|summary| PaymentSummary { status, ..summary });
        let summary = summary.ok_or_else(|| Problem::internal(format!("order {id} has no payment")))?;
        Ok(self.orders.note_payment(&order.note_payment(summary))?.map(|_| Changed))
    }

    /// The order as it is now.
    async fn reload(&self, id: OrderId) -> Result<Order, Problem> {
        self.orders.find(id).await?.ok_or_else(|| lost_order(id))
    }
}

/// Whether the payment's money has not been dealt with yet.
fn is_late(payment: &Payment) -> bool {
    matches!(payment.status, PaymentStatus::Pending | PaymentStatus::Failed)
}

pub(crate) fn changed<R>(writes: Vec<Write<R>>) -> impl Iterator<Item = Write<Changed>> {
    writes.into_iter().map(|write| write.map(|_| Changed))
}

/// A move that the state read a moment ago does not have: a defect, since the state was looked at.
fn problem(error: MoveError) -> Problem {
    match error {
        MoveError::Problem(problem) => problem,
        MoveError::WrongState(wrong) => {
            Problem::internal(format!("no {} from {}", wrong.command.name(), wrong.status.name()))
        }
    }
}

pub(crate) fn unknown_payment() -> Problem {
    Problem::not_found("There is no such payment.")
}

pub(crate) fn lost_order(id: OrderId) -> Problem {
    Problem::internal(format!("order {id} is gone"))
}

fn lost_reservation() -> Problem {
    Problem::internal("an order that waits for payment has no reservation")
}
