//! The rules for the callers that may read and change endpoints, and finding the endpoint that a request names.
//!
//! Rights over orders are not enough to have what happens to them sent elsewhere: that is a right of its own.

use kernel::ids::WebhookEndpointId;
use kernel::{Kind, Problem};
use platform::auth::{Principal, Scope};
use platform::http::Request;

use crate::endpoint::Endpoint;
use crate::store::Webhooks;

/// Endpoints are visible to callers that may change them, and to callers that may read every order, since most events are about orders.
pub(crate) fn may_read(caller: &Principal) -> Result<(), Problem> {
    if caller.scopes.contains(Scope::WebhooksWrite) { Ok(()) } else { caller.require(Scope::OrdersRead) }
}

/// Endpoints are changed by callers with [`Scope::WebhooksWrite`].
pub(crate) fn may_write(caller: &Principal) -> Result<(), Problem> {
    caller.require(Scope::WebhooksWrite)
}

/// The answer of [`may_write`] to a token that is older than the loss of the right.
pub(crate) fn right_lost() -> Problem {
    let scope = Scope::WebhooksWrite.name();
    let detail = format!("This needs the scope {scope}, which was taken away.");
    Problem::new(Kind::Forbidden, "insufficient_scope", detail).with("scope", scope)
}

/// There is no such endpoint.
pub(crate) fn unknown() -> Problem {
    Problem::not_found("There is no such webhook endpoint.")
}

/// The id of the endpoint that the path names. What is no id is no endpoint's.
pub(crate) fn endpoint_id(request: &Request) -> Result<WebhookEndpointId, Problem> {
    request.path_parameter("id").parse().map_err(|_| unknown())
}

/// The endpoint that the path names.
pub(crate) async fn load(webhooks: &Webhooks, request: &Request) -> Result<Endpoint, Problem> {
    webhooks.endpoint(endpoint_id(request)?).await?.ok_or_else(unknown)
}
