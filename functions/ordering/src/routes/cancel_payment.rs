//! `POST /api/v1/payments/{id}/cancel`: cancels a pending attempt to pay, so that the order can be paid in another way at once.

use std::sync::Arc;

use kernel::{Actor, Problem};
use orders::order_token::OrderToken;
use orders::routes::access::{Caller, opened};
use payments::payment::{Payment, State};
use payments::refusal::PaymentRefusal;
use payments::routes::access::{find, payment_id};
use payments::view::PaymentView;
use platform::auth::{Principal, Scope, Verifier};
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
    let caller = Caller::of(&app.verifier, &request)?;
    request.no_body()?;
    let (payment, actor) = match caller {
        Caller::Account(caller) => app.of_account(&request, &caller).await?,
        Caller::Guest(token) => app.of_guest(&request, token.as_ref()).await?,
    };
    let call = request.call(actor);
    let payment = Box::pin(app.settlement.give_up_attempt(&call, payment)).await?;
    if matches!(payment.state, State::Captured { .. }) {
        return Err(PaymentRefusal::AlreadyCaptured(Box::new(payment)).into());
    }
    Response::ok(&PaymentView::of(&payment))
}

impl App {
    /// The payment, for its payer or an operator.
    async fn of_account(&self, request: &Request, caller: &Principal) -> Result<(Payment, Actor), Problem> {
        let s = &self.settlement;
        let account = s.orders.require_account(caller.user);
        let (there, payment) = futures_util::future::join(account, find(&s.payments, request, caller)).await;
        there?;
        let payment = payment?;
        let operator = payment.user_id != caller.user || caller.scopes.contains(Scope::PaymentsWrite);
        Ok((payment, if operator { caller.operator() } else { caller.customer() }))
    }

    /// The payment, for a guest whose token opens its order.
    async fn of_guest(
        &self,
        request: &Request,
        token: Option<&OrderToken>,
    ) -> Result<(Payment, Actor), Problem> {
        let s = &self.settlement;
        let payment = s.payments.find(payment_id(request)?).await?.ok_or(PaymentRefusal::UnknownPayment)?;
        let order = s.orders.find(payment.order_id).await?.ok_or(PaymentRefusal::UnknownPayment)?;
        opened(token, order).map_err(|_| PaymentRefusal::UnknownPayment)?;
        let actor = Actor::Customer { id: payment.user_id };
        Ok((payment, actor))
    }
}
