//! Lists machine clients, gives one another secret, or takes one back. There is no route to this: operators with IAM rights invoke it.

use std::sync::Arc;

use kernel::{Kind, Problem, UserId};
use platform::job::{Handler, handler};
use platform::{Init, InitError, InvocationContext};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::client::{CLIENT_SECRET_OVERLAP_HOURS, MAX_CLIENT_SECRET_OVERLAP_HOURS};
use crate::clients::MachineClients;

/// An operator's request.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", tag = "action", deny_unknown_fields)]
enum Order {
    List {},
    Rotate {
        client_id: UserId,
        #[serde(default)]
        overlap_hours: Option<u32>,
    },
    Revoke {
        client_id: UserId,
    },
}

/// Needs `IDENTITY_TABLE` and `JOURNAL_TABLE`.
pub async fn init(init: Init) -> Result<Handler, InitError> {
    Ok(handler(MachineClients::connect(&init).await?, handle))
}

async fn handle(
    clients: Arc<MachineClients>,
    call: InvocationContext,
    input: Value,
) -> Result<Value, Problem> {
    let order: Order = serde_json::from_value(input).map_err(|error| invalid(&error.to_string()))?;
    match order {
        Order::List {} => {
            let items = serde_json::to_value(clients.list(&call).await?).map_err(Problem::internal)?;
            Ok(json!({ "items": items }))
        }
        Order::Rotate { client_id, overlap_hours } => {
            let overlap = overlap_hours.unwrap_or(CLIENT_SECRET_OVERLAP_HOURS);
            if overlap > MAX_CLIENT_SECRET_OVERLAP_HOURS {
                return Err(invalid("overlapHours has to be 0 to 168"));
            }
            let rotated = clients.rotate(&call, client_id, overlap).await?;
            serde_json::to_value(rotated).map_err(Problem::internal)
        }
        Order::Revoke { client_id } => {
            clients.revoke(&call, client_id).await?;
            Ok(json!({ "clientId": client_id }))
        }
    }
}

fn invalid(reason: &str) -> Problem {
    Problem::new(Kind::Invalid, "invalid_input", format!("The input breaks a rule: {reason}."))
}
