//! Cancellation of orders.

use std::time::Duration;

use kernel::{OrderId, PaymentId, Problem, Timestamp};
use orders::Order;
use orders::order::TransitionError;
use orders::view::etag;
use payments::payment::{Payment, State};
use payments::provider::{PaymentProvider as _, PaymentReference, ProviderError};
use payments::refusal::PaymentRefusal;
use platform::http::Precondition;
use platform::sweep::postponed;
use platform::{InvocationContext, StaleRetry};

use super::decision::{attempt_given_up, decide_cancellation};
use super::{Changed, Settlement};

/// The time after its deadline for which an order with an open payment is kept while the provider can't be reached.
pub(crate) const EXPIRY_GRACE: Duration = Duration::from_mins(3);

/// The party that cancels an order, and the reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cancelling {
    /// Its owner, as long as it is not paid; with the reason that they give.
    ByOwner(Option<String>),
    /// An operator, as long as it is not shipped; the money is refunded.
    ByOperator(Option<String>),
    /// The deadline for paying, or for reserving, has passed.
    Expired,
}

impl Settlement {
    /// Cancels an order: its goods are released, an unfinished payment fails, and the money of a finished one is refunded. Returns the order as it is
    /// then; `Err(order)` inside means that it can't be cancelled in this way any more.
    pub async fn cancel(
        &self,
        call: &InvocationContext,
        expected: &Precondition,
        mut order: Order,
        how: &Cancelling,
    ) -> Result<Result<Order, Order>, Problem> {
        let mut retry = StaleRetry::of("the order that was being cancelled", call);
        loop {
            retry.begin().await?;
            expected.check("order", &etag(&order))?;
            let payment = self.payment_of(&order).await?;
            let decided = match decide_cancellation(&order, payment.clone(), how, call.now) {
                Ok(decided) => decided,
                Err(TransitionError::WrongState(_)) => return Ok(Err(order)),
                Err(TransitionError::Problem(problem)) => return Err(problem),
            };
            let writes = self.to_writes(call, &order, &decided, None).await?;
            if self.made(call, writes).await? {
                if let Some(payment) = payment {
                    // Boxed: it is large, and follows few cancellations.
                    Box::pin(self.tell_provider(call, payment)).await;
                }
                return self.reload(order.id).await.map(Ok);
            }
            order = self.reload(order.id).await?;
        }
    }

    /// Cancels the pending attempt to pay `payment`; its order waits for another one. Returns the payment as it is then: one that was decided before
    /// stays as it is.
    pub(crate) async fn give_up_attempt(
        &self,
        call: &InvocationContext,
        mut payment: Payment,
    ) -> Result<Payment, Problem> {
        let mut retry = StaleRetry::of("the payment that was being given up", call);
        loop {
            retry.begin().await?;
            let order = self.reload(payment.order_id).await?;
            let decided = attempt_given_up(order.clone(), payment.clone(), call.now)?;
            if decided.is_nothing() {
                return Ok(payment);
            }
            let writes = self.to_writes(call, &order, &decided, None).await?;
            let made = self.made(call, writes).await?;
            let id = payment.id;
            if made {
                self.tell_provider(call, payment).await;
            }
            payment = self.payments.find(id).await?.ok_or(PaymentRefusal::UnknownPayment)?;
            if made {
                return Ok(payment);
            }
        }
    }

    /// Cancels the order `id` if its time to be paid, or to be reserved, is over. An order that does not wait needs nothing, so that a repeat changes
    /// nothing. One that can't be cancelled is [`postponed`] for the sweep.
    pub async fn expire(&self, call: &InvocationContext, id: OrderId) -> Result<(), Problem> {
        // An id that no order has was never found by the sweep: the dead-letter queue shows it.
        let order = self.reload(id).await?;
        let expired = Box::pin(self.expire_order(call, order.clone())).await;
        if expired.is_err()
            && let Err(problem) = self.postpone_expiry(call, &order).await
        {
            tracing::warn!(order_id = %id, %problem, "the expiry of an order could not be postponed");
        }
        expired
    }

    async fn postpone_expiry(&self, call: &InvocationContext, order: &Order) -> Result<(), Problem> {
        let Some(due) = order.due_at() else { return Ok(()) };
        let until = postponed(due, call.now);
        let later = self.orders.postpone_expiry(order, until)?.map(|_| Changed::Meanwhile);
        self.made(call, vec![later]).await.map(|_| ())
    }

    async fn expire_order(&self, call: &InvocationContext, order: Order) -> Result<(), Problem> {
        let Some(due) = order.due_at().filter(|due| *due <= call.now) else { return Ok(()) };
        let Some(order) = self.unpaid(call, order, due).await? else { return Ok(()) };
        self.cancel(call, &Precondition::Any, order, &Cancelling::Expired).await.map(|_| ())
    }

    /// The order, if the provider says that it is not paid either: the provider's message may be lost or late, and the goods of a customer who paid
    /// in time must not be sold to others. A provider that can't be reached is waited for until [`EXPIRY_GRACE`] after `due`.
    async fn unpaid(
        &self,
        call: &InvocationContext,
        order: Order,
        due: Timestamp,
    ) -> Result<Option<Order>, Problem> {
        let open = self.payment_of(&order).await?.filter(|payment| payment.state == State::Pending);
        let Some(payment) = open else { return Ok(Some(order)) };
        if let Err(problem) = Box::pin(self.sync_from_provider(call, payment)).await {
            if problem.kind.retryable() && call.now < due.plus(EXPIRY_GRACE) {
                return Err(problem);
            }
            tracing::warn!(order_id = %order.id, %problem, "an order expires although its payment could not be polled");
        }
        let order = self.reload(order.id).await?;
        let still_due = order.due_at().is_some_and(|due| due <= call.now);
        Ok(still_due.then_some(order))
    }

    async fn payment_of(&self, order: &Order) -> Result<Option<Payment>, Problem> {
        let Some(summary) = &order.payment else { return Ok(None) };
        let payment = self.payments.find(summary.payment_id).await?;
        Ok(Some(payment.ok_or(PaymentRefusal::UnknownPayment)?))
    }

    /// Requests the provider to take no more money by `payment`, which its order was cancelled with, or to refund what it captured. When the provider
    /// can't be reached, the request is repeated by the consumer of the event that requires it, or at the next poll of the payment.
    async fn tell_provider(&self, call: &InvocationContext, payment: Payment) {
        let id = payment.id;
        let told = match (&payment.state, &payment.reference) {
            (State::Pending, Some(reference)) => self.close(call, id, reference).await,
            (State::Captured { .. }, _) => self.finish_refunds(call, id).await.map(|_| ()),
            // The provider has not responded yet, so there is no reference for it. The next poll searches the payments that the provider began.
            (State::Pending, None) | (State::Failed { .. }, _) => Ok(()),
        };
        if let Err(problem) = told {
            tracing::warn!(payment_id = %id, %problem, "the provider could not be told of a cancelled order");
        }
    }

    /// Requests the provider to take no more money. Its response may be that the customer was faster, which is settled at once.
    pub(super) async fn close(
        &self,
        call: &InvocationContext,
        id: PaymentId,
        reference: &PaymentReference,
    ) -> Result<(), Problem> {
        match self.provider.cancel(call, id, reference).await {
            Ok(seen) => {
                let payment = self.payments.find(id).await?.ok_or(PaymentRefusal::UnknownPayment)?;
                self.apply_provider_status(call, payment, seen).await.map(|_| ())
            }
            Err(ProviderError::Refused { code, .. }) => {
                tracing::info!(payment_id = %id, code, "the provider does not give the payment up");
                Ok(())
            }
            Err(error) => Err(error.into()),
        }
    }
}
