//! `POST /cart/clear`: takes everything out of a customer's cart.

use std::sync::Arc;

use cart::change::Editor;
use kernel::Problem;
use platform::http::{Handler, Precondition, Request, Response};
use platform::{Init, InitError};
use serde::Deserialize;

use super::{done, rpc};
use crate::number::User;
use crate::routes::auth::LomsAuth;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    user: User,
}

struct App {
    editor: Editor,
    auth: LomsAuth,
}

/// Makes the handler.
pub async fn init(init: Init) -> Result<Handler, InitError> {
    let app = App { editor: Editor::connect(&init).await?, auth: LomsAuth::connect(&init).await? };
    Ok(rpc(app, handle))
}

async fn handle(app: Arc<App>, request: Request) -> Result<Response, Problem> {
    let caller = app.auth.authorize(&request).await?;
    let body: Body = request.json()?;
    let owner = body.user.id().into();
    app.editor.clear(&request.call(caller.operator()), &owner, &Precondition::Any).await?;
    done()
}
