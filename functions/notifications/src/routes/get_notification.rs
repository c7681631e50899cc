//! `GET /api/v1/notifications/{id}`: returns a message's status to its recipient, or to callers that may send
//! messages.

use std::sync::Arc;

use kernel::ids::NotificationId;
use kernel::{Problem, Timestamp};
use platform::auth::{Principal, Scope, Verifier};
use platform::http::{Handler, Request, Response, handler};
use platform::{Init, InitError};
use serde::Serialize;

use crate::recipient::Channel;
use crate::record::{Notification, Status};
use crate::refusal::NotificationRefusal;
use crate::store::Store;
use crate::template::Template;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Answer<'a> {
    notification_id: NotificationId,
    status: Status,
    channel: Channel,
    /// Masked for every caller: nothing else is stored.
    to: &'a str,
    template: Template,
    created_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_message: Option<&'a str>,
}

struct App {
    store: Store,
    verifier: Verifier,
}

/// Makes the handler.
pub async fn init(init: Init) -> Result<Handler, InitError> {
    let app = App { store: Store::connect(&init).await?, verifier: Verifier::from_init(&init)? };
    Ok(handler(app, handle))
}

async fn handle(app: Arc<App>, request: Request) -> Result<Response, Problem> {
    let caller = app.verifier.authenticate(&request)?;
    let id: NotificationId =
        request.path_parameter("id").parse().map_err(|_| NotificationRefusal::NotFound)?;
    let kept = app.store.find(id).await?.filter(|kept| may_see(&caller, kept));
    let kept = kept.ok_or(NotificationRefusal::NotFound)?;
    Response::ok(&Answer {
        notification_id: id,
        status: kept.status,
        channel: kept.channel,
        to: &kept.to,
        template: kept.template,
        created_at: kept.created_at,
        error_message: kept.error_message.as_deref(),
    })
}

fn may_see(caller: &Principal, kept: &Notification) -> bool {
    caller.scopes.contains(Scope::NotificationsWrite) || kept.user_id == Some(caller.user)
}
