//! `GET /api/v1/users/me`.

use std::sync::Arc;

use kernel::Problem;
use platform::auth::Verifier;
use platform::http::{Handler, Request, Response, handler};
use platform::{Init, InitError};

use super::user_answer::UserAnswer;
use crate::refusal::CallerRefusal;
use crate::store::Store;

struct App {
    store: Store,
    verifier: Verifier,
}

/// Needs `IDENTITY_TABLE`, `TOKEN_PUBLIC_KEYS` and `TOKEN_ISSUER`.
pub async fn init(init: Init) -> Result<Handler, InitError> {
    let app = App { store: Store::connect(&init).await?, verifier: Verifier::from_init(&init)? };
    Ok(handler(app, handle))
}

async fn handle(app: Arc<App>, request: Request) -> Result<Response, Problem> {
    let caller = app.verifier.authenticate(&request)?;
    caller.require_customer()?;
    let profile = app.store.profile(caller.user).await?.ok_or(CallerRefusal::AccountDeleted)?;
    Response::ok(&UserAnswer::new(caller.user, &profile))
}
