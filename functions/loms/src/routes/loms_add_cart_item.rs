//! `POST /cart/item/add`: puts more of a product into a customer's cart.

use std::sync::Arc;

use cart::change::Editor;
use cart::refusal::{CartError, CartRefusal};
use kernel::{Problem, Quantity};
use platform::http::{Handler, Request, Response};
use platform::{Init, InitError};
use serde::Deserialize;

use super::{done, rpc};
use crate::number::{SkuNumber, User};
use crate::refusal::LomsRefusal;
use crate::routes::auth::LomsAuth;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    user: User,
    sku: SkuNumber,
    count: Quantity,
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
    let (call, owner) = (request.call(caller.operator()), body.user.id().into());
    match app.editor.add_item(&call, &owner, &body.sku.sku()?, body.count).await {
        Ok(_) => done(),
        Err(CartError::Refused(CartRefusal::InsufficientStock(shortage))) => {
            Err(LomsRefusal::InsufficientStock(shortage).into())
        }
        Err(error) => Err(error.into()),
    }
}
