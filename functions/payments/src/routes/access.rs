//! Finding the payment that a request names.

use kernel::{PaymentId, Problem};
use platform::auth::{Principal, Scope};
use platform::http::Request;

use crate::payment::Payment;
use crate::refusal::PaymentRefusal;
use crate::store::Payments;

/// The payment that the request's path names, if `caller` is its payer or may see all: 404 otherwise.
pub async fn find(payments: &Payments, request: &Request, caller: &Principal) -> Result<Payment, Problem> {
    let payment = payments.find(payment_id(request)?).await?.ok_or(PaymentRefusal::UnknownPayment)?;
    let may_see = payment.user_id == caller.user || caller.scopes.contains(Scope::PaymentsWrite);
    may_see.then_some(payment).ok_or_else(|| PaymentRefusal::UnknownPayment.into())
}

/// The payment that the request's path names.
pub fn payment_id(request: &Request) -> Result<PaymentId, PaymentRefusal> {
    request.path_parameter("id").parse().map_err(|_| PaymentRefusal::UnknownPayment)
}
