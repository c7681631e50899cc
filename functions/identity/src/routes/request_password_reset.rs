//! `POST /api/v1/auth/password/reset/request`.

use std::sync::Arc;

use kernel::{Actor, Problem};
use platform::http::{Handler, Request, Response, handler};
use platform::{Init, InitError};
use serde::Deserialize;

use super::{accepted, one_login};
use crate::contact::{Email, Phone};
use crate::reset::RequestReset;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Body {
    #[serde(default)]
    email: Option<Email>,
    #[serde(default)]
    phone: Option<Phone>,
}

/// Needs `IDENTITY_TABLE` and `SECRETS_QUEUE_URL`.
pub async fn init(init: Init) -> Result<Handler, InitError> {
    Ok(handler(RequestReset::connect(&init).await?, handle))
}

async fn handle(app: Arc<RequestReset>, request: Request) -> Result<Response, Problem> {
    let login = request.json_as(|body: Body| one_login(body.email, body.phone))?;
    let call = request.call(Actor::system("request-password-reset"));
    app.send(&call, &login, request.source_ip()).await?;
    accepted()
}
