//! The events of webhook endpoints, and the data of each. Of an endpoint's URL it has the host alone, since the rest may hold a password of the
//! receiver's.
//!
//! The comments on types and members are published as the descriptions in their schemas (`docs/events`). Members that are skipped there are not
//! promised.

use kernel::ids::WebhookEndpointId;
use kernel::{UserId, events};
use schemars::JsonSchema;
use serde::Serialize;

use crate::endpoint::Reason;
use crate::event_type::EventTypes;

events! {
    EndpointCreated(EndpointState): "webhooks.endpoint_created", "an endpoint was made";
    EndpointChanged(EndpointState): "webhooks.endpoint_changed", "an endpoint was changed";
    EndpointDisabled(EndpointState): "webhooks.endpoint_disabled", "an endpoint is not sent to any more";
    EndpointDeleted(EndpointState): "webhooks.endpoint_deleted", "an endpoint is gone";
    SecretRotated(EndpointState): "webhooks.secret_rotated", "an endpoint has another secret";
}

/// An endpoint for webhooks came into the world, changed, or is gone. There may be more members. The aggregate is `webhook-endpoint/<id>`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct EndpointState {
    /// Which endpoint.
    pub endpoint_id: WebhookEndpointId,
    /// The host that it is at.
    pub host: String,
    #[schemars(skip)]
    pub event_types: EventTypes,
    #[schemars(skip)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner_id: Option<UserId>,
    /// Whether it is sent to.
    pub enabled: bool,
    #[schemars(skip)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    #[schemars(skip)]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub changed: Vec<&'static str>,
}
