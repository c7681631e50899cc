//! `DELETE /api/v1/users/me/sessions/{id}`.

use std::sync::Arc;

use kernel::Problem;
use platform::auth::Verifier;
use platform::http::{Handler, Request, Response, handler};
use platform::{Init, InitError};

use crate::sessions::{SessionSelection, Sessions};

struct App {
    sessions: Sessions,
    verifier: Verifier,
}

/// Needs `IDENTITY_TABLE`, `JOURNAL_TABLE`, `TOKEN_PUBLIC_KEYS` and `TOKEN_ISSUER`.
pub async fn init(init: Init) -> Result<Handler, InitError> {
    let verifier = Verifier::from_init(&init)?;
    Ok(handler(App { sessions: Sessions::connect(&init).await?, verifier }, handle))
}

async fn handle(app: Arc<App>, request: Request) -> Result<Response, Problem> {
    let caller = app.verifier.authenticate(&request)?;
    caller.require_customer()?;
    let id = request.path_parameter("id").parse();
    let id = id.map_err(|_| Request::bad_path_parameter("id", "must be the UUID of a session"))?;
    app.sessions.end(&request.call(caller.customer()), &caller, SessionSelection::One(id)).await?;
    Ok(Response::no_content())
}
