//! What the provider says about a payment.

use kernel::{Money, PaymentId, Problem};
use platform::Call;

use super::{Settlement, unknown_payment};
use crate::callback::CallbackBody;
use crate::payment::{Failure, Outcome, Payment, State};
use crate::provider::{
    Cancellation, PaymentProvider as _, PaymentReference, ProviderError, ProviderPayment, ProviderStatus,
    Start,
};
use crate::providers::Provider;

impl Settlement {
    /// Applies what the provider says about a payment, and answers the payment as it is then. What is not decided changes nothing.
    pub async fn observe(
        &self,
        call: &Call,
        id: PaymentId,
        seen: ProviderPayment,
    ) -> Result<Payment, Problem> {
        let payment = self.payments.find(id).await?.ok_or_else(unknown_payment)?;
        let seen = match seen.status {
            ProviderStatus::WaitingForCapture { authorised, .. } => {
                self.take_or_let_go(call, &payment, &seen.reference, authorised).await?
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
                let wrong =
                    format!("payment {id} is over {} and the provider took {captured}", payment.amount);
                return Err(Problem::internal(wrong));
            }
            ProviderStatus::Succeeded { captured } => Outcome::Succeeded(captured),
            ProviderStatus::Canceled(cancellation) => Outcome::Failed(failure(cancellation)),
        };
        self.settle(call, id, Some(&seen.reference), &outcome).await
    }

    /// Applies what a signed callback says about a payment. The sandbox has no voice but its callbacks, so that its books follow them, the first
    /// decision standing; of any other provider the payment is read back.
    pub async fn hear(&self, call: &Call, id: PaymentId, said: CallbackBody) -> Result<Payment, Problem> {
        let payment = self.payments.find(id).await?.ok_or_else(unknown_payment)?;
        let Provider::Sandbox(sandbox) = &self.provider else { return self.look_at(call, payment).await };
        let payment = match payment.reference {
            Some(_) => payment,
            // Its beginning was never answered: the books may not have it.
            None => self.look_at(call, payment).await?,
        };
        let seen = sandbox.told(call, id, said.decision()).await?;
        match (&seen.status, said.failure()) {
            // The callback's own words say more than the books.
            (ProviderStatus::Canceled(_), Some(failure)) => {
                self.settle(call, payment.id, Some(&seen.reference), &Outcome::Failed(failure)).await
            }
            _ => self.observe(call, payment.id, seen).await,
        }
    }

    /// Reads a payment back from the provider, or asks for it once more when the provider never named it, and applies what that says.
    pub(super) async fn look_at(&self, call: &Call, payment: Payment) -> Result<Payment, Problem> {
        let id = payment.id;
        let seen = match (&payment.reference, payment.start()) {
            (Some(reference), _) => {
                let found = self.provider.find_payment(call, reference).await.map_err(Problem::from)?;
                found.ok_or_else(|| Problem::internal(format!("the provider has no payment {reference}")))?
            }
            (None, Some(start)) => match self.begin_at_provider(call, &start).await? {
                Ok(seen) => seen,
                Err(refused) => return self.settle(call, id, None, &Outcome::Failed(refused)).await,
            },
            (None, None) => return Ok(payment),
        };
        let pending = matches!(seen.status, ProviderStatus::Pending { .. });
        let reference = seen.reference.clone();
        let payment = self.observe(call, id, seen).await?;
        if pending && matches!(payment.state, State::Failed { closed: false, .. }) {
            self.close(call, id, &reference).await?;
            return self.payments.find(id).await?.ok_or_else(unknown_payment);
        }
        Ok(payment)
    }

    /// Begins a payment at the provider, or asks what became of it when it was begun before; `Err` inside is the provider's refusal.
    pub(crate) async fn begin_at_provider(
        &self,
        call: &Call,
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

    /// Money is set aside: it is taken for a payment that waits for just as much, and let go of for one that was given up. That way an order that
    /// is gone costs its customer nothing, not even for a moment.
    async fn take_or_let_go(
        &self,
        call: &Call,
        payment: &Payment,
        reference: &PaymentReference,
        authorised: Money,
    ) -> Result<ProviderPayment, Problem> {
        let answer = if payment.state == State::Pending && authorised == payment.amount {
            self.provider.capture(call, payment.id, reference, payment.amount).await
        } else {
            self.provider.cancel(call, payment.id, reference).await
        };
        answer.map_err(Problem::from)
    }
}

/// Why there will be no money, as the provider says it.
fn failure(cancellation: Cancellation) -> Failure {
    Failure { code: cancellation.reason, message: None }
}
