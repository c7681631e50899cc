//! One attempt of a delivery, and what follows from it.

use std::time::{Duration, Instant};

use kernel::ids::WebhookDeliveryId;
use kernel::{Problem, Timestamp};
use platform::dynamo::{Commit, Dynamo};
use platform::journal::Journal;
use platform::queue::MAX_DELAY;
use platform::{Init, InitError, InvocationContext, StaleRetry};

use crate::delivery::{Attempt, Delivery, Next, Outcome, Status, judge};
use crate::endpoint::{Endpoint, Reason};
use crate::events::EndpointDisabled;
use crate::fan_out::{DeliverWebhook, DeliveryQueues};
use crate::schedule::MAX_ATTEMPTS;
use crate::sender::Sender;
use crate::store::{Refusal, Settling, Webhooks};
use crate::target::Rules;

/// Of so many parts of the jitter one is drawn.
const JITTER_PARTS: u64 = 1_000;

/// Delivers.
pub struct DeliveryWorker {
    dynamo: Dynamo,
    webhooks: Webhooks,
    journal: Journal,
    queues: DeliveryQueues,
    sender: Sender,
}

impl DeliveryWorker {
    /// Works on the tables named by `WEBHOOKS_TABLE` and `JOURNAL_TABLE` and the queues of deliveries.
    pub async fn connect(init: &Init) -> Result<Self, InitError> {
        Ok(Self {
            dynamo: init.dynamo(),
            webhooks: Webhooks::connect(init).await?,
            journal: Journal::connect(init).await?,
            queues: DeliveryQueues::connect(init)?,
            sender: Sender::new(Rules::from_init(init)?)?,
        })
    }

    /// Makes the attempt that is due, if one is and no other process makes it.
    pub async fn deliver(&self, call: &InvocationContext, id: WebhookDeliveryId) -> Result<(), Problem> {
        let Some(delivery) = self.webhooks.delivery(id, call.now).await? else {
            tracing::warn!(delivery_id = %id, "there is no such delivery any more");
            return Ok(());
        };
        let Some(planned) = delivery.due(call.now) else { return Ok(()) };
        let endpoint = self.webhooks.endpoint(delivery.endpoint_id).await?;
        let Some(endpoint) = endpoint.filter(Endpoint::is_enabled) else {
            return self
                .note(call, &delivery, &delivery.attempts, Settling::Ends(Status::Canceled), call.now)
                .await;
        };
        let Some(claimed) = self.webhooks.claim(call, delivery, planned).await? else { return Ok(()) };
        if claimed.tries > MAX_ATTEMPTS {
            // The last attempt's process died before it could write down how it ended.
            let given_up = |last: &Endpoint| Some(last.exhausted(call.now));
            return self.give_up(call, endpoint, &claimed, &claimed.attempts, given_up).await;
        }
        let (at, began) = (Timestamp::now(), Instant::now());
        let outcome = self.sender.send(&endpoint, &claimed, at).await?;
        let took = began.elapsed();
        let log = claimed.logged(Attempt::of(outcome, at, took));
        self.follow(call, endpoint, &claimed, &log, outcome).await
    }

    /// Writes down how an attempt ended, and does what follows.
    async fn follow(
        &self,
        call: &InvocationContext,
        endpoint: Endpoint,
        delivery: &Delivery,
        log: &[Attempt],
        outcome: Outcome,
    ) -> Result<(), Problem> {
        let now = Timestamp::now();
        let next = judge(outcome, delivery.tries, fastrand::u64(0..=JITTER_PARTS));
        let (delivery_id, endpoint_id, tries) = (delivery.id, endpoint.id, delivery.tries);
        tracing::info!(%delivery_id, %endpoint_id, tries, ?outcome, ?next, "attempt");
        match next {
            Next::Delivered => {
                self.note(call, delivery, log, Settling::Ends(Status::Delivered), now).await?;
                if endpoint.exhausted > 0 {
                    self.webhooks.forgive(call, endpoint.id).await?;
                }
                Ok(())
            }
            Next::Again(wait) => {
                self.note(call, delivery, log, Settling::Waits(now.plus(wait)), now).await?;
                self.come_back(delivery, wait).await;
                Ok(())
            }
            Next::GivenUp => {
                self.give_up(call, endpoint, delivery, log, |endpoint| Some(endpoint.exhausted(now))).await
            }
            Next::Gone => {
                self.give_up(call, endpoint, delivery, log, |endpoint| endpoint.stopped(Reason::Gone, now))
                    .await
            }
        }
    }

    /// Short waits go through the queue. Longer ones are the sweep's, which also finds what the queue did not take.
    async fn come_back(&self, delivery: &Delivery, wait: Duration) {
        let delivery_id = delivery.id;
        if wait <= MAX_DELAY
            && let Err(problem) =
                self.queues.of(&delivery.event_type).send_later(&[DeliverWebhook { delivery_id }], wait).await
        {
            tracing::warn!(%delivery_id, %problem, "the next attempt waits for the sweep");
        }
    }

    async fn note(
        &self,
        call: &InvocationContext,
        delivery: &Delivery,
        log: &[Attempt],
        settling: Settling,
        now: Timestamp,
    ) -> Result<(), Problem> {
        if !self.webhooks.settle(call, delivery, log, settling, now).await? {
            tracing::warn!(delivery_id = %delivery.id, "the delivery was changed while it was being made");
        }
        Ok(())
    }

    /// The delivery has failed for good, and its endpoint becomes what `after` makes of it, in one transaction. An endpoint that is disabled by it
    /// is journalled.
    async fn give_up(
        &self,
        call: &InvocationContext,
        endpoint: Endpoint,
        delivery: &Delivery,
        log: &[Attempt],
        after: impl Fn(&Endpoint) -> Option<Endpoint>,
    ) -> Result<(), Problem> {
        let (id, mut endpoint) = (endpoint.id, Some(endpoint));
        let mut retry = StaleRetry::of("the endpoint", call);
        loop {
            retry.begin().await?;
            let failed = Settling::Ends(Status::Failed);
            let mut writes = vec![self.webhooks.settling(delivery, log, failed, Timestamp::now())?];
            if let Some(last) = &endpoint
                && let Some(next) = after(last)
            {
                writes.push(self.webhooks.replace(last, &next)?);
                if next.version > last.version {
                    let event = next.event(EndpointDisabled, Vec::new())?;
                    writes.push(self.journal.append(call, event)?.map(|_| Refusal::EndpointChanged));
                }
            }
            let Commit::Refused(refused) = self.dynamo.commit(call, writes).await? else {
                return Ok(());
            };
            if refused.iter().any(|one| one.reason == Refusal::DeliveryChanged) {
                tracing::warn!(delivery_id = %delivery.id, "the delivery was changed while it was being made");
                return Ok(());
            }
            endpoint = self.webhooks.endpoint(id).await?;
        }
    }
}
