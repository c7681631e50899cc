//! Deliveries: making, claiming and settling them, an endpoint's log, and what is due.

use std::time::Duration;

use kernel::ids::{WebhookDeliveryId, WebhookEndpointId};
use kernel::{Cursor, Problem, Timestamp};
use platform::InvocationContext;
use platform::dynamo::{Dynamo, Expression, Item, Key, Rows, Updated, Write};
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

use super::{Refusal, Webhooks};
use crate::delivery::{Attempt, Delivery, RETENTION, Status};

/// Partitions that pending deliveries are spread over.
pub(crate) const DUE_SHARDS: u64 = 4;
/// The time for which an attempt belongs to its process: longer than the function that makes it may run.
const CLAIM: Duration = Duration::from_mins(1);
/// Due deliveries read at a time.
const DUE_PAGE: u32 = 500;
const SORT: &str = "DELIVERY";

/// A delivery as it is written, with its places in the indexes.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Written<'a> {
    #[serde(flatten)]
    delivery: &'a Delivery,
    endpoint_key: String,
    created_key: String,
    due_shard: String,
}

/// An entry of an index: keys alone.
#[derive(Deserialize)]
struct Entry {
    #[serde(rename = "PK")]
    partition: String,
}

/// The state in which an attempt leaves its delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Settling {
    /// It waits for its next attempt.
    Waits(Timestamp),
    /// It has come to its end.
    Ends(Status),
}

impl Webhooks {
    /// Makes a delivery; false when it was made before.
    pub(crate) async fn make(
        &self,
        dynamo: &Dynamo,
        call: &InvocationContext,
        delivery: &Delivery,
    ) -> Result<bool, Problem> {
        let written = Written {
            delivery,
            endpoint_key: endpoint_partition(delivery.endpoint_id),
            created_key: created_key(delivery),
            due_shard: due_shard(delivery.id.shard(DUE_SHARDS)),
        };
        let put = self.table.put_new(&delivery_key(delivery.id), &written, Refusal::DeliveryChanged)?;
        Ok(dynamo.commit(call, vec![put]).await?.is_committed())
    }

    /// The delivery with this id, unless its time is over.
    pub(crate) async fn delivery(
        &self,
        id: WebhookDeliveryId,
        now: Timestamp,
    ) -> Result<Option<Delivery>, Problem> {
        let found: Option<Delivery> = self.table.get(&delivery_key(id)).await?;
        Ok(found.filter(|delivery| delivery.expires_at > now.as_seconds()))
    }

    /// Takes the attempt that is planned for `planned`: the delivery as it is then, or `None` when someone else took it.
    pub(crate) async fn claim(
        &self,
        call: &InvocationContext,
        delivery: Delivery,
        planned: Timestamp,
    ) -> Result<Option<Delivery>, Problem> {
        let until = call.now.plus(CLAIM);
        let claim = Expression::update("SET nextAttemptAt = :until, tries = tries + :one")
            .when("#status = :pending AND nextAttemptAt = :planned")
            .name("#status", "status")
            .number(":one", 1)
            .value(":pending", Status::Pending)?
            .value(":planned", planned)?
            .value(":until", until)?;
        match self.table.update_now::<IgnoredAny>(call, &delivery_key(delivery.id), claim).await? {
            Updated::Made(_) => {
                Ok(Some(Delivery { next_attempt_at: Some(until), tries: delivery.tries + 1, ..delivery }))
            }
            Updated::Refused(_) => Ok(None),
        }
    }

    /// Writes down how the claimed attempt of `delivery` ended, if the claim still stands; false when it doesn't.
    pub(crate) async fn settle(
        &self,
        call: &InvocationContext,
        delivery: &Delivery,
        log: &[Attempt],
        settling: Settling,
        now: Timestamp,
    ) -> Result<bool, Problem> {
        let expression = settled(delivery, log, settling, now)?;
        let made = self.table.update_now::<IgnoredAny>(call, &delivery_key(delivery.id), expression).await?;
        Ok(matches!(made, Updated::Made(_)))
    }

    /// As [`Self::settle`], as a part of a transaction.
    pub(crate) fn settling(
        &self,
        delivery: &Delivery,
        log: &[Attempt],
        settling: Settling,
        now: Timestamp,
    ) -> Result<Write<Refusal>, Problem> {
        let expression = settled(delivery, log, settling, now)?;
        self.table.update(&delivery_key(delivery.id), expression, Refusal::DeliveryChanged)
    }

    /// Begins the schedule of a delivery again, regardless of its outcome so far; false when it is gone.
    pub(crate) async fn restart(
        &self,
        call: &InvocationContext,
        delivery: &Delivery,
    ) -> Result<bool, Problem> {
        let now = call.now;
        let restart = Expression::update(
            "SET #status = :pending, tries = :none, nextAttemptAt = :now, dueShard = :shard, expiresAt = :expires \
             REMOVE endedAt",
        )
        .when("attribute_exists(PK)")
        .name("#status", "status")
        .number(":none", 0)
        .value(":pending", Status::Pending)?
        .value(":now", now)?
        .value(":shard", due_shard(delivery.id.shard(DUE_SHARDS)))?
        .value(":expires", now.plus(RETENTION).as_seconds())?;
        let made = self.table.update_now::<IgnoredAny>(call, &delivery_key(delivery.id), restart).await?;
        Ok(matches!(made, Updated::Made(_)))
    }

    /// Deliveries to an endpoint that come after `cursor`, the newest first, and where the next page begins.
    pub(crate) async fn log(
        &self,
        endpoint: WebhookEndpointId,
        limit: u32,
        cursor: Option<&Cursor>,
        now: Timestamp,
    ) -> Result<(Vec<Delivery>, Option<Cursor>), Problem> {
        let start = cursor.map(|cursor| position(endpoint, cursor)).transpose()?;
        let query = self.table.query(endpoint_partition(endpoint)).index("ByEndpoint", "endpointKey");
        let found: Rows<Entry> = query.newest_first().limit(limit).start_after(start).rows().await?;
        let keys: Vec<Key> = ids(&found.items).map(delivery_key).collect();
        let mut deliveries: Vec<Delivery> = self.table.get_many(&keys).await?;
        deliveries.sort_by_key(|delivery| std::cmp::Reverse((delivery.created_at, delivery.id)));
        let last = deliveries.last().map(created_key);
        deliveries.retain(|delivery| delivery.expires_at > now.as_seconds());
        Ok((deliveries, found.next.and(last).map(Cursor::after)))
    }

    /// Deliveries in `shard` whose next attempt was due at `now`, and where to go on.
    pub(crate) async fn due(
        &self,
        shard: u64,
        now: Timestamp,
        start: Option<Item>,
    ) -> Result<Rows<WebhookDeliveryId>, Problem> {
        let from = Timestamp::from_millis(0).to_string();
        let query = self.table.query(due_shard(shard)).index("Due", "dueShard");
        let query = query.between("nextAttemptAt", from, now.to_string()).limit(DUE_PAGE).start_after(start);
        let due: Rows<Entry> = query.rows().await?;
        Ok(Rows { items: ids(&due.items).collect(), next: due.next })
    }
}

/// Under the condition that the claim stands.
fn settled(
    delivery: &Delivery,
    log: &[Attempt],
    settling: Settling,
    now: Timestamp,
) -> Result<Expression, Problem> {
    let claimed = delivery.next_attempt_at.ok_or_else(|| Problem::internal("settled without a claim"))?;
    let expression = match settling {
        Settling::Waits(next) => {
            Expression::update("SET nextAttemptAt = :next, attempts = :log").value(":next", next)?
        }
        Settling::Ends(status) => Expression::update(
            "SET #status = :ended, endedAt = :now, attempts = :log REMOVE nextAttemptAt, dueShard",
        )
        .value(":ended", status)?
        .value(":now", now)?,
    };
    expression
        .when("#status = :pending AND nextAttemptAt = :claimed")
        .name("#status", "status")
        .value(":log", log)?
        .value(":pending", Status::Pending)?
        .value(":claimed", claimed)
}

fn ids(entries: &[Entry]) -> impl Iterator<Item = WebhookDeliveryId> {
    entries.iter().filter_map(|entry| entry.partition.strip_prefix("DELIVERY#")?.parse().ok())
}

/// The key of the index's entry at `cursor`, always in the endpoint's own partition, regardless of the cursor's text.
fn position(endpoint: WebhookEndpointId, cursor: &Cursor) -> Result<Item, Problem> {
    let refused = || Problem::invalid_parameter("cursor", "is not a cursor of this list");
    let (_, id) = cursor.position().rsplit_once('#').ok_or_else(refused)?;
    let id: WebhookDeliveryId = id.parse().map_err(|_| refused())?;
    let mut item = delivery_key(id).to_item();
    item.extend(Key::index("endpointKey", endpoint_partition(endpoint), "createdKey", cursor.position()));
    Ok(item)
}

fn delivery_key(id: WebhookDeliveryId) -> Key {
    Key::new(format!("DELIVERY#{id}"), SORT)
}

fn endpoint_partition(id: WebhookEndpointId) -> String {
    format!("ENDPOINT#{id}")
}

fn created_key(delivery: &Delivery) -> String {
    format!("{}#{}", delivery.created_at, delivery.id)
}

fn due_shard(shard: u64) -> String {
    format!("DUE#{shard}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::envelope::tests::event;

    fn delivery(endpoint: WebhookEndpointId) -> Delivery {
        let event = event("orders.order_paid", "order/1", 1, &serde_json::json!({}));
        Delivery::new(&event, endpoint, Timestamp::from_millis(1_700_000_000_007)).unwrap()
    }

    #[test]
    fn keys_are_what_they_were() {
        let id: WebhookDeliveryId = "6c1f0a52-93d4-4e0b-8a77-1d5e42b9c3f0".parse().unwrap();
        assert_eq!(delivery_key(id), Key::new("DELIVERY#6c1f0a52-93d4-4e0b-8a77-1d5e42b9c3f0", "DELIVERY"));
        let delivery = delivery(WebhookEndpointId::generate());
        assert_eq!(created_key(&delivery), format!("2023-11-14T22:13:20.007Z#{}", delivery.id));
    }

    #[test]
    fn what_is_written_is_read_back() {
        let delivery = delivery(WebhookEndpointId::generate());
        let written = Written {
            delivery: &delivery,
            endpoint_key: endpoint_partition(delivery.endpoint_id),
            created_key: created_key(&delivery),
            due_shard: due_shard(0),
        };
        let item: Item = serde_dynamo::to_item(&written).unwrap();
        // The index of what is due sorts by the attribute that everybody else goes by.
        assert_eq!(item["nextAttemptAt"].as_s().unwrap(), "2023-11-14T22:13:20.007Z");
        assert_eq!(platform::dynamo::read::<Delivery>(item).unwrap(), delivery);
    }

    #[test]
    fn a_cursor_stays_in_the_partition_of_its_endpoint() {
        let endpoint = WebhookEndpointId::generate();
        let delivery = delivery(endpoint);
        let item = position(endpoint, &Cursor::after(created_key(&delivery))).unwrap();
        assert_eq!(item["endpointKey"].as_s().unwrap(), &endpoint_partition(endpoint));
        assert_eq!(item["PK"].as_s().unwrap(), &delivery_key(delivery.id).pk);
        for forged in ["", "x", "2023#x", "ENDPOINT#1"] {
            assert!(position(endpoint, &Cursor::after(forged)).is_err(), "{forged}");
        }
    }
}
