//! What the provider says about a payment.

use kernel::{Money, PaymentId, Problem};
use orders::PaymentStatus;
use platform::Call;

use super::{Settlement, unknown_payment};
use crate::payment::{Failure, Outcome, Payment};
use crate::provider::{
    Cancellation, PaymentProvider as _, PaymentReference, ProviderPayment, ProviderStatus,
};

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
            ProviderStatus::Pending { .. } | ProviderStatus::WaitingForCapture { .. } => return Ok(payment),
            ProviderStatus::Succeeded { captured } if captured == payment.amount => Outcome::Succeeded,
            ProviderStatus::Succeeded { captured } => {
                let wrong =
                    format!("payment {id} is over {} and the provider took {captured}", payment.amount);
                return Err(Problem::internal(wrong));
            }
            ProviderStatus::Canceled(cancellation) => Outcome::Failed(failure(cancellation)),
        };
        self.settle(call, id, Some(&seen.reference), &outcome).await
    }

    /// Money is set aside: it is taken for a payment that waits for it, and let go of for one that was given up. That way an order that is gone
    /// costs its customer nothing, not even for a moment.
    async fn take_or_let_go(
        &self,
        call: &Call,
        payment: &Payment,
        reference: &PaymentReference,
        authorised: Money,
    ) -> Result<ProviderPayment, Problem> {
        if authorised != payment.amount {
            let wrong = format!("payment {} is over {}, not {authorised}", payment.id, payment.amount);
            return Err(Problem::internal(wrong));
        }
        let answer = if payment.status == PaymentStatus::Pending {
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
