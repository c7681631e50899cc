//! `POST /api/v1/users/me/logins/confirm`.

use std::sync::Arc;

use kernel::Problem;
use platform::auth::Verifier;
use platform::http::{Handler, Request, Response, handler};
use platform::{Init, InitError};
use serde::Deserialize;

use super::one_login;
use super::user_answer::UserAnswer;
use crate::code::Code;
use crate::contact::{Email, Phone};
use crate::own_logins::OwnLogins;

struct App {
    logins: OwnLogins,
    verifier: Verifier,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Body {
    #[serde(default)]
    email: Option<Email>,
    #[serde(default)]
    phone: Option<Phone>,
    code: Code,
}

/// Needs `IDENTITY_TABLE`, `JOURNAL_TABLE`, `NOTIFIER_QUEUE_URL`, `TOKEN_PUBLIC_KEYS` and `TOKEN_ISSUER`.
pub async fn init(init: Init) -> Result<Handler, InitError> {
    let verifier = Verifier::from_init(&init)?;
    Ok(handler(App { logins: OwnLogins::connect(&init).await?, verifier }, handle))
}

async fn handle(app: Arc<App>, request: Request) -> Result<Response, Problem> {
    let caller = app.verifier.authenticate(&request)?;
    caller.require_customer()?;
    let (login, code) = request.json_as(|body: Body| Ok((one_login(body.email, body.phone)?, body.code)))?;
    let (call, source) = (request.call(caller.customer()), request.source_ip());
    let profile = Box::pin(app.logins.confirm(&call, &caller, &login, &code, source)).await?;
    Response::ok(&UserAnswer::new(caller.user, &profile))
}
