//! `POST /api/v1/orders/{id}/pay`: begins the payment of an order that waits for one.

use std::sync::Arc;

use kernel::Problem;
use orders::routes::access::Caller;
use payments::providers::ProviderKind;
use platform::auth::{Scope, Verifier};
use platform::http::{Handler, Precondition, Request, Response, handler};
use platform::idempotency::IdempotentRequest;
use platform::{Init, InitError};
use serde::Deserialize;

use super::method_body::MethodBody;
use super::started_payment::reply;
use crate::pay::{PayOrder, PayOrderCommand};

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Body {
    method: Option<String>,
    card_token: Option<String>,
    phone: Option<String>,
}

struct App {
    paying: PayOrder,
    provider: ProviderKind,
    verifier: Verifier,
}

/// Makes the handler.
pub async fn init(init: Init) -> Result<Handler, InitError> {
    let app = App {
        paying: PayOrder::connect(&init).await?,
        provider: ProviderKind::from_init(&init)?,
        verifier: Verifier::from_init(&init)?,
    };
    Ok(handler(app, handle))
}

async fn handle(app: Arc<App>, request: Request) -> Result<Response, Problem> {
    let caller = Caller::of(&app.verifier, &request)?;
    let instrument = request.json_or_default_as(|body: Body| {
        let Body { method, card_token, phone } = body;
        MethodBody { method, card_token, phone }.parse(app.provider)
    })?;
    let order = caller.order_to_change(app.paying.orders(), &request, Scope::PaymentsWrite).await?;
    let (call, user) = (request.call(caller.acting_on(&order)), caller.user(&order));
    let (expected, host) = (Precondition::of(&request), request.domain().to_owned());
    let command = PayOrderCommand { caller: user, order, expected, instrument, host };
    reply(&request, app.paying.run(&call, &IdempotentRequest::of(&request)?, command).await)
}
