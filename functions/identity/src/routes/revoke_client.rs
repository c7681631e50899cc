//! `DELETE /api/v1/admin/clients/{id}`.

use std::sync::Arc;

use kernel::Problem;
use platform::auth::{Scope, Verifier};
use platform::http::{Handler, Request, Response, handler};
use platform::{Init, InitError};

use super::client_id;
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
    app.clients.revoke(&request.call(caller.operator()), client_id(&request)?).await?;
    Ok(Response::no_content())
}
