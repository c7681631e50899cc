//! `PATCH /api/v1/users/me`.

use std::sync::Arc;

use kernel::{Problem, UserId};
use platform::auth::Verifier;
use platform::http::{Handler, Request, Response, handler};
use platform::{Init, InitError};
use serde::Deserialize;

use super::user_answer::UserAnswer;
use crate::account::{Accounts, Changes};
use crate::contact::{Locale, PersonName};
use crate::preferences::{PreferencesChange, given};
use crate::time_zone::TimeZoneName;

struct App {
    accounts: Accounts,
    verifier: Verifier,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Body {
    /// Clients of an older service send the account's id along.
    #[serde(default, deserialize_with = "given")]
    id: Option<UserId>,
    #[serde(default, deserialize_with = "given")]
    first_name: Option<PersonName>,
    #[serde(default, deserialize_with = "given")]
    last_name: Option<PersonName>,
    #[serde(default, deserialize_with = "given")]
    locale: Option<Locale>,
    #[serde(default, deserialize_with = "given")]
    time_zone: Option<TimeZoneName>,
    #[serde(default)]
    notifications: PreferencesChange,
}

/// Needs `IDENTITY_TABLE`, `JOURNAL_TABLE`, `TOKEN_PUBLIC_KEYS` and `TOKEN_ISSUER`.
pub async fn init(init: Init) -> Result<Handler, InitError> {
    let verifier = Verifier::from_init(&init)?;
    Ok(handler(App { accounts: Accounts::connect(&init).await?, verifier }, handle))
}

async fn handle(app: Arc<App>, request: Request) -> Result<Response, Problem> {
    let caller = app.verifier.authenticate(&request)?;
    caller.require_customer()?;
    let body = request.json_as(|body: Body| match body.id {
        Some(id) if id != caller.user => Err(Problem::invalid("/id", "must be the caller's own id")),
        _ => Ok(body),
    })?;
    let changes = Changes {
        first_name: body.first_name,
        last_name: body.last_name,
        locale: body.locale,
        time_zone: body.time_zone,
        preferences: body.notifications,
    };
    let profile = app.accounts.change(&request.call(caller.customer()), caller.user, &changes).await?;
    Response::ok(&UserAnswer::new(caller.user, &profile))
}
