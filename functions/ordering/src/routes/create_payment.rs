//! `POST /api/v1/payments`: begins the payment of an order for its customer, by an operator or another system.

use std::sync::Arc;

use kernel::{Currency, OrderId, Problem};
use orders::refusal::AccessRefusal;
use payments::providers::ProviderKind;
use platform::auth::{Scope, Verifier};
use platform::http::{Handler, Precondition, Request, Response, handler};
use platform::idempotency::IdempotentRequest;
use platform::{Init, InitError};
use serde::Deserialize;

use super::method_body::{MethodBody, check_amount};
use super::started_payment::reply;
use crate::pay::{PayOrder, PayOrderCommand};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Body {
    #[serde(deserialize_with = "OrderId::deserialize_reference")]
    order_id: OrderId,
    amount: i64,
    currency: Currency,
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
    let caller = app.verifier.authenticate(&request)?;
    caller.require(Scope::PaymentsWrite)?;
    let (order_id, amount, currency, instrument) = request.json_as(|body: Body| {
        let Body { order_id, amount, currency, method, card_token, phone } = body;
        let instrument = MethodBody { method, card_token, phone }.parse(app.provider)?;
        Ok((order_id, amount, currency, instrument))
    })?;
    let orders = app.paying.orders();
    let (there, order) =
        futures_util::future::join(orders.require_account(caller.user), orders.find(order_id)).await;
    there?;
    let order = order?.ok_or(AccessRefusal::UnknownOrder)?;
    if currency != order.total.currency() {
        return Err(Problem::invalid(
            "/currency",
            format!("must be the order's, {}", order.total.currency().code()),
        ));
    }
    check_amount(amount, &order)?;
    let call = request.call(caller.acting_on(order.user_id));
    let (expected, host) = (Precondition::of(&request), request.domain().to_owned());
    let command = PayOrderCommand { caller: caller.user, order, expected, instrument, host };
    reply(&request, app.paying.run(&call, &IdempotentRequest::of(&request)?, command).await)
}
