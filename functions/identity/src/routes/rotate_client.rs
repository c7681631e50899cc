//! `POST /api/v1/admin/clients/{id}/rotate`.

use std::sync::Arc;

use kernel::Problem;
use platform::auth::{Scope, Verifier};
use platform::http::{Handler, Request, Response, handler};
use platform::{Init, InitError};
use serde::Deserialize;

use super::client_id;
use crate::client::{CLIENT_SECRET_OVERLAP_HOURS, MAX_CLIENT_SECRET_OVERLAP_HOURS};
use crate::clients::MachineClients;

struct App {
    clients: MachineClients,
    verifier: Verifier,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct Body {
    /// Hours for which the secret before stays good.
    overlap_hours: Option<u32>,
}

/// Needs `IDENTITY_TABLE`, `JOURNAL_TABLE`, `TOKEN_PUBLIC_KEYS` and `TOKEN_ISSUER`.
pub async fn init(init: Init) -> Result<Handler, InitError> {
    let verifier = Verifier::from_init(&init)?;
    Ok(handler(App { clients: MachineClients::connect(&init).await?, verifier }, handle))
}

async fn handle(app: Arc<App>, request: Request) -> Result<Response, Problem> {
    let caller = app.verifier.authenticate(&request)?;
    caller.require(Scope::OperationsWrite)?;
    let id = client_id(&request)?;
    let overlap = request.json_or_default_as(|body: Body| {
        let overlap = body.overlap_hours.unwrap_or(CLIENT_SECRET_OVERLAP_HOURS);
        let fits = overlap <= MAX_CLIENT_SECRET_OVERLAP_HOURS;
        if fits { Ok(overlap) } else { Err(Problem::invalid("/overlapHours", "must be 0 to 168")) }
    })?;
    Response::ok(&app.clients.rotate(&request.call(caller.operator()), id, overlap).await?)
}
