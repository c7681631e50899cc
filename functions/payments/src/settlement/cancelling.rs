//! Calling an order off.

use kernel::{OrderId, PaymentId, Problem};
use orders::order::MoveError;
use orders::{Moved, Order, Precondition, Status};
use platform::Call;
use platform::dynamo::{TransactError, Write};

use super::{Changed, MAX_ROUNDS, Settlement, changed, unknown_payment};
use crate::payment::{Failure, Payment};
use crate::provider::{PaymentProvider as _, PaymentReference, ProviderError};

/// By what right an order is called off, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cancelling {
    /// Its owner does, as long as it is not paid; with what they say about it.
    ByOwner(Option<String>),
    /// An operator does, as long as it is not shipped; what was paid goes back.
    ByOperator(Option<String>),
    /// The time to pay is over.
    Expired,
}

impl Cancelling {
    fn apply(&self, order: Order, call: &Call) -> Result<Moved, MoveError> {
        match self {
            Self::ByOperator(reason) if matches!(order.status(), Status::Paid | Status::Confirmed) => {
                order.cancel_paid(reason.clone(), call.now)
            }
            Self::ByOwner(reason) | Self::ByOperator(reason) => order.cancel(reason.clone(), call.now),
            Self::Expired => order.expire(call.now),
        }
    }
}

/// What the provider has to do after an order was called off.
enum Afterwards {
    Nothing,
    /// Take no more money.
    Close(PaymentId, PaymentReference),
    /// Send the money back.
    Refund(PaymentId),
}

impl Settlement {
    /// Calls an order off: its goods go back, an unfinished payment fails, and the money of a finished one is sent back. Answers the order as
    /// it is then; `Err(order)` inside means that it can't be called off in this way any more.
    pub async fn cancel(
        &self,
        call: &Call,
        expected: &Precondition,
        mut order: Order,
        how: &Cancelling,
    ) -> Result<Result<Order, Order>, Problem> {
        for _ in 0..MAX_ROUNDS {
            expected.check(&order)?;
            let moved = match how.apply(order.clone(), call) {
                Ok(moved) => moved,
                Err(MoveError::WrongState(_)) => return Ok(Err(order)),
                Err(MoveError::Problem(problem)) => return Err(problem),
            };
            let mut writes = self.goods_back(call, &order).await?;
            writes.extend(changed(self.orders.update(&self.journal, call, &moved)?));
            let (payment, afterwards) = self.end_payment(call, &order).await?;
            writes.extend(payment);
            match self.dynamo.transact(call, writes).await {
                Ok(()) => {
                    self.tell_provider(call, afterwards).await;
                    return self.reload(order.id).await.map(Ok);
                }
                Err(TransactError::Refused(_)) => order = self.reload(order.id).await?,
                Err(TransactError::Failed(problem)) => return Err(problem),
            }
        }
        Err(Problem::unavailable("the order changed again and again while it was cancelled"))
    }

    /// Calls the order `id` off if it still waits for its payment and its time is over. One that doesn't needs nothing, so that a repeat changes
    /// nothing.
    pub async fn expire(&self, call: &Call, id: OrderId) -> Result<(), Problem> {
        // An id that no order has was never found by the sweep: the dead-letter queue shows it.
        let order = self.reload(id).await?;
        if order.expires_at().is_none_or(|due| due > call.now) {
            return Ok(());
        }
        self.cancel(call, &Precondition::Any, order, &Cancelling::Expired).await.map(|_| ())
    }

    /// What becomes of the payment of an order that is called off.
    async fn end_payment(
        &self,
        call: &Call,
        order: &Order,
    ) -> Result<(Vec<Write<Changed>>, Afterwards), Problem> {
        let Some(summary) = &order.payment else { return Ok((Vec::new(), Afterwards::Nothing)) };
        let id = summary.payment_id;
        let payment = self.payments.find(id).await?.ok_or_else(unknown_payment)?;
        let paid = order.status() != Status::AwaitingPayment;
        let reference = payment.reference.clone();
        let moved = if paid { payment.begin_refund(call.now)? } else { fail(payment, call)? };
        let writes = match moved {
            Some((payment, event)) => {
                changed(self.payments.update(&self.journal, call, &payment, event)?).collect()
            }
            None => Vec::new(),
        };
        let afterwards = match reference {
            _ if paid => Afterwards::Refund(id),
            Some(reference) => Afterwards::Close(id, reference),
            // The provider has not answered yet, so there is nothing to name to it. Should money come, it is late money.
            None => Afterwards::Nothing,
        };
        Ok((writes, afterwards))
    }

    /// Asks the provider to take no more money for an order that is gone, or to send it back. When it can't be reached, money that still comes
    /// is a late success and dealt with there, and money that has to go back is sent by the consumer of the event that says so.
    async fn tell_provider(&self, call: &Call, afterwards: Afterwards) {
        let (id, told) = match afterwards {
            Afterwards::Nothing => return,
            Afterwards::Close(id, reference) => (id, self.close(call, id, &reference).await),
            Afterwards::Refund(id) => (id, self.finish_refund(call, id).await.map(|_| ())),
        };
        if let Err(problem) = told {
            tracing::warn!(payment_id = %id, %problem, "the provider could not be told of a cancelled order");
        }
    }

    /// Asks the provider to take no more money. Its answer may be that the customer was faster, which is dealt with at once.
    async fn close(&self, call: &Call, id: PaymentId, reference: &PaymentReference) -> Result<(), Problem> {
        match self.provider.cancel(call, id, reference).await {
            Ok(seen) => self.observe(call, id, seen).await.map(|_| ()),
            Err(ProviderError::Refused { code, .. }) => {
                tracing::info!(payment_id = %id, code, "the provider does not give the payment up");
                Ok(())
            }
            Err(error) => Err(error.into()),
        }
    }
}

fn fail(payment: Payment, call: &Call) -> Result<Option<(Payment, kernel::NewEvent)>, Problem> {
    payment.fail(Failure { code: Some("order_cancelled".to_owned()), message: None }, call.now)
}
