//! Enters a promotion code in the caller's or the cart token's cart. A code that does not apply is refused.
//!
//! Takes no `Idempotency-Key`: a cart that has the code stays as it is.

use std::sync::Arc;

use kernel::Problem;
use platform::auth::Verifier;
use platform::http::{Handler, Precondition, Request, Response, handler};
use platform::{Init, InitError};

use super::caller::{call, owner};
use super::{code, reply};
use crate::change::Editor;

struct App {
    editor: Editor,
    verifier: Verifier,
}

/// Serves `PUT /api/v1/cart/promotions/{code}`.
pub async fn init(init: Init) -> Result<Handler, InitError> {
    let app = App { editor: Editor::with_prices(&init).await?, verifier: Verifier::from_init(&init)? };
    Ok(handler(app, handle))
}

async fn handle(app: Arc<App>, request: Request) -> Result<Response, Problem> {
    let owner = owner(&app.verifier, &request)?;
    let code = code(&request)?;
    request.no_body()?;
    let expected = Precondition::of(&request);
    reply(&app.editor.enter_code(&call(&request, &owner), &owner, &code, &expected).await?)
}
