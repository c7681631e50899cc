//! `POST /api/v1/orders/{id}/payments/external`: records that the money for an order was received outside of this system.

use std::sync::Arc;

use kernel::Problem;
use orders::Command;
use orders::refusal::TransitionRefusal::NotAllowed;
use orders::routes::access::load_to_change;
use payments::external::ExternalPayment;
use payments::providers::NoProvider;
use payments::view::PaymentView;
use platform::auth::{Scope, Verifier};
use platform::http::{Handler, Precondition, Request, Response, Surface, handler};
use platform::{Init, InitError};
use serde::Deserialize;

use super::method_body::check_amount;
use crate::external_payment::payment_id;
use crate::refusal::Unpayable;
use crate::settlement::Settlement;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    amount: i64,
    method: String,
    reference: Option<String>,
}

struct App {
    settlement: Settlement<NoProvider>,
    verifier: Verifier,
}

/// Makes the handler.
pub async fn init(init: Init) -> Result<Handler, InitError> {
    let app =
        App { settlement: Settlement::without_provider(&init).await?, verifier: Verifier::from_init(&init)? };
    Ok(handler(app, handle))
}

async fn handle(app: Arc<App>, request: Request) -> Result<Response, Problem> {
    let caller = app.verifier.authenticate(&request)?;
    caller.require(Scope::PaymentsWrite)?;
    let (amount, external) = request.json_as(|body: Body| {
        Ok((body.amount, ExternalPayment::parse(&body.method, body.reference.as_deref())?))
    })?;
    let s = &app.settlement;
    let order = load_to_change(&s.orders, &request, &caller).await?;
    check_amount(amount, &order)?;
    let call = request.call(caller.operator());
    let (expected, surface) = (Precondition::of(&request), Surface::of(&request));
    let order = match s.settle_outside(&call, &expected, order, Some(&external)).await? {
        Ok(order) => order,
        Err(Unpayable { order, why }) => return Err(why.problem(&order, surface)),
    };
    // An order that was paid before is answered as paid by this payment only where it was.
    let recorded = s.payments.find(payment_id(&order)).await?;
    match recorded.filter(|payment| payment.external.as_ref() == Some(&external)) {
        Some(payment) => Response::created(&PaymentView::of(&payment)),
        None => Err(NotAllowed(Command::Pay).problem(&order, surface)),
    }
}
