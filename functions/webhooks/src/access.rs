//! Who may see and change endpoints, and finding the one that a request names.
//!
//! Rights over orders are not enough to have what happens to them sent elsewhere: that is a right of its own.

use kernel::Problem;
use kernel::ids::WebhookEndpointId;
use platform::auth::{Principal, Scope};
use platform::http::Request;

use crate::endpoint::Endpoint;
use crate::store::Webhooks;

/// Endpoints are seen by whoever changes them, and by whoever sees every order: that is what most events tell of.
pub(crate) fn may_read(caller: &Principal) -> Result<(), Problem> {
    if caller.scopes.contains(Scope::WebhooksWrite) { Ok(()) } else { caller.require(Scope::OrdersRead) }
}

/// Endpoints are changed by whoever has [`Scope::WebhooksWrite`].
pub(crate) fn may_write(caller: &Principal) -> Result<(), Problem> {
    caller.require(Scope::WebhooksWrite)
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
