//! Calling an order off.

use std::time::Duration;

use kernel::{OrderId, PaymentId, Problem, Timestamp};
use orders::Order;
use orders::order::TransitionError;
use orders::view::etag;
use platform::http::Precondition;
use platform::sweep::postponed;
use platform::{Call, StaleRetry};

use super::decision::{attempt_given_up, decide_cancellation};
use super::{Changed, Settlement, unknown_payment};
use crate::payment::{Payment, State};
use crate::provider::{PaymentProvider as _, PaymentReference, ProviderError};

/// How long after its time is over an order with an open payment is kept while the provider can't be asked about it.
pub(crate) const EXPIRY_GRACE: Duration = Duration::from_mins(3);

/// By what right an order is cancelled, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cancelling {
    /// Its owner does, as long as it is not paid; with what they say about it.
    ByOwner(Option<String>),
    /// An operator does, as long as it is not shipped; what was paid goes back.
    ByOperator(Option<String>),
    /// The time to pay is over, or to reserve.
    Expired,
}

impl Settlement {
    /// Calls an order off: its goods go back, an unfinished payment fails, and the money of a finished one is sent back. Answers the order as
    /// it is then; `Err(order)` inside means that it can't be cancelled in this way any more.
    pub async fn cancel(
        &self,
        call: &Call,
        expected: &Precondition,
        mut order: Order,
        how: &Cancelling,
    ) -> Result<Result<Order, Order>, Problem> {
        let mut retry = StaleRetry::of("the order that was being cancelled");
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
                    self.tell_provider(call, payment).await;
                }
                return self.reload(order.id).await.map(Ok);
            }
            order = self.reload(order.id).await?;
        }
    }

    /// Gives the pending attempt to pay `payment` up; its order waits on for another one. Returns the payment as it is then: one that was decided before stays as
    /// it is.
    pub(crate) async fn give_up_attempt(
        &self,
        call: &Call,
        mut payment: Payment,
    ) -> Result<Payment, Problem> {
        let mut retry = StaleRetry::of("the payment that was being given up");
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
            payment = self.payments.find(id).await?.ok_or_else(unknown_payment)?;
            if made {
                return Ok(payment);
            }
        }
    }

    /// Calls the order `id` off if its time to be paid, or to be reserved, is over. One that doesn't needs nothing, so that a repeat changes
    /// nothing. One that can't be cancelled is [`postponed`] for the sweep.
    pub async fn expire(&self, call: &Call, id: OrderId) -> Result<(), Problem> {
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

    async fn postpone_expiry(&self, call: &Call, order: &Order) -> Result<(), Problem> {
        let Some(due) = order.due_at() else { return Ok(()) };
        let until = postponed(due, call.now);
        let later = self.orders.postpone_expiry(order, until)?.map(|_| Changed::Meanwhile);
        self.made(call, vec![later]).await.map(|_| ())
    }

    async fn expire_order(&self, call: &Call, order: Order) -> Result<(), Problem> {
        let Some(due) = order.due_at().filter(|due| *due <= call.now) else { return Ok(()) };
        let Some(order) = self.unpaid(call, order, due).await? else { return Ok(()) };
        self.cancel(call, &Precondition::Any, order, &Cancelling::Expired).await.map(|_| ())
    }

    /// The order, if the provider says that it is not paid either: its message may be lost or late, and the goods of who paid in time are not for
    /// others. A provider that can't be asked is waited for until [`EXPIRY_GRACE`] after `due`.
    async fn unpaid(&self, call: &Call, order: Order, due: Timestamp) -> Result<Option<Order>, Problem> {
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
        self.payments.find(summary.payment_id).await?.ok_or_else(unknown_payment).map(Some)
    }

    /// Asks the provider to take no more money by `payment`, which its order was cancelled with, or to send back what it took. When the provider
    /// can't be reached, it is asked again by the consumer of the event that says so, or at the next look at the payment.
    async fn tell_provider(&self, call: &Call, payment: Payment) {
        let id = payment.id;
        let told = match (&payment.state, &payment.reference) {
            (State::Pending, Some(reference)) => self.close(call, id, reference).await,
            (State::Captured { .. }, _) => self.finish_refunds(call, id).await.map(|_| ()),
            // The provider has not answered yet, so there is nothing to name to it. The next poll seeks it among what the provider began.
            (State::Pending, None) | (State::Failed { .. }, _) => Ok(()),
        };
        if let Err(problem) = told {
            tracing::warn!(payment_id = %id, %problem, "the provider could not be told of a cancelled order");
        }
    }

    /// Asks the provider to take no more money. Its answer may be that the customer was faster, which is dealt with at once.
    pub(super) async fn close(
        &self,
        call: &Call,
        id: PaymentId,
        reference: &PaymentReference,
    ) -> Result<(), Problem> {
        match self.provider.cancel(call, id, reference).await {
            Ok(seen) => {
                let payment = self.payments.find(id).await?.ok_or_else(unknown_payment)?;
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
