//! `POST /api/v1/auth/refresh`.

use std::sync::Arc;

use kernel::{Actor, Problem};
use platform::http::{Handler, Request, Response, handler};
use platform::{Init, InitError};
use serde::Deserialize;

use crate::refresh::Refresh;
use crate::refusal::LoginRefusal;
use crate::session::RefreshToken;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Body {
    refresh_token: String,
}

/// Needs `IDENTITY_TABLE`, `JOURNAL_TABLE`, `TOKEN_SIGNING_SECRET_ARN`, `TOKEN_PUBLIC_KEYS` and `TOKEN_ISSUER`.
pub async fn init(init: Init) -> Result<Handler, InitError> {
    Ok(handler(Refresh::connect(&init).await?, handle))
}

async fn handle(refresh: Arc<Refresh>, request: Request) -> Result<Response, Problem> {
    let body: Body = request.json()?;
    let token = RefreshToken::parse(&body.refresh_token).ok_or(LoginRefusal::InvalidRefreshToken)?;
    // The sender of a used token is not known to be the account's owner, so the system is the actor of a revocation.
    let call = request.call(Actor::system("refresh-session"));
    Response::ok(&refresh.refresh(&call, &token, None).await?)
}
