//! What a decided payment, or a cancellation, does to order, stock and payment: one transaction each.
//!
//! Every settlement is idempotent and takes any order of arrival. What it finds changed under its hands it reads again.

use kernel::{PaymentId, Problem};
use orders::order::MoveError;
use orders::{Cancellation, Cause, Order, Orders, PaymentStatus, State};
use platform::dynamo::{Dynamo, TransactError, Write};
use platform::journal::Journal;
use platform::{Call, Init, InitError};
use stock::{Line, Stock};

use crate::payment::{Failure, Outcome, Payment};
use crate::sandbox::Sandbox;
use crate::store::Payments;

/// How often a settlement starts over because order, payment or stock changed in the meantime.
const MAX_ROUNDS: u32 = 6;

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
    pub(crate) sandbox: Sandbox,
}

impl Settlement {
    /// Connects to each of them.
    pub async fn connect(init: &Init) -> Result<Self, InitError> {
        let payments = Payments::connect(init).await?;
        Ok(Self {
            dynamo: init.dynamo(),
            journal: Journal::connect(init).await?,
            orders: Orders::connect(init).await?,
            sandbox: Sandbox::new(init.dynamo(), payments.clone()),
            payments,
            stock: Stock::connect(init).await?,
        })
    }

    /// Applies what the provider decided about a payment, and answers the payment as it is then.
    pub async fn settle(&self, call: &Call, id: PaymentId, outcome: &Outcome) -> Result<Payment, Problem> {
        for _ in 0..MAX_ROUNDS {
            let payment = self.payments.find(id).await?.ok_or_else(unknown_payment)?;
            if payment.status == PaymentStatus::Refunding {
                return self.finish_refund(call, payment).await;
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
                let (order, event) = order.pay(call.now).map_err(problem)?;
                writes.extend(changed(self.orders.update(&self.journal, call, &order, event)?));
            }
            State::Cancelled(_) if is_late(&payment) => return self.late_success(call, payment, order).await,
            State::Cancelled(_) | State::Paid(_) | State::Failed => {}
        }
        Ok(writes)
    }

    /// The money came after the order was cancelled. When every line can still be had, the order is paid after all; otherwise the money
    /// goes back by itself.
    async fn late_success(
        &self,
        call: &Call,
        payment: Payment,
        order: Order,
    ) -> Result<Vec<Write<Changed>>, Problem> {
        let lines: Vec<Line> =
            order.lines.iter().map(|line| Line { sku: line.sku.clone(), quantity: line.quantity }).collect();
        let mut writes = Vec::new();
        let Ok(plan) = self.stock.plan(&lines).await? else {
            let Some((payment, event)) = payment.begin_refund(call.now)? else { return Ok(writes) };
            writes.extend(changed(self.payments.update(&self.journal, call, &payment, event)?));
            writes.push(self.show(&order, PaymentStatus::Refunding)?);
            return Ok(writes);
        };
        let Some((payment, event)) = payment.succeed(call.now)? else { return Ok(writes) };
        writes.extend(changed(self.payments.update(&self.journal, call, &payment, event)?));
        let reservation_id = Order::reservation_id(order.id, order.version + 1);
        writes.extend(changed(self.stock.buy(call, reservation_id, order.id, Some(order.user_id), &plan)?));
        let (order, event) = order.revive(reservation_id, call.now).map_err(problem)?;
        writes.extend(changed(self.orders.update(&self.journal, call, &order, event)?));
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
            let cancellation = Cancellation { cause: Cause::Declined, reason: failure.message.clone() };
            writes.extend(self.call_off(call, order, cancellation).await?);
        }
        Ok(writes)
    }

    /// Cancels an order that waits for payment, and its unfinished payment; answers the order as it is then.
    /// `Err(order)` inside means that the order can no longer be cancelled.
    pub async fn cancel(
        &self,
        call: &Call,
        mut order: Order,
        cancellation: &Cancellation,
    ) -> Result<Result<Order, Order>, Problem> {
        for _ in 0..MAX_ROUNDS {
            if !matches!(order.state, State::AwaitingPayment(_)) {
                return Ok(Err(order));
            }
            let id = order.id;
            let payment_id = order.payment.as_ref().map(|payment| payment.payment_id);
            let mut writes = Vec::new();
            if let Some(payment_id) = payment_id {
                let payment = self.payments.find(payment_id).await?.ok_or_else(unknown_payment)?;
                let failure = Failure { code: Some("order_cancelled".to_owned()), message: None };
                if let Some((payment, event)) = payment.fail(failure, call.now)? {
                    writes.extend(changed(self.payments.update(&self.journal, call, &payment, event)?));
                }
            }
            writes.extend(self.call_off(call, order, cancellation.clone()).await?);
            let made = self.dynamo.transact(call, writes).await;
            order = self
                .orders
                .find(id)
                .await?
                .ok_or_else(|| Problem::internal(format!("order {id} is gone")))?;
            match made {
                Ok(()) => {
                    self.close_at_provider(call, payment_id).await;
                    return Ok(Ok(order));
                }
                Err(TransactError::Refused(_)) => {}
                Err(TransactError::Failed(problem)) => return Err(problem),
            }
        }
        Err(Problem::unavailable("the order changed again and again while it was cancelled"))
    }

    /// The order's part of a cancellation: its new state, and its goods back where they came from.
    async fn call_off(
        &self,
        call: &Call,
        order: Order,
        cancellation: Cancellation,
    ) -> Result<Vec<Write<Changed>>, Problem> {
        let mut writes = Vec::new();
        if let Some(id) = order.live_reservation() {
            let reservation = self.stock.reservation(id).await?.ok_or_else(lost_reservation)?;
            writes.extend(changed(self.stock.release(call, &reservation)?));
        }
        let (order, event) = order.cancel(cancellation, call.now).map_err(problem)?;
        writes.extend(changed(self.orders.update(&self.journal, call, &order, event)?));
        Ok(writes)
    }

    /// Asks the provider to take no more money for a cancelled order. When it can't be reached, or the customer was faster, the money comes as a
    /// late success and is dealt with there.
    async fn close_at_provider(&self, call: &Call, payment: Option<PaymentId>) {
        let Some(id) = payment else { return };
        if let Err(problem) = self.sandbox.cancel(call, id).await {
            tracing::warn!(payment_id = %id, %problem, "the payment could not be closed at the provider");
        }
    }

    /// Sends money back that came for nothing, and writes down that it went.
    async fn finish_refund(&self, call: &Call, payment: Payment) -> Result<Payment, Problem> {
        self.sandbox.refund(call, payment.id).await?;
        let Some((refunded, event)) = payment.clone().finish_refund(call.now)? else { return Ok(payment) };
        let mut writes: Vec<_> =
            changed(self.payments.update(&self.journal, call, &refunded, event)?).collect();
        if let Some(order) = self.orders.find(payment.order_id).await? {
            writes.push(self.show(&order, PaymentStatus::Refunded)?);
        }
        match self.dynamo.transact(call, writes).await {
            Ok(()) => Ok(refunded),
            // Someone else wrote it down: the provider's refund is one and the same.
            Err(TransactError::Refused(_)) => {
                self.payments.find(payment.id).await?.ok_or_else(unknown_payment)
            }
            Err(TransactError::Failed(problem)) => Err(problem),
        }
    }

    /// Shows in the order what has become of its payment.
    fn show(&self, order: &Order, status: PaymentStatus) -> Result<Write<Changed>, Problem> {
        let summary = order.payment.clone().map(|summary| orders::PaymentSummary { status, ..summary });
        let summary =
            summary.ok_or_else(|| Problem::internal(format!("order {} has no payment", order.id)))?;
        Ok(self.orders.show_payment(order, &summary)?.map(|_| Changed))
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
            Problem::internal(format!("no such move from {}", wrong.status.name()))
        }
    }
}

pub(crate) fn unknown_payment() -> Problem {
    Problem::not_found("There is no such payment.")
}

fn lost_reservation() -> Problem {
    Problem::internal("an order that waits for payment has no reservation")
}
