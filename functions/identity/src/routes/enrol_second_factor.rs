//! `POST /api/v1/users/me/second-factor`.

use std::sync::Arc;

use kernel::Problem;
use platform::auth::Verifier;
use platform::http::{Handler, Request, Response, handler};
use platform::{Init, InitError};
use serde::Deserialize;

use crate::password::PasswordAttempt;
use crate::reauthentication::Reauthentication;
use crate::second_factor::SecondFactors;
use crate::store::Store;

struct App {
    reauthentication: Reauthentication,
    second_factors: SecondFactors,
    verifier: Verifier,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Body {
    password: PasswordAttempt,
}

/// Needs `IDENTITY_TABLE`, `JOURNAL_TABLE`, `SECOND_FACTOR_SECRET_ARN`, `TOKEN_PUBLIC_KEYS` and `TOKEN_ISSUER`.
pub async fn init(init: Init) -> Result<Handler, InitError> {
    let verifier = Verifier::from_init(&init)?;
    let reauthentication = Reauthentication::from_init(&init, Store::connect(&init).await?)?;
    let second_factors = SecondFactors::connect(&init).await?;
    Ok(handler(App { reauthentication, second_factors, verifier }, handle))
}

async fn handle(app: Arc<App>, request: Request) -> Result<Response, Problem> {
    let caller = app.verifier.authenticate(&request)?;
    let body: Body = request.json()?;
    let call = request.call(caller.customer());
    app.reauthentication.require(&call, &caller, Some(&body.password), request.source_ip()).await?;
    Response::created(&app.second_factors.enrol(&call, caller.user).await?)
}
