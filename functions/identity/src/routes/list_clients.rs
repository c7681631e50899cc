//! `GET /api/v1/admin/clients`.

use std::sync::Arc;

use kernel::{Page, Problem};
use platform::auth::{Scope, Verifier};
use platform::http::{Handler, Request, Response, handler};
use platform::{Init, InitError};

use crate::clients::MachineClients;

struct App {
    clients: MachineClients,
    verifier: Verifier,
}

/// Needs `IDENTITY_TABLE`, `JOURNAL_TABLE`, `TOKEN_PUBLIC_KEYS` and `TOKEN_ISSUER`.
pub async fn init(init: Init) -> Result<Handler, InitError> {
    let verifier = Verifier::from_init(&init)?;
    Ok(handler(App { clients: MachineClients::connect(&init).await?, verifier }, handle))
}

async fn handle(app: Arc<App>, request: Request) -> Result<Response, Problem> {
    let caller = app.verifier.authenticate(&request)?;
    caller.require(Scope::OperationsWrite)?;
    let items = app.clients.list(&request.call(caller.operator())).await?;
    Response::ok(&Page { items, next_cursor: None })
}
