//! Takes a product out of the caller's cart, if it is there.

use std::sync::Arc;

use kernel::Problem;
use platform::auth::Verifier;
use platform::http::{Handler, Reply, Request, handler};
use platform::{Init, InitError};

use super::sku;
use crate::change::Editor;

struct App {
    editor: Editor,
    verifier: Verifier,
}

/// Serves `DELETE /api/v1/cart/items/{sku}`.
pub async fn init(init: Init) -> Result<Handler, InitError> {
    let app = App { editor: Editor::connect(&init).await?, verifier: Verifier::from_init(&init)? };
    Ok(handler(app, handle))
}

async fn handle(app: Arc<App>, request: Request) -> Result<Reply, Problem> {
    let caller = app.verifier.authenticate(&request)?;
    let sku = sku(&request)?;
    let call = request.call(caller.customer());
    Reply::ok(&app.editor.remove_item(&call, caller.user, &sku).await?)
}
