//! The rules for the callers that may read and change endpoints, and finding the endpoint that a request names.
//!
//! Rights over orders are not enough to have what happens to them sent elsewhere: that is a right of its own.

use kernel::Problem;
use kernel::ids::WebhookEndpointId;
use platform::auth::{Principal, Scope};
use platform::http::Request;

use crate::endpoint::Endpoint;
use crate::refusal::WebhookRefusal;
use crate::store::Webhooks;

/// Endpoints are visible to callers that may change them, and to callers that may read every order, since most events are about orders.
pub(crate) fn may_read(caller: &Principal) -> Result<(), Problem> {
    if caller.scopes.contains(Scope::WebhooksWrite) { Ok(()) } else { caller.require(Scope::OrdersRead) }
}

/// Endpoints are changed by callers with [`Scope::WebhooksWrite`].
pub(crate) fn may_write(caller: &Principal) -> Result<(), Problem> {
    caller.require(Scope::WebhooksWrite)
}

/// The id of the endpoint that the path names. What is no id is no endpoint's.
pub(crate) fn endpoint_id(request: &Request) -> Result<WebhookEndpointId, Problem> {
    request.path_parameter("id").parse().map_err(|_| WebhookRefusal::EndpointNotFound.into())
}

/// The endpoint that the path names.
pub(crate) async fn load(webhooks: &Webhooks, request: &Request) -> Result<Endpoint, Problem> {
    let endpoint = webhooks.endpoint(endpoint_id(request)?).await?;
    endpoint.ok_or_else(|| WebhookRefusal::EndpointNotFound.into())
}
