//! Sending money back.

use kernel::{PaymentId, Problem, RefundId};
use orders::PaymentStatus;
use platform::Call;
use platform::dynamo::TransactError;

use super::{MAX_ROUNDS, Settlement, changed, lost_order, unknown_payment};
use crate::payment::Payment;
use crate::provider::{PaymentProvider as _, ProviderRefundStatus, Refund};

impl Settlement {
    /// Sends the money of a payment back that is to be refunded, and writes down that it went. Answers the payment as it is then; one that is
    /// not to be refunded stays as it is. The provider's refund is one and the same however often it is asked for.
    pub async fn finish_refund(&self, call: &Call, id: PaymentId) -> Result<Payment, Problem> {
        for _ in 0..MAX_ROUNDS {
            let payment = self.payments.find(id).await?.ok_or_else(unknown_payment)?;
            if payment.status != PaymentStatus::Refunding {
                return Ok(payment);
            }
            match self.provider.refund(call, &all_of(&payment)?).await?.status {
                ProviderRefundStatus::Succeeded => {}
                // It is under way, and asked for again by whoever comes next.
                ProviderRefundStatus::Pending => return Ok(payment),
                ProviderRefundStatus::Canceled(why) => {
                    return Err(Problem::internal(format!(
                        "the provider canceled the refund of {id}: {why:?}"
                    )));
                }
            }
            let order_id = payment.order_id;
            let Some((refunded, event)) = payment.clone().finish_refund(call.now)? else {
                return Ok(payment);
            };
            let order = self.orders.find(order_id).await?.ok_or_else(|| lost_order(order_id))?;
            let mut writes: Vec<_> =
                changed(self.payments.update(&self.journal, call, &refunded, event)?).collect();
            writes.push(self.show(order, PaymentStatus::Refunded)?);
            match self.dynamo.transact(call, writes).await {
                Ok(()) => return Ok(refunded),
                // Someone else wrote it down, or the order changed in between.
                Err(TransactError::Refused(_)) => {}
                Err(TransactError::Failed(problem)) => return Err(problem),
            }
        }
        Err(Problem::unavailable(format!("payment {id} changed again and again while it was refunded")))
    }
}

/// All of a payment's money, under one key however often it is asked for.
fn all_of(payment: &Payment) -> Result<Refund, Problem> {
    let id = payment.id;
    let reference = payment.reference.clone();
    Ok(Refund {
        refund_id: RefundId::derived(&format!("refund/{id}")),
        payment: reference
            .ok_or_else(|| Problem::internal(format!("payment {id} has no provider's reference")))?,
        amount: payment.amount,
        receipt: None,
    })
}
