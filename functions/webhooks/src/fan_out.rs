//! One delivery for each endpoint that wants an event.

use futures_util::future::join_all;
use kernel::ids::WebhookDeliveryId;
use kernel::{Event, Problem};
use platform::dynamo::Dynamo;
use platform::queue::Sender as Queue;
use platform::{Init, InitError, InvocationContext};
use serde::{Deserialize, Serialize};

use crate::delivery::Delivery;
use crate::endpoint::Endpoint;
use crate::event_type::{is_bulk, subscribes_to};
use crate::store::Webhooks;

/// The content of a message of the delivery queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeliverWebhook {
    /// The delivery whose attempt may be due.
    pub delivery_id: WebhookDeliveryId,
}

/// The queues of deliveries. What happens to an order does not wait behind an import of the catalog.
pub(crate) struct DeliveryQueues {
    prompt: Queue,
    bulk: Queue,
}

impl DeliveryQueues {
    /// The queues named by `WEBHOOK_DELIVERY_QUEUE_URL` and `BULK_WEBHOOK_DELIVERY_QUEUE_URL`.
    pub(crate) fn connect(init: &Init) -> Result<Self, InitError> {
        let prompt = Queue::connect(init, "WEBHOOK_DELIVERY_QUEUE_URL")?;
        Ok(Self { prompt, bulk: bulk_queue(init)? })
    }

    /// The queue for deliveries of events of the type `event_type`.
    pub(crate) fn of(&self, event_type: &str) -> &Queue {
        if is_bulk(event_type) { &self.bulk } else { &self.prompt }
    }
}

/// The queue named by `BULK_WEBHOOK_DELIVERY_QUEUE_URL`.
pub(crate) fn bulk_queue(init: &Init) -> Result<Queue, InitError> {
    Queue::connect(init, "BULK_WEBHOOK_DELIVERY_QUEUE_URL")
}

/// Makes deliveries of events.
pub struct FanOut {
    dynamo: Dynamo,
    webhooks: Webhooks,
    queues: DeliveryQueues,
}

impl FanOut {
    /// Works on the table named by `WEBHOOKS_TABLE` and the queues of deliveries.
    pub async fn connect(init: &Init) -> Result<Self, InitError> {
        let webhooks = Webhooks::connect(init).await?;
        Ok(Self { dynamo: init.dynamo(), webhooks, queues: DeliveryQueues::connect(init)? })
    }

    /// Makes a delivery to each enabled endpoint that wants `event`, and queues it. One that was made before is not queued again: if its message
    /// was lost, the sweep finds it.
    pub async fn fan_out(&self, call: &InvocationContext, event: &Event) -> Result<(), Problem> {
        let kind = event.detail_type();
        if !subscribes_to(&kind) {
            tracing::debug!(event_id = %event.id, kind, "told to nobody");
            return Ok(());
        }
        let endpoints = self.webhooks.endpoints().await?;
        let wanting =
            endpoints.iter().filter(|endpoint| endpoint.is_enabled() && endpoint.event_types.want(&kind));
        let made = join_all(wanting.map(|endpoint| self.make(call, event, endpoint))).await;
        let new: Vec<DeliverWebhook> =
            made.iter().filter_map(|one| one.as_ref().ok().copied().flatten()).collect();
        if !new.is_empty()
            && let Err(problem) = self.queues.of(&kind).send(&new).await
        {
            tracing::warn!(event_id = %event.id, %problem, "deliveries wait for the sweep");
        }
        // When one could not be made the event has to come again, and finds those that were.
        made.into_iter().try_for_each(|one| one.map(|_| ()))
    }

    async fn make(
        &self,
        call: &InvocationContext,
        event: &Event,
        endpoint: &Endpoint,
    ) -> Result<Option<DeliverWebhook>, Problem> {
        let delivery = Delivery::new(event, endpoint.id, call.now)?;
        let new = self.webhooks.make(&self.dynamo, call, &delivery).await?;
        Ok(new.then_some(DeliverWebhook { delivery_id: delivery.id }))
    }
}
