//! `PATCH /api/v1/users/me`.

use std::sync::Arc;

use kernel::Problem;
use platform::auth::Verifier;
use platform::http::{Handler, Reply, Request, handler};
use platform::{Init, InitError};
use serde::{Deserialize, Deserializer};

use super::user_answer::UserAnswer;
use crate::account::{Accounts, NewNames};
use crate::contact::PersonName;

struct App {
    accounts: Accounts,
    verifier: Verifier,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Body {
    #[serde(default, deserialize_with = "some")]
    first_name: Option<PersonName>,
    #[serde(default, deserialize_with = "some")]
    last_name: Option<PersonName>,
}

/// A name that is given: it may be left out, and can't be taken away with `null`.
fn some<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<PersonName>, D::Error> {
    PersonName::deserialize(deserializer).map(Some)
}

/// Needs `IDENTITY_TABLE`, `JOURNAL_TABLE`, `TOKEN_PUBLIC_KEYS` and `TOKEN_ISSUER`.
pub async fn init(init: Init) -> Result<Handler, InitError> {
    let verifier = Verifier::from_init(&init)?;
    Ok(handler(App { accounts: Accounts::connect(&init).await?, verifier }, handle))
}

async fn handle(app: Arc<App>, request: Request) -> Result<Reply, Problem> {
    let caller = app.verifier.authenticate(&request)?;
    let body: Body = request.json()?;
    let names = NewNames { first_name: body.first_name, last_name: body.last_name };
    let profile = app.accounts.rename(&request.call(caller.customer()), caller.user, &names).await?;
    Reply::ok(&UserAnswer::new(caller.user, &profile))
}
