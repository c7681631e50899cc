//! The application of the provider's statements about a payment.

use kernel::{Money, PaymentId, Problem, RefundId};
use payments::callback::CallbackBody;
use payments::payment::{Failure, Outcome, Payment, State};
use payments::provider::{
    Cancellation, PaymentProvider as _, PaymentReference, ProviderError, ProviderPayment, ProviderStatus,
    Refund, Sought, Start,
};
use payments::refusal::PaymentRefusal;
use platform::InvocationContext;

use super::Settlement;

impl Settlement {
    /// Applies the provider's view of `payment`, as it was read last, and returns it as it is then. An undecided one changes nothing.
    pub async fn apply_provider_status(
        &self,
        call: &InvocationContext,
        payment: Payment,
        seen: ProviderPayment,
    ) -> Result<Payment, Problem> {
        let id = payment.id;
        let seen = match seen.status {
            ProviderStatus::WaitingForCapture { authorised, .. } => {
                self.capture_or_void(call, &payment, &seen.reference, authorised).await?
            }
            _ => seen,
        };
        let outcome = match seen.status {
            ProviderStatus::Pending { .. } | ProviderStatus::WaitingForCapture { .. } => {
                return match payment.reference {
                    Some(_) => Ok(payment),
                    None => self.note(call, payment.known_as(Some(&seen.reference))).await,
                };
            }
            ProviderStatus::Succeeded { captured } if captured.currency() != payment.amount.currency() => {
                let wrong = format!("it is over {} and the provider took {captured}", payment.amount);
                self.call_operator(id, "a payment was made in another currency", &wrong);
                return Err(Problem::internal(format!("payment {id}: {wrong}")));
            }
            ProviderStatus::Succeeded { captured } => Outcome::Succeeded(captured),
            ProviderStatus::Canceled(cancellation) => Outcome::Failed(failure(cancellation)),
        };
        self.settle(call, payment, Some(&seen.reference), &outcome).await
    }

    /// Applies a signed callback about a payment. Where that is no decision by itself, the payment is read back.
    pub async fn apply_callback(
        &self,
        call: &InvocationContext,
        id: PaymentId,
        said: CallbackBody,
    ) -> Result<Payment, Problem> {
        let payment = self.payments.find(id).await?.ok_or(PaymentRefusal::UnknownPayment)?;
        if !self.provider.decides_by_callback() {
            return self.sync_from_provider(call, payment).await;
        }
        let payment = match payment.reference {
            Some(_) => payment,
            // The request to begin it was never answered: the ledger may not have it.
            None => self.sync_from_provider(call, payment).await?,
        };
        let seen = self.provider.apply_callback(call, id, said.status).await?;
        match (&seen.status, said.failure()) {
            // The callback's own text says more than the ledger.
            (ProviderStatus::Canceled(_), Some(failure)) => {
                self.settle(call, payment, Some(&seen.reference), &Outcome::Failed(failure)).await
            }
            _ => self.apply_provider_status(call, payment, seen).await,
        }
    }

    /// Reads a payment back from the provider and applies its state. One that the provider never named is sought by the merchant's id of it, if the
    /// provider may have it at all. See [`Self::resume`] for one that is not found.
    pub(crate) async fn sync_from_provider(
        &self,
        call: &InvocationContext,
        payment: Payment,
    ) -> Result<Payment, Problem> {
        let id = payment.id;
        let Some(seen) = self.find_at_provider(call, &payment).await? else {
            // Boxed, like the undoing below: it is large, and seldom needed.
            return Box::pin(self.resume(call, payment)).await;
        };
        let pending = matches!(seen.status, ProviderStatus::Pending { .. });
        let reference = seen.reference.clone();
        let payment = self.apply_provider_status(call, payment, seen).await?;
        if pending && matches!(payment.state, State::Failed { closed: false, .. }) {
            self.close(call, id, &reference).await?;
            return self.payments.find(id).await?.ok_or_else(|| PaymentRefusal::UnknownPayment.into());
        }
        Ok(payment)
    }

    /// The payment as the provider has it. Of several under one id, which a provider that honours idempotence keys never has, all but one are
    /// cancelled or refunded.
    async fn find_at_provider(
        &self,
        call: &InvocationContext,
        payment: &Payment,
    ) -> Result<Option<ProviderPayment>, Problem> {
        if let Some(reference) = &payment.reference {
            let found = self.provider.find_payment(call, reference).await.map_err(Problem::from)?;
            let lost = || Problem::internal(format!("the provider has no payment {reference}"));
            return found.ok_or_else(lost).map(Some);
        }
        let Some(to) = payment.sent_at else { return Ok(None) };
        let sought = Sought { payment_id: payment.id, from: payment.created_at, to };
        let mut found = self.provider.find_started(call, &sought).await.map_err(Problem::from)?;
        // The one that has progressed furthest: a paid one is not refunded in favour of an unpaid one.
        found.sort_by_key(|seen| match seen.status {
            ProviderStatus::Succeeded { .. } => 0,
            ProviderStatus::WaitingForCapture { .. } => 1,
            ProviderStatus::Pending { .. } => 2,
            ProviderStatus::Canceled(_) => 3,
        });
        let mut found = found.into_iter();
        let own = found.next();
        for second in found {
            Box::pin(self.undo_second_payment(call, payment.id, &second)).await?;
        }
        Ok(own)
    }

    /// Resumes a payment that the provider does not have. It is begun again only while its order waits for it, the provider still knows its key and
    /// the payer has to agree on the provider's page: by itself it then takes nothing. One that was given up is closed once no request can be in
    /// flight any more.
    async fn resume(&self, call: &InvocationContext, payment: Payment) -> Result<Payment, Problem> {
        let now = call.now;
        match &payment.state {
            State::Pending if payment.sent_at.is_none() => {
                let unwatched = payment.clone().unsent();
                if unwatched == payment { Ok(payment) } else { self.note(call, unwatched).await }
            }
            State::Pending if !payment.method.charges_at_once() && payment.key_is_known(now) => {
                let order = self.reload(payment.order_id).await?;
                let waits = order.expires_at().is_some_and(|due| now < due);
                let Some(start) = payment.start().filter(|_| waits) else { return Ok(payment) };
                match self.begin_at_provider(call, &start).await? {
                    Ok(seen) => self.apply_provider_status(call, payment, seen).await,
                    Err(refused) => self.settle(call, payment, None, &Outcome::Failed(refused)).await,
                }
            }
            State::Failed { closed: false, .. } if payment.sending_is_over(now) => {
                match payment.clone().closed() {
                    Some(closed) => self.note(call, closed).await,
                    None => Ok(payment),
                }
            }
            State::Pending | State::Failed { .. } | State::Captured { .. } => Ok(payment),
        }
    }

    /// Undoes a payment that the provider has beside the one that the order is paid by: money is refunded, a hold is released. Repeating it is
    /// harmless.
    pub(crate) async fn undo_second_payment(
        &self,
        call: &InvocationContext,
        id: PaymentId,
        second: &ProviderPayment,
    ) -> Result<(), Problem> {
        self.call_operator(id, "a payment has a second one at the provider", &second.reference);
        let done = match &second.status {
            ProviderStatus::Succeeded { captured } => {
                let rest = captured.amount() - second.refunded.amount();
                let Some(amount) = Money::new(rest, captured.currency()).filter(|_| rest > 0) else {
                    return Ok(());
                };
                let refund_id = RefundId::derived(&format!("refund/second/{}", second.reference));
                let refund = Refund { refund_id, payment: second.reference.clone(), amount, receipt: None };
                self.provider.refund(call, &refund).await.map(|_| ())
            }
            ProviderStatus::WaitingForCapture { .. } | ProviderStatus::Pending { .. } => {
                self.provider.cancel(call, id, &second.reference).await.map(|_| ())
            }
            ProviderStatus::Canceled(_) => Ok(()),
        };
        match done {
            // It can't be undone now, and another call would not change that; the operator is alerted.
            Err(ProviderError::Refused { code, .. }) => {
                tracing::error!(payment_id = %id, reference = %second.reference, code, "a second payment can't be undone");
                Ok(())
            }
            done => done.map_err(Problem::from),
        }
    }

    /// Begins a payment at the provider, or reads its state when it was begun before; `Err` inside is the provider's refusal.
    pub(crate) async fn begin_at_provider(
        &self,
        call: &InvocationContext,
        start: &Start,
    ) -> Result<Result<ProviderPayment, Failure>, ProviderError> {
        match self.provider.start(call, start).await {
            Ok(seen) => Ok(Ok(seen)),
            Err(ProviderError::Refused { code, message }) => {
                tracing::warn!(payment_id = %start.payment_id, message, "the provider refused a payment");
                Ok(Err(Failure::coded(&code)))
            }
            Err(error) => Err(error),
        }
    }

    /// Settles authorized money: it is captured for a payment that waits for just that amount, and voided for one that was given up. That way an
    /// order that has ended costs its customer nothing, not even for a moment.
    async fn capture_or_void(
        &self,
        call: &InvocationContext,
        payment: &Payment,
        reference: &PaymentReference,
        authorised: Money,
    ) -> Result<ProviderPayment, Problem> {
        let take = payment.state == State::Pending && authorised == payment.amount;
        let answer = if take {
            self.provider.capture(call, payment.id, reference, payment.amount).await
        } else {
            self.provider.cancel(call, payment.id, reference).await
        };
        match answer {
            Err(ProviderError::Refused { code, message }) => {
                self.call_operator(payment.id, "the provider neither takes nor lets go of a hold", &message);
                let seen = self.provider.find_payment(call, reference).await.map_err(Problem::from)?;
                let refused = || ProviderError::Refused { code, message }.into();
                seen.filter(|seen| seen.status.is_final()).ok_or_else(refused)
            }
            answer => answer.map_err(Problem::from),
        }
    }
}

/// The reason for which there will be no money, as the provider states it.
fn failure(cancellation: Cancellation) -> Failure {
    Failure { code: cancellation.reason, message: None }
}
