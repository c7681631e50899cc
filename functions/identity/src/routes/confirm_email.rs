//! `POST /api/v1/auth/verify/email/confirm`.

use std::sync::Arc;

use kernel::{Actor, Problem};
use platform::http::{Handler, Request, Response, handler};
use platform::{Init, InitError};
use serde::Deserialize;

use crate::code::Code;
use crate::contact::{Email, Login};
use crate::verify::ConfirmCode;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Body {
    email: Email,
    code: Code,
}

/// Needs `IDENTITY_TABLE`, `JOURNAL_TABLE` and `NOTIFIER_QUEUE_URL`.
pub async fn init(init: Init) -> Result<Handler, InitError> {
    Ok(handler(ConfirmCode::connect(&init).await?, handle))
}

async fn handle(app: Arc<ConfirmCode>, request: Request) -> Result<Response, Problem> {
    let body: Body = request.json()?;
    let call = request.call(Actor::system("confirm-email"));
    app.confirm(&call, &Login::Email(body.email), &body.code, request.source_ip()).await?;
    Ok(Response::no_content())
}
