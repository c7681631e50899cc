//! Takes everything out of the caller's or the cart token's cart.

use std::sync::Arc;

use kernel::Problem;
use platform::auth::Verifier;
use platform::http::{Handler, Precondition, Request, Response, handler};
use platform::{Init, InitError};

use super::caller::{call, owner};
use super::reply;
use crate::change::Editor;

struct App {
    editor: Editor,
    verifier: Verifier,
}

/// Serves `DELETE /api/v1/cart`.
pub async fn init(init: Init) -> Result<Handler, InitError> {
    let app = App { editor: Editor::with_prices(&init).await?, verifier: Verifier::from_init(&init)? };
    Ok(handler(app, handle))
}

async fn handle(app: Arc<App>, request: Request) -> Result<Response, Problem> {
    let owner = owner(&app.verifier, &request)?;
    let expected = Precondition::of(&request);
    reply(&app.editor.clear(&call(&request, &owner), &owner, &expected).await?)
}
