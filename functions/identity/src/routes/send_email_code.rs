//! `POST /api/v1/auth/verify/email/send`.

use std::sync::Arc;

use kernel::{Actor, Problem};
use platform::http::{Handler, Request, Response, handler};
use platform::{Init, InitError};
use serde::Deserialize;

use super::accepted;
use crate::contact::{Email, Login};
use crate::verify::SendCode;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Body {
    email: Email,
}

/// Needs `IDENTITY_TABLE` and `SECRETS_QUEUE_URL`.
pub async fn init(init: Init) -> Result<Handler, InitError> {
    Ok(handler(SendCode::connect(&init).await?, handle))
}

async fn handle(app: Arc<SendCode>, request: Request) -> Result<Response, Problem> {
    let body: Body = request.json()?;
    let call = request.call(Actor::system("send-email-code"));
    app.send(&call, &Login::Email(body.email), request.source_ip()).await?;
    accepted()
}
