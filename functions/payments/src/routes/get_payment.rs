//! `GET /api/v1/payments/{id}`: one payment, to its payer or an operator.

use std::sync::Arc;

use kernel::Problem;
use platform::auth::Verifier;
use platform::http::{Handler, Request, Response, handler};
use platform::{Init, InitError};

use crate::routes::access::find;
use crate::store::Payments;
use crate::view::PaymentView;

struct App {
    payments: Payments,
    verifier: Verifier,
}

/// Makes the handler.
pub async fn init(init: Init) -> Result<Handler, InitError> {
    let app = App { payments: Payments::connect(&init).await?, verifier: Verifier::from_init(&init)? };
    Ok(handler(app, handle))
}

async fn handle(app: Arc<App>, request: Request) -> Result<Response, Problem> {
    let caller = app.verifier.authenticate(&request)?;
    Response::ok(&PaymentView::of(&find(&app.payments, &request, &caller).await?))
}
