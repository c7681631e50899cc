//! Refunds that an operator requests.
//!
//! The refund is written, with the idempotency record that names it, before the provider is called. So a crash at any point still sends the money
//! back once, and the event that records the refund triggers it even when no request is repeated. A response with the status `pending` means that the
//! provider could not decide at once.

use futures_util::future::join;
use kernel::{Currency, OrderId, PaymentId, Problem, RefundId, UserId};
use payments::payment::refund::Refund;
use payments::refusal::PaymentRefusal;
use platform::dynamo::{Commit, FailedCondition, Write};
use platform::idempotency::{Attempt, Completion, Done, Idempotency, IdempotentRequest, KeyTaken};
use platform::{Init, InitError, InvocationContext, StaleRetry};
use serde::{Deserialize, Serialize};
use stock::{Contradiction, sole_contradiction};

use crate::settlement::decision::refund_requested;
use crate::settlement::{Changed, Settlement};

/// An operator's command to refund a payment.
pub struct RefundCommand {
    /// The order that was paid.
    pub order_id: OrderId,
    /// The payment to refund.
    pub payment_id: PaymentId,
    /// The amount in minor units of the payment's currency; at least 1.
    pub amount: i64,
}

/// Refunds payments: the use case and the contexts that it needs.
pub struct Refunds {
    settlement: Settlement,
    idempotency: Idempotency,
}

/// A refund that was requested, as it is after the request.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RequestedRefund {
    /// The order that was paid.
    pub order_id: OrderId,
    /// The payment.
    pub payment_id: PaymentId,
    /// The currency of the payment.
    pub currency: Currency,
    /// The refund.
    pub refund: Refund,
}

/// The reasons for which a refund was not written.
enum Refusal {
    /// An item has changed since it was read.
    Changed(Changed),
    /// A request with the same key was faster.
    Key,
}

impl Refunds {
    /// Connects to the contexts that a refund needs.
    pub async fn connect(init: &Init) -> Result<Self, InitError> {
        Ok(Self {
            settlement: Settlement::connect(init).await?,
            idempotency: Idempotency::connect(init).await?,
        })
    }

    /// Refunds a payment on behalf of `caller`, once for each idempotency key.
    pub async fn run(
        &self,
        call: &InvocationContext,
        request: &IdempotentRequest,
        caller: UserId,
        command: &RefundCommand,
    ) -> Result<Completion<RequestedRefund>, Problem> {
        let user = caller.to_string();
        let there = self.settlement.orders.require_account(caller);
        let (there, begun) = join(there, self.idempotency.begin(call, &user, request)).await;
        there?;
        let refund = async |attempt: Attempt| match self.begin(call, command, &attempt).await? {
            Ok(id) => Ok(self.finish(call, &attempt, command.payment_id, id).await.into()),
            Err(KeyTaken) => Ok(Done::KeyTaken),
        };
        let resume = async |attempt: Attempt, refund: String| {
            let id = refund.parse();
            let id = id.map_err(|_| Problem::internal("the idempotency record names no refund"))?;
            self.finish(call, &attempt, command.payment_id, id).await
        };
        self.idempotency.run(call, begun?, refund, resume).await
    }

    /// Writes the refund, unless another request with the same key was faster.
    async fn begin(
        &self,
        call: &InvocationContext,
        command: &RefundCommand,
        attempt: &Attempt,
    ) -> Result<Result<RefundId, KeyTaken>, Problem> {
        let s = &self.settlement;
        let id = RefundId::generate();
        let mut retry = StaleRetry::of("the payment whose refund was being begun", call);
        loop {
            retry.begin().await?;
            let payment = s.payments.find(command.payment_id).await?.ok_or(PaymentRefusal::UnknownPayment)?;
            if payment.order_id != command.order_id {
                return Err(Problem::invalid("/paymentId", "is no payment of this order"));
            }
            let order = s.reload(payment.order_id).await?;
            let decided = refund_requested(order.clone(), payment, id, command.amount, call.now)?;
            let writes = s.to_writes(call, &order, &decided, None).await?;
            let mut writes: Vec<Write<Refusal>> =
                writes.into_iter().map(|write| write.map(Refusal::Changed)).collect();
            let running = self.idempotency.mark_in_progress(call, attempt, &id.to_string())?;
            writes.extend(running.map(|write| write.map(|_| Refusal::Key)));
            let Commit::Refused(refused) = s.dynamo.commit(call, writes).await? else {
                return Ok(Ok(id));
            };
            if refused.iter().any(|one| matches!(one.reason, Refusal::Key)) {
                return Ok(Err(KeyTaken));
            }
            if let Some(contradiction) = contradiction(&refused) {
                s.stock.report(contradiction).await?;
            }
        }
    }

    /// Requests the refund from the provider, and stores the outcome.
    async fn finish(
        &self,
        call: &InvocationContext,
        attempt: &Attempt,
        payment: PaymentId,
        id: RefundId,
    ) -> Result<RequestedRefund, Problem> {
        let s = &self.settlement;
        if let Err(problem) = s.finish_refund(call, payment, id).await {
            tracing::warn!(payment_id = %payment, refund_id = %id, %problem, "a refund could not be sent now");
        }
        let payment = s.payments.find(payment).await?.ok_or(PaymentRefusal::UnknownPayment)?;
        let refund = payment.refund(id).ok_or_else(|| Problem::internal(format!("refund {id} is gone")))?;
        let requested = RequestedRefund {
            order_id: payment.order_id,
            payment_id: payment.id,
            currency: payment.amount.currency(),
            refund: refund.clone(),
        };
        if let Some(write) = self.idempotency.finished(call, attempt, &requested)? {
            // A repeat that resumed may have stored the outcome already; that is as good.
            s.dynamo.commit(call, vec![write]).await.map(|_| ())?;
        }
        Ok(requested)
    }
}

/// The internal error that explains a refused refund, if nothing else does.
fn contradiction(refused: &[FailedCondition<Refusal>]) -> Option<&Contradiction> {
    sole_contradiction(refused, |reason| match reason {
        Refusal::Changed(Changed::Contradicted(contradiction)) => Some(contradiction),
        Refusal::Changed(Changed::Meanwhile) | Refusal::Key => None,
    })
}
