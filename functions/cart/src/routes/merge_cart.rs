//! Puts what somebody chose before they logged in into their own cart.
//!
//! Takes no `Idempotency-Key`: the anonymous cart is emptied in the transaction that adds its lines, so a repeat adds nothing.

use std::sync::Arc;

use kernel::Problem;
use platform::auth::Verifier;
use platform::http::{Handler, Precondition, Request, Response, handler};
use platform::{Init, InitError};
use serde::Deserialize;

use super::reply;
use crate::change::Editor;
use crate::owner::CartToken;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Body {
    cart_token: CartToken,
}

struct App {
    editor: Editor,
    verifier: Verifier,
}

/// Serves `POST /api/v1/cart/merge`.
pub async fn init(init: Init) -> Result<Handler, InitError> {
    let app = App { editor: Editor::with_prices(&init).await?, verifier: Verifier::from_init(&init)? };
    Ok(handler(app, handle))
}

async fn handle(app: Arc<App>, request: Request) -> Result<Response, Problem> {
    let caller = app.verifier.authenticate(&request)?;
    caller.require_customer()?;
    let body: Body = request.json()?;
    let call = request.call(caller.customer());
    let expected = Precondition::of(&request);
    reply(&app.editor.merge(&call, caller.user, &body.cart_token, &expected).await?)
}
