//! `DELETE /api/v1/users/me/logins/{kind}`.

use std::sync::Arc;

use kernel::Problem;
use platform::auth::Verifier;
use platform::http::{Handler, Request, Response, handler};
use platform::{Init, InitError};
use serde::Deserialize;

use super::user_answer::UserAnswer;
use crate::own_logins::OwnLogins;
use crate::password::PasswordAttempt;
use crate::reauthentication::Reauthentication;
use crate::store::Store;

struct App {
    logins: OwnLogins,
    reauthentication: Reauthentication,
    verifier: Verifier,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct Body {
    /// Needed where the login is not fresh.
    password: Option<PasswordAttempt>,
}

/// Needs `IDENTITY_TABLE`, `JOURNAL_TABLE`, `NOTIFIER_QUEUE_URL`, `TOKEN_PUBLIC_KEYS` and `TOKEN_ISSUER`.
pub async fn init(init: Init) -> Result<Handler, InitError> {
    let reauthentication = Reauthentication::from_init(&init, Store::connect(&init).await?)?;
    let verifier = Verifier::from_init(&init)?;
    Ok(handler(App { logins: OwnLogins::connect(&init).await?, reauthentication, verifier }, handle))
}

async fn handle(app: Arc<App>, request: Request) -> Result<Response, Problem> {
    let caller = app.verifier.authenticate(&request)?;
    caller.require_customer()?;
    let kind = request.path_parameter("kind");
    if !["email", "phone"].contains(&kind) {
        return Err(Request::bad_path_parameter("kind", "must be email or phone"));
    }
    let body: Body = request.json_or_default()?;
    let call = request.call(caller.customer());
    app.reauthentication.require(&call, &caller, body.password.as_ref(), request.source_ip()).await?;
    let profile = Box::pin(app.logins.remove(&call, caller.user, kind)).await?;
    Response::ok(&UserAnswer::new(caller.user, &profile))
}
