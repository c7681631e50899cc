//! Deliveries that an operator asks for again.

use kernel::ids::{WebhookDeliveryId, WebhookEndpointId};
use kernel::{Problem, UserId};
use platform::{Init, InitError, InvocationContext};

use crate::delivery::{Delivery, Status};
use crate::fan_out::{DeliverWebhook, DeliveryQueues};
use crate::refusal::WebhookRefusal;
use crate::store::Webhooks;

/// Sends deliveries again.
pub struct Resending {
    webhooks: Webhooks,
    queues: DeliveryQueues,
}

impl Resending {
    /// Works on the table named by `WEBHOOKS_TABLE` and the queues of deliveries.
    pub async fn connect(init: &Init) -> Result<Self, InitError> {
        Ok(Self { webhooks: Webhooks::connect(init).await?, queues: DeliveryQueues::connect(init)? })
    }

    /// Begins the schedule of a delivery again for `editor`, regardless of its outcome so far; a pending one is attempted at once. The endpoint has
    /// to be enabled.
    pub async fn resend(
        &self,
        call: &InvocationContext,
        editor: UserId,
        endpoint: WebhookEndpointId,
        id: WebhookDeliveryId,
    ) -> Result<Delivery, Problem> {
        let now = call.now;
        self.webhooks.require_right(call, editor).await?;
        let endpoint = self.webhooks.endpoint(endpoint).await?.ok_or(WebhookRefusal::EndpointNotFound)?;
        let found = self.webhooks.delivery(id, now).await?;
        let delivery =
            found.filter(|found| found.endpoint_id == endpoint.id).ok_or(WebhookRefusal::DeliveryNotFound)?;
        if !endpoint.is_enabled() {
            return Err(WebhookRefusal::EndpointDisabled.into());
        }
        if !self.webhooks.restart(call, &delivery).await? {
            return Err(WebhookRefusal::DeliveryNotFound.into());
        }
        // What the queue does not take is found by the sweep.
        if let Err(problem) =
            self.queues.of(&delivery.event_type).send(&[DeliverWebhook { delivery_id: id }]).await
        {
            tracing::warn!(delivery_id = %id, %problem, "the delivery waits for the sweep");
        }
        Ok(Delivery {
            status: Status::Pending,
            tries: 0,
            next_attempt_at: Some(now),
            ended_at: None,
            ..delivery
        })
    }
}
