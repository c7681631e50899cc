//! Execution of refunds.

use kernel::{PaymentId, Problem, RefundId};
use orders::Order;
use payments::method::Method;
use payments::payment::Payment;
use payments::payment::refund::{self, RefundOutcome, RefundStatus};
use payments::payment::watch::KEY_LIFETIME;
use payments::payment::{Failure, MAX_FAILURE_TEXT};
use payments::provider::{PaymentProvider as _, ProviderError, ProviderRefund, ProviderRefundStatus, Refund};
use payments::refusal::PaymentRefusal;
use platform::{InvocationContext, StaleRetry};

use super::Settlement;
use super::decision::{refund_answered, refund_arrived};

impl Settlement {
    /// Makes the pending refunds of a payment, and records the results. Returns the payment as it is then. The provider makes each refund once,
    /// however often it is requested. When one of several can't be made the others are, and the first problem is returned.
    pub async fn finish_refunds(&self, call: &InvocationContext, id: PaymentId) -> Result<Payment, Problem> {
        let payment = self.payments.find(id).await?.ok_or(PaymentRefusal::UnknownPayment)?;
        let mut first_problem = None;
        for refund in payment.refunds().iter().filter(|refund| refund.is_due(call.now)) {
            if let Err(problem) = self.finish_refund(call, id, refund.id).await {
                first_problem.get_or_insert(problem);
            }
        }
        match first_problem {
            None => self.payments.find(id).await?.ok_or_else(|| PaymentRefusal::UnknownPayment.into()),
            Some(problem) => Err(problem),
        }
    }

    /// As [`Self::finish_refunds`], for callers that do not depend on the money: a refund that can't be made now is made by the consumer of the event
    /// that requires it, or at the next poll of the payment.
    pub(super) async fn process_refunds(&self, call: &InvocationContext, payment: Payment) -> Payment {
        if !payment.refunds().iter().any(refund::Refund::is_pending) {
            return payment;
        }
        // Boxed: it is large, and most payments have no refunds.
        Box::pin(self.finish_refunds(call, payment.id)).await.unwrap_or_else(|problem| {
            tracing::warn!(payment_id = %payment.id, %problem, "money that has to go back could not be sent now");
            payment
        })
    }

    /// Makes one refund, if that is still to be done.
    pub(crate) async fn finish_refund(
        &self,
        call: &InvocationContext,
        id: PaymentId,
        refund: RefundId,
    ) -> Result<(), Problem> {
        let mut retry = StaleRetry::of("the payment that was being refunded", call);
        // The provider is requested once for each of its keys, however often others change the payment meanwhile.
        let mut answered: Option<(RefundId, RefundOutcome)> = None;
        loop {
            retry.begin().await?;
            let (order, payment) = self.read(id).await?;
            // Boxed: it is large, and most refunds have no receipts.
            let payment = Box::pin(self.with_refund_customer(call, &order, payment)).await?;
            let Some(pending) = payment.refund(refund).filter(|refund| refund.is_due(call.now)) else {
                return Ok(());
            };
            let key = pending.key();
            let outcome = match answered.take().filter(|(answered, _)| *answered == key) {
                Some((_, outcome)) => outcome,
                None => self.refund_at_provider(call, &payment, pending).await?,
            };
            if let RefundOutcome::Pending(reference) = &outcome {
                return match payment.refund_known_as(refund, reference) {
                    Some(known) => self.note(call, known).await.map(|_| ()),
                    None => Ok(()),
                };
            }
            let decided = refund_answered(order.clone(), payment.clone(), refund, &outcome, call.now)?;
            if let Some(payment) = self.execute(call, &order, payment, decided, None).await? {
                self.call_operator_for(&payment, refund);
                return Ok(());
            }
            answered = Some((key, outcome));
        }
    }

    /// The payment with the recipient of its refunds' receipts, which is stored before the provider is requested: a repeat has to be the same. Money
    /// that is owed goes back without a receipt when its customer is no longer known.
    async fn with_refund_customer(
        &self,
        call: &InvocationContext,
        order: &Order,
        payment: Payment,
    ) -> Result<Payment, Problem> {
        let Some(receipts) = self.receipts.as_ref().filter(|_| payment.needs_refund_customer()) else {
            return Ok(payment);
        };
        let customer = receipts.customer(order.buyer.contact.as_ref(), order.user_id).await?;
        let Some(customer) = customer else {
            tracing::warn!(payment_id = %payment.id, "a refund has no receipt: its customer is not known any more");
            return Ok(payment);
        };
        self.note(call, payment.with_refund_customer(customer)).await
    }

    /// Applies a refund that the provider has made, regardless of the merchant's record of it. If another was sent in its place, the refunds exceed
    /// the captured amount, which a person has to settle.
    pub(crate) async fn refund_reported(
        &self,
        call: &InvocationContext,
        id: PaymentId,
        seen: &ProviderRefund,
    ) -> Result<Payment, Problem> {
        let mut retry = StaleRetry::of("the payment whose refund was reported", call);
        loop {
            retry.begin().await?;
            let (order, payment) = self.read(id).await?;
            let sent = seen.status == ProviderRefundStatus::Succeeded;
            let known = payment.refund_by_reference(&seen.reference, seen.amount.amount());
            let Some(refund) = known.filter(|refund| sent && !refund.is_pending()).map(|refund| refund.id)
            else {
                if sent && known.is_none() {
                    self.call_operator(
                        id,
                        "the provider made a refund that was not asked for",
                        &seen.reference,
                    );
                }
                return self.finish_refunds(call, id).await;
            };
            let decided = refund_arrived(order.clone(), payment.clone(), refund, &seen.reference, call.now)?;
            if decided.is_nothing() {
                return Ok(payment);
            }
            if let Some(payment) = self.execute(call, &order, payment, decided, None).await? {
                if payment.captured().is_some_and(|captured| payment.refunded() > captured.amount()) {
                    self.call_operator(id, "more went back than came", &seen.reference);
                }
                return Ok(payment);
            }
        }
    }

    /// Alerts an operator to a refund that will not be made without a person's intervention.
    fn call_operator_for(&self, payment: &Payment, refund: RefundId) {
        let Some(refund) = payment.refund(refund) else { return };
        let left = refund.status == RefundStatus::Unknown
            || (refund.status == RefundStatus::Failed && payment.is_left_to_operators());
        if left {
            let code = refund.failure.as_ref().and_then(|failure| failure.code.as_deref()).unwrap_or("-");
            self.call_operator(payment.id, "the provider does not send money back that is owed", &code);
        }
    }

    /// Requests a refund from the provider, or reads one that it has named.
    async fn refund_at_provider(
        &self,
        call: &InvocationContext,
        payment: &Payment,
        pending: &refund::Refund,
    ) -> Result<RefundOutcome, Problem> {
        // It is refunded as it was paid, outside: the journal records that it is due, and there is no provider to call.
        if payment.method == Method::External {
            return Ok(RefundOutcome::Succeeded(None));
        }
        let wanted = wanted(payment, pending)?;
        let key_is_known = call.now < pending.attempted_at().plus(KEY_LIFETIME);
        let known = match &pending.reference {
            Some(reference) => self.provider.find_refund(call, reference).await.map_err(Problem::from)?,
            None if key_is_known => None,
            // Under a key that the provider has forgotten, another request would send the money twice.
            None => {
                let others: Vec<_> =
                    payment.refunds().iter().filter_map(|other| other.reference.clone()).collect();
                let found =
                    self.provider.find_sent_refund(call, &wanted, &others).await.map_err(Problem::from)?;
                let Some(found) = found else {
                    return Ok(RefundOutcome::Canceled(Failure::coded("never_received")));
                };
                Some(found)
            }
        };
        let asked = match known {
            Some(known) => Ok(known),
            None if key_is_known => self.provider.refund(call, &wanted).await,
            None => return Ok(RefundOutcome::Unknown),
        };
        match asked {
            Ok(ProviderRefund { reference, status, .. }) => Ok(match status {
                ProviderRefundStatus::Pending => RefundOutcome::Pending(reference),
                ProviderRefundStatus::Succeeded => RefundOutcome::Succeeded(Some(reference)),
                ProviderRefundStatus::Canceled(why) => {
                    RefundOutcome::Canceled(Failure { code: why.reason, message: None })
                }
            }),
            Err(ProviderError::Refused { code, message }) => {
                tracing::warn!(payment_id = %payment.id, refund_id = %pending.id, message, "the provider refused a refund");
                Ok(RefundOutcome::Refused(Failure::coded(
                    &code.chars().take(MAX_FAILURE_TEXT).collect::<String>(),
                )))
            }
            Err(error) => Err(error.into()),
        }
    }
}

/// The request to the provider.
fn wanted(payment: &Payment, pending: &refund::Refund) -> Result<Refund, Problem> {
    let lost = || Problem::internal(format!("payment {} has no provider's reference", payment.id));
    let amount = kernel::Money::new(pending.amount, payment.amount.currency());
    Ok(Refund {
        refund_id: pending.key(),
        payment: payment.reference.clone().ok_or_else(lost)?,
        amount: amount.ok_or_else(|| Problem::internal(format!("refund {} is out of range", pending.id)))?,
        receipt: payment.refund_receipt(pending),
    })
}
