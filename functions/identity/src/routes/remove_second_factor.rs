//! `POST /api/v1/users/me/second-factor/remove`.

use std::sync::Arc;

use kernel::Problem;
use platform::auth::Verifier;
use platform::http::{Handler, Reply, Request, handler};
use platform::{Init, InitError};
use serde::Deserialize;

use crate::password::PasswordAttempt;
use crate::second_factor::{SecondFactorCode, SecondFactors};

struct App {
    second_factors: SecondFactors,
    verifier: Verifier,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Body {
    password: PasswordAttempt,
    code: SecondFactorCode,
}

/// Needs `IDENTITY_TABLE`, `JOURNAL_TABLE`, `SECOND_FACTOR_SECRET_ARN`, `TOKEN_PUBLIC_KEYS` and `TOKEN_ISSUER`.
pub async fn init(init: Init) -> Result<Handler, InitError> {
    let verifier = Verifier::from_init(&init)?;
    Ok(handler(App { second_factors: SecondFactors::connect(&init).await?, verifier }, handle))
}

async fn handle(app: Arc<App>, request: Request) -> Result<Reply, Problem> {
    let caller = app.verifier.authenticate(&request)?;
    let body: Body = request.json()?;
    let call = request.call(caller.customer());
    app.second_factors.remove(&call, caller.user, &body.password, &body.code).await?;
    Ok(Reply::no_content())
}
