//! `POST /api/v1/auth/login/email`.

use std::sync::Arc;

use kernel::{Actor, Problem};
use platform::http::{Handler, Request, Response, handler};
use platform::{Init, InitError};
use serde::Deserialize;

use crate::contact::{Email, Login};
use crate::log_in::LogIn;
use crate::password::PasswordAttempt;
use crate::second_factor::{SecondFactorCode, SecondStep};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Body {
    email: Email,
    password: PasswordAttempt,
    /// Of the second factor, for accounts that have one.
    #[serde(default)]
    code: Option<SecondFactorCode>,
}

/// Needs `IDENTITY_TABLE`, `JOURNAL_TABLE`, `TOKEN_SIGNING_SECRET_ARN`, `SECOND_FACTOR_SECRET_ARN`, `TOKEN_PUBLIC_KEYS` and `TOKEN_ISSUER`.
pub async fn init(init: Init) -> Result<Handler, InitError> {
    Ok(handler(LogIn::connect(&init).await?, handle))
}

async fn handle(app: Arc<LogIn>, request: Request) -> Result<Response, Problem> {
    let body: Body = request.json()?;
    let call = request.call(Actor::system("log-in-by-email"));
    let login = Login::Email(body.email);
    let (source, step) = (request.source_ip(), SecondStep::with(body.code.as_ref()));
    let tokens = Box::pin(app.log_in(&call, &login, &body.password, source, None, step)).await?;
    Response::ok(&tokens)
}
