//! How many of a product the caller means to buy; what was said before is replaced.

use std::sync::Arc;

use kernel::{Problem, Quantity};
use platform::auth::Verifier;
use platform::http::{Handler, Reply, Request, handler};
use platform::{Init, InitError};
use serde::Deserialize;

use super::sku;
use crate::change::Editor;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    quantity: Quantity,
}

struct App {
    editor: Editor,
    verifier: Verifier,
}

/// Serves `PUT /api/v1/cart/items/{sku}`.
pub async fn init(init: Init) -> Result<Handler, InitError> {
    let app = App { editor: Editor::connect(&init).await?, verifier: Verifier::from_init(&init)? };
    Ok(handler(app, handle))
}

async fn handle(app: Arc<App>, request: Request) -> Result<Reply, Problem> {
    let caller = app.verifier.authenticate(&request)?;
    let sku = sku(&request)?;
    let body: Body = request.json()?;
    let call = request.call(caller.customer());
    Reply::ok(&app.editor.put_item(&call, caller.user, &sku, body.quantity).await?)
}
