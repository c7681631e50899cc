//! `POST /cart/clear`: takes everything out of a customer's cart.

use std::sync::Arc;

use cart::change::Editor;
use kernel::Problem;
use platform::http::{Handler, Reply, Request};
use platform::{Init, InitError};
use serde::Deserialize;

use super::done;
use crate::gate::Gate;
use crate::number::User;
use crate::refusal::rpc;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    user: User,
}

struct App {
    editor: Editor,
    gate: Gate,
}

/// Makes the handler.
pub async fn init(init: Init) -> Result<Handler, InitError> {
    let app = App { editor: Editor::connect(&init).await?, gate: Gate::from_init(&init)? };
    Ok(rpc(app, handle))
}

async fn handle(app: Arc<App>, request: Request) -> Result<Reply, Problem> {
    let caller = app.gate.admit(&request)?;
    let body: Body = request.json()?;
    app.editor.clear(&request.call(caller.operator()), &body.user.id().into()).await?;
    done()
}
