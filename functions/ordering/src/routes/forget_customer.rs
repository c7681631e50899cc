//! Consumes the deletion of an account: its orders stay, without personal data. The event is queued again until the last pass is
//! over.

use std::sync::Arc;

use kernel::{Event, Problem, UserId};
use orders::store::Orders;
use platform::dynamo::Dynamo;
use platform::journal::Journal;
use platform::queue::{Handler, Message, Sender, handler};
use platform::{Init, InitError, InvocationContext};
use serde::{Deserialize, Serialize};

use crate::forget::{forget, next_pass};

/// The payload of `identity.user_deleted`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct UserDeleted {
    user_id: UserId,
}

/// The event in the form in which a rule of the bus puts it into the queue.
#[derive(Serialize)]
struct Again<'a> {
    detail: &'a Event,
}

struct App {
    deletions: Sender,
    dynamo: Dynamo,
    orders: Orders,
    journal: Journal,
}

/// Makes the handler.
pub async fn init(init: Init) -> Result<Handler, InitError> {
    let app = App {
        deletions: Sender::connect(&init, "DELETED_USERS_QUEUE_URL")?,
        dynamo: init.dynamo(),
        orders: Orders::connect(&init).await?,
        journal: Journal::connect(&init).await?,
    };
    Ok(handler(app, handle))
}

async fn handle(app: Arc<App>, call: InvocationContext, message: Message) -> Result<(), Problem> {
    // The history of each order leads back to the deletion.
    let (call, event) = message.event(call)?;
    let UserDeleted { user_id } = UserDeleted::deserialize(&event.data)
        .map_err(|error| Problem::internal(format!("not understood: {error}")))?;
    forget(&app.dynamo, &app.orders, &app.journal, &call, user_id).await?;
    let Some(wait) = next_pass(event.occurred_at, call.now) else { return Ok(()) };
    match app.deletions.send_later(&[Again { detail: &event }], wait).await? {
        0 => Err(Problem::unavailable("the queue did not take the next pass")),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use kernel::{Actor, Timestamp};
    use platform::InvocationContext;
    use serde_json::Value;

    use super::*;

    #[test]
    fn what_comes_again_is_the_event_as_it_came_first() {
        let sample: Value =
            serde_json::from_str(include_str!("../../../../events/forget-customer.json")).unwrap();
        let body = sample["Records"][0]["body"].as_str().unwrap().to_owned();
        let end = u64::try_from(Timestamp::now().as_millis()).unwrap() + 15_000;
        let call = || InvocationContext::new(end, "other".to_owned(), Actor::system("forget-customer"));
        let (_, first) = Message::new("1", body).event(call()).unwrap();
        let again = serde_json::to_string(&Again { detail: &first }).unwrap();
        let (call, second) = Message::new("2", again).event(call()).unwrap();
        assert_eq!(second, first);
        assert_eq!(call.correlation_id, first.correlation_id, "and leads back to the same deletion");
    }
}
