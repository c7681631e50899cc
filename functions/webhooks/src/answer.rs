//! Endpoints and deliveries as clients see them.

use kernel::ids::{WebhookDeliveryId, WebhookEndpointId};
use kernel::{EventId, Problem, Timestamp, UserId};
use platform::http::Reply;
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
    /// On whose right it is there.
    #[serde(skip_serializing_if = "Option::is_none")]
    owner_id: Option<UserId>,
    enabled: bool,
    /// Why nothing is sent to it.
    #[serde(skip_serializing_if = "Option::is_none")]
    disabled_reason: Option<Reason>,
    #[serde(skip_serializing_if = "Option::is_none")]
    disabled_at: Option<Timestamp>,
    /// Deliveries given up since one was last made.
    failed_deliveries: u32,
    secret_created_at: Timestamp,
    /// Until when deliveries are signed by an older secret as well.
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

/// What a kept answer says of the secret that it was the answer to.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Kept {
    id: WebhookEndpointId,
    secret_created_at: Timestamp,
}

/// The kept answer with the secret that it was given with the first time, while that is still the endpoint's. Answers are kept without it, so
/// that a secret lies in one table alone.
pub(crate) async fn replayed(webhooks: &Webhooks, mut reply: Reply) -> Result<Reply, Problem> {
    let kept: Kept = serde_json::from_str(&reply.body).map_err(Problem::internal)?;
    let endpoint = webhooks.endpoint(kept.id).await?;
    let Some(endpoint) = endpoint.filter(|endpoint| endpoint.signing.since() == kept.secret_created_at)
    else {
        return Ok(reply);
    };
    let mut members: Map<String, Value> = serde_json::from_str(&reply.body).map_err(Problem::internal)?;
    members.insert("secret".to_owned(), Value::from(endpoint.signing.current().reveal()));
    reply.body = Value::Object(members).to_string();
    Ok(reply)
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
