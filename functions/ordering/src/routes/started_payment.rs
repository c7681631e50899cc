//! The response of the routes that begin a payment.

use kernel::{PaymentId, Problem};
use orders::PaymentSummary;
use platform::http::{Request, Response, Surface};
use platform::idempotency::Completion;
use serde::Serialize;

use crate::refusal::NotPaid;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct StartedPayment {
    payment_id: PaymentId,
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    payment_url: Option<String>,
}

/// The response to `request`: 201 with the payment, or 409 with the order that takes none.
pub(super) fn reply(
    request: &Request,
    paid: Result<Completion<PaymentSummary>, NotPaid>,
) -> Result<Response, Problem> {
    match paid {
        Ok(started) => started.reply(request, render),
        Err(NotPaid::Unpayable(unpayable)) => {
            Err(unpayable.why.problem(&unpayable.order, Surface::of(request)))
        }
        Err(NotPaid::Key(refusal)) => Err(refusal.into()),
        Err(NotPaid::Failed(problem)) => Err(problem),
    }
}

fn render(payment: PaymentSummary) -> Result<Response, Problem> {
    Response::created(&StartedPayment {
        payment_id: payment.payment_id,
        status: payment.status.name(),
        payment_url: payment.payment_url,
    })
}
