//! `POST /api/v1/auth/password/reset/confirm`.

use std::sync::Arc;

use kernel::{Actor, Problem};
use platform::http::{Handler, Request, Response, handler};
use platform::{Init, InitError};
use serde::Deserialize;

use crate::password::Password;
use crate::reset::ConfirmReset;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Body {
    reset_token: String,
    new_password: Password,
}

/// Needs `IDENTITY_TABLE`, `JOURNAL_TABLE` and `NOTIFIER_QUEUE_URL`.
pub async fn init(init: Init) -> Result<Handler, InitError> {
    Ok(handler(ConfirmReset::connect(&init).await?, handle))
}

async fn handle(app: Arc<ConfirmReset>, request: Request) -> Result<Response, Problem> {
    let body: Body = request.json()?;
    let call = request.call(Actor::system("confirm-password-reset"));
    app.confirm(&call, &body.reset_token, &body.new_password, request.source_ip()).await?;
    Ok(Response::no_content())
}
