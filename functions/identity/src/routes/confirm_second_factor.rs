//! `POST /api/v1/users/me/second-factor/confirm`.

use std::sync::Arc;

use kernel::Problem;
use platform::auth::Verifier;
use platform::http::{Handler, Request, Response, handler};
use platform::{Init, InitError};
use serde::{Deserialize, Serialize};

use crate::account_notices::AccountNotices;
use crate::reauthentication::live_session;
use crate::second_factor::{SecondFactorCode, SecondFactors};
use crate::store::Store;

struct App {
    notices: AccountNotices,
    second_factors: SecondFactors,
    store: Store,
    verifier: Verifier,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Body {
    code: SecondFactorCode,
}

/// The recovery codes, which are shown this once.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Confirmed {
    recovery_codes: Vec<String>,
}

/// Needs `IDENTITY_TABLE`, `JOURNAL_TABLE`, `NOTIFIER_QUEUE_URL`, `SECOND_FACTOR_SECRET_ARN`, `TOKEN_PUBLIC_KEYS` and `TOKEN_ISSUER`.
pub async fn init(init: Init) -> Result<Handler, InitError> {
    let verifier = Verifier::from_init(&init)?;
    let store = Store::connect(&init).await?;
    let notices = AccountNotices::from_init(&init, store.clone())?;
    let second_factors = SecondFactors::connect(&init).await?;
    Ok(handler(App { notices, second_factors, store, verifier }, handle))
}

async fn handle(app: Arc<App>, request: Request) -> Result<Response, Problem> {
    let caller = app.verifier.authenticate(&request)?;
    let body: Body = request.json()?;
    let call = request.call(caller.customer());
    live_session(&app.store, &call, &caller).await?;
    let confirmed = app.second_factors.confirm(&call, caller.user, &body.code, &app.notices);
    let recovery_codes = Box::pin(confirmed).await?;
    Response::ok(&Confirmed { recovery_codes })
}
