//! Endpoints and deliveries as clients see them.

use kernel::ids::{WebhookDeliveryId, WebhookEndpointId};
use kernel::{EventId, Problem, Timestamp, UserId};
use platform::idempotency::{Completion, Stored};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::delivery::{Attempt, Delivery, Status};
use crate::endpoint::{Endpoint, Reason};
use crate::event_type::EventTypes;
use crate::store::Webhooks;

/// An endpoint. The secret is in it only where one was just made.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct EndpointAnswer<'a> {
    id: WebhookEndpointId,
    url: &'a str,
    event_types: &'a EventTypes,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
    /// The owner's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    owner_id: Option<UserId>,
    enabled: bool,
    /// The reason for which the endpoint is disabled.
    #[serde(skip_serializing_if = "Option::is_none")]
    disabled_reason: Option<Reason>,
    #[serde(skip_serializing_if = "Option::is_none")]
    disabled_at: Option<Timestamp>,
    /// Deliveries given up since one was last made.
    failed_deliveries: u32,
    secret_created_at: Timestamp,
    /// The time until which deliveries are signed by an older secret as well.
    #[serde(skip_serializing_if = "Option::is_none")]
    previous_secret_expires_at: Option<Timestamp>,
    created_at: Timestamp,
    updated_at: Timestamp,
    version: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<&'a str>,
}

impl<'a> EndpointAnswer<'a> {
    /// Without the secret.
    pub(crate) fn of(endpoint: &'a Endpoint, now: Timestamp) -> Self {
        let (disabled_reason, disabled_at) = endpoint.disabled().unzip();
        Self {
            id: endpoint.id,
            url: &endpoint.url,
            event_types: &endpoint.event_types,
            description: endpoint.description.as_deref(),
            owner_id: endpoint.owner.map(|owner| owner.id),
            enabled: endpoint.is_enabled(),
            disabled_reason,
            disabled_at,
            failed_deliveries: endpoint.exhausted,
            secret_created_at: endpoint.signing.since(),
            previous_secret_expires_at: endpoint.signing.overlaps_until(now),
            created_at: endpoint.created_at,
            updated_at: endpoint.updated_at,
            version: endpoint.version,
            secret: None,
        }
    }

    /// With the secret, for the answer to the request that made it.
    pub(crate) fn revealing(endpoint: &'a Endpoint, now: Timestamp) -> Self {
        Self { secret: Some(endpoint.signing.current().reveal()), ..Self::of(endpoint, now) }
    }
}

/// An endpoint as an outcome of a request.
pub(crate) type EndpointMembers = Map<String, Value>;

/// The members of a stored outcome that identify the secret that the request made.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct MadeSecret {
    id: WebhookEndpointId,
    secret_created_at: Timestamp,
}

/// The outcome of the request that made the endpoint's secret, with the secret in it.
pub(crate) fn revealed(endpoint: &EndpointAnswer<'_>) -> Result<EndpointMembers, Problem> {
    match serde_json::to_value(endpoint).map_err(Problem::internal)? {
        Value::Object(members) => Ok(members),
        _ => Err(Problem::internal("an endpoint is no object")),
    }
}

/// The outcome for a repeat with the secret that the first response had, while that is still the endpoint's. Outcomes are stored without it, so that
/// a secret is in one table alone.
pub(crate) async fn shown_once(
    webhooks: &Webhooks,
    made: Completion<EndpointMembers>,
) -> Result<Completion<EndpointMembers>, Problem> {
    let Completion::Repeated(stored) = made else { return Ok(made) };
    let mut members = match stored {
        Stored::Outcome(members) => members,
        Stored::Response(response) => serde_json::from_str(&response.body).map_err(Problem::internal)?,
    };
    let secret = MadeSecret::deserialize(&members).map_err(Problem::internal)?;
    let endpoint = webhooks.endpoint(secret.id).await?;
    let current = endpoint.filter(|endpoint| endpoint.signing.since() == secret.secret_created_at);
    if let Some(endpoint) = current {
        members.insert("secret".to_owned(), Value::from(endpoint.signing.current().reveal()));
    }
    Ok(Completion::Repeated(Stored::Outcome(members)))
}

/// A delivery, as an endpoint's log shows it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DeliveryAnswer {
    id: WebhookDeliveryId,
    event_id: EventId,
    event_type: String,
    status: Status,
    attempts: Vec<Attempt>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_attempt_at: Option<Timestamp>,
    created_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    ended_at: Option<Timestamp>,
}

impl From<Delivery> for DeliveryAnswer {
    fn from(delivery: Delivery) -> Self {
        Self {
            id: delivery.id,
            event_id: delivery.event_id,
            event_type: delivery.event_type,
            status: delivery.status,
            attempts: delivery.attempts,
            next_attempt_at: delivery.next_attempt_at,
            created_at: delivery.created_at,
            ended_at: delivery.ended_at,
        }
    }
}
