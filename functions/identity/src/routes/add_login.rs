//! `POST /api/v1/users/me/logins`.

use std::sync::Arc;

use kernel::Problem;
use platform::auth::Verifier;
use platform::http::{Handler, Request, Response, handler};
use platform::{Init, InitError};
use serde::Deserialize;

use super::{accepted, one_login};
use crate::contact::{Email, Phone};
use crate::own_logins::AddLogin;
use crate::password::PasswordAttempt;
use crate::reauthentication::Reauthentication;
use crate::store::Store;

struct App {
    add: AddLogin,
    reauthentication: Reauthentication,
    verifier: Verifier,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Body {
    #[serde(default)]
    email: Option<Email>,
    #[serde(default)]
    phone: Option<Phone>,
    /// Needed where the login is not fresh.
    #[serde(default)]
    password: Option<PasswordAttempt>,
}

/// Needs `IDENTITY_TABLE`, `JOURNAL_TABLE`, `SECRETS_QUEUE_URL`, `TOKEN_PUBLIC_KEYS` and `TOKEN_ISSUER`.
pub async fn init(init: Init) -> Result<Handler, InitError> {
    let reauthentication = Reauthentication::from_init(&init, Store::connect(&init).await?)?;
    let verifier = Verifier::from_init(&init)?;
    Ok(handler(App { add: AddLogin::connect(&init).await?, reauthentication, verifier }, handle))
}

async fn handle(app: Arc<App>, request: Request) -> Result<Response, Problem> {
    let caller = app.verifier.authenticate(&request)?;
    caller.require_customer()?;
    let (login, password) =
        request.json_as(|body: Body| Ok((one_login(body.email, body.phone)?, body.password)))?;
    let (call, source) = (request.call(caller.customer()), request.source_ip());
    app.reauthentication.require(&call, &caller, password.as_ref(), source).await?;
    app.add.send(&call, &caller, &login, source).await?;
    accepted()
}
