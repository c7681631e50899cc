//! `POST /api/v1/users/me/second-factor/remove`.

use std::sync::Arc;

use kernel::Problem;
use platform::auth::Verifier;
use platform::http::{Handler, Request, Response, handler};
use platform::{Init, InitError};
use serde::Deserialize;

use crate::account_notices::AccountNotices;
use crate::password::PasswordAttempt;
use crate::reauthentication::Reauthentication;
use crate::second_factor::{SecondFactorCode, SecondFactors};
use crate::store::Store;

struct App {
    notices: AccountNotices,
    reauthentication: Reauthentication,
    second_factors: SecondFactors,
    verifier: Verifier,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Body {
    password: PasswordAttempt,
    code: SecondFactorCode,
}

/// Needs `IDENTITY_TABLE`, `JOURNAL_TABLE`, `NOTIFIER_QUEUE_URL`, `SECOND_FACTOR_SECRET_ARN`, `TOKEN_PUBLIC_KEYS` and `TOKEN_ISSUER`.
pub async fn init(init: Init) -> Result<Handler, InitError> {
    let verifier = Verifier::from_init(&init)?;
    let store = Store::connect(&init).await?;
    let reauthentication = Reauthentication::from_init(&init, store.clone())?;
    let (second_factors, notices) =
        (SecondFactors::connect(&init).await?, AccountNotices::from_init(&init, store)?);
    Ok(handler(App { notices, reauthentication, second_factors, verifier }, handle))
}

async fn handle(app: Arc<App>, request: Request) -> Result<Response, Problem> {
    let caller = app.verifier.authenticate(&request)?;
    let body: Body = request.json()?;
    let call = request.call(caller.customer());
    app.reauthentication.require(&call, &caller, Some(&body.password), request.source_ip()).await?;
    Box::pin(app.second_factors.remove(&call, caller.user, &body.code, &app.notices)).await?;
    Ok(Response::no_content())
}
