//! An account was deleted: its orders stay, without the person.

use std::sync::Arc;

use kernel::{Problem, UserId};
use platform::dynamo::Dynamo;
use platform::journal::Journal;
use platform::queue::{Handler, Message, handler};
use platform::{Call, Init, InitError};
use serde::Deserialize;

use crate::forget::forget;
use crate::store::Orders;

/// What `identity.user_deleted` says.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct UserDeleted {
    user_id: UserId,
}

struct App {
    dynamo: Dynamo,
    orders: Orders,
    journal: Journal,
}

/// Makes the handler.
pub async fn init(init: Init) -> Result<Handler, InitError> {
    let app = App {
        dynamo: init.dynamo(),
        orders: Orders::connect(&init).await?,
        journal: Journal::connect(&init).await?,
    };
    Ok(handler(app, handle))
}

async fn handle(app: Arc<App>, call: Call, message: Message) -> Result<(), Problem> {
    // The history of each order leads back to the deletion.
    let (call, event) = message.event(call)?;
    let deleted = serde_json::from_value(event.data);
    let UserDeleted { user_id } =
        deleted.map_err(|error| Problem::internal(format!("not understood: {error}")))?;
    forget(&app.dynamo, &app.orders, &app.journal, &call, user_id).await
}
