//! `POST /api/v1/payments/{id}/cancel`: cancels a pending attempt to pay, so that the order can be paid in another way at once.

use std::sync::Arc;

use kernel::Problem;
use payments::payment::State;
use payments::refusal::PaymentRefusal;
use payments::routes::access::find;
use payments::view::PaymentView;
use platform::auth::{Scope, Verifier};
use platform::http::{Handler, Request, Response, handler};
use platform::{Init, InitError};

use crate::settlement::Settlement;

struct App {
    settlement: Settlement,
    verifier: Verifier,
}

/// Makes the handler.
pub async fn init(init: Init) -> Result<Handler, InitError> {
    let app = App { settlement: Settlement::connect(&init).await?, verifier: Verifier::from_init(&init)? };
    Ok(handler(app, handle))
}

async fn handle(app: Arc<App>, request: Request) -> Result<Response, Problem> {
    let caller = app.verifier.authenticate(&request)?;
    request.no_body()?;
    let s = &app.settlement;
    let account = s.orders.require_account(caller.user);
    let (there, payment) = futures_util::future::join(account, find(&s.payments, &request, &caller)).await;
    there?;
    let payment = payment?;
    let operator = payment.user_id != caller.user || caller.scopes.contains(Scope::PaymentsWrite);
    let call = request.call(if operator { caller.operator() } else { caller.customer() });
    let payment = s.give_up_attempt(&call, payment).await?;
    if matches!(payment.state, State::Captured { .. }) {
        return Err(PaymentRefusal::AlreadyCaptured(Box::new(payment)).into());
    }
    Response::ok(&PaymentView::of(&payment))
}
