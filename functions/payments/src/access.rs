//! Finding the payment that a request names.

use kernel::{PaymentId, Problem};
use platform::auth::{Principal, Scope};
use platform::http::Request;

use crate::payment::Payment;
use crate::store::Payments;

/// The payment that the request's path names, if `caller` is its payer or may see all: 404 otherwise.
pub async fn find(payments: &Payments, request: &Request, caller: &Principal) -> Result<Payment, Problem> {
    let payment = payments.find(payment_id(request)?).await?.ok_or_else(unknown_payment)?;
    let may_see = payment.user_id == caller.user || caller.scopes.contains(Scope::PaymentsWrite);
    may_see.then_some(payment).ok_or_else(unknown_payment)
}

/// The payment that the request's path names.
pub fn payment_id(request: &Request) -> Result<PaymentId, Problem> {
    request.path_parameter("id").parse().map_err(|_| unknown_payment())
}

/// The problem of a request that names no payment, or one that its caller may not see.
pub fn unknown_payment() -> Problem {
    Problem::not_found("There is no such payment.")
}
