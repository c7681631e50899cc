//! `POST /api/v1/auth/password/change`.

use std::sync::Arc;

use kernel::Problem;
use platform::auth::Verifier;
use platform::http::{Handler, Request, Response, handler};
use platform::{Init, InitError};
use serde::Deserialize;

use crate::change_password::ChangePassword;
use crate::password::{Password, PasswordAttempt};

struct App {
    passwords: ChangePassword,
    verifier: Verifier,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Body {
    current_password: PasswordAttempt,
    new_password: Password,
}

/// Needs `IDENTITY_TABLE`, `JOURNAL_TABLE`, `NOTIFIER_QUEUE_URL`, `TOKEN_PUBLIC_KEYS` and `TOKEN_ISSUER`.
pub async fn init(init: Init) -> Result<Handler, InitError> {
    let verifier = Verifier::from_init(&init)?;
    Ok(handler(App { passwords: ChangePassword::connect(&init).await?, verifier }, handle))
}

async fn handle(app: Arc<App>, request: Request) -> Result<Response, Problem> {
    let caller = app.verifier.authenticate(&request)?;
    caller.require_customer()?;
    let body: Body = request.json()?;
    let (call, source) = (request.call(caller.customer()), request.source_ip());
    let change = app.passwords.change(&call, &caller, &body.current_password, &body.new_password, source);
    Box::pin(change).await?;
    Ok(Response::no_content())
}
