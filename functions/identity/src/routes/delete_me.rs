//! `DELETE /api/v1/users/me`.

use std::sync::Arc;

use kernel::Problem;
use platform::auth::Verifier;
use platform::http::{Handler, Request, Response, handler};
use platform::{Init, InitError};
use serde::Deserialize;

use crate::account::Accounts;
use crate::account_notices::AccountNotices;
use crate::password::PasswordAttempt;
use crate::reauthentication::Reauthentication;
use crate::store::Store;

struct App {
    accounts: Accounts,
    notices: AccountNotices,
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
    let verifier = Verifier::from_init(&init)?;
    let store = Store::connect(&init).await?;
    let (accounts, notices) =
        (Accounts::connect(&init).await?, AccountNotices::from_init(&init, store.clone())?);
    let reauthentication = Reauthentication::from_init(&init, store)?;
    Ok(handler(App { accounts, notices, reauthentication, verifier }, handle))
}

async fn handle(app: Arc<App>, request: Request) -> Result<Response, Problem> {
    let caller = app.verifier.authenticate(&request)?;
    caller.require_customer()?;
    let body: Body = request.json_or_default()?;
    let call = request.call(caller.customer());
    app.reauthentication.require(&call, &caller, body.password.as_ref(), request.source_ip()).await?;
    Box::pin(app.accounts.delete(&call, caller.user, &app.notices)).await?;
    Ok(Response::no_content())
}
