//! The orders table.
//!
//! | item | key | index keys |
//! |---|---|---|
//! | an order | `ORDER#<id>` / `ORDER` | `createdKey` = `<time>#<number>` sorts `ByUser` (`userKey` = `USER#<id>`), `ByStatus` (`statusShard` = `STATUS#<status>#<shard>`) and `ByCreated` (`createdShard` = `CREATED#<shard>`); `expiryShard`, `expiryKey` in `ByExpiry`, only while the order awaits payment, is new or has failed |
//! | what an account, a guest or a source address holds | `HOLD#USER#<id>`, `HOLD#CONTACT#<hash>`, `HOLD#SOURCE#<hash>` / `HOLD` | `o#<order id>` = `{until, units}` for each unpaid order; `version`, `expired`, `deleteAt`; see [`crate::holds`] |
//! | the tombstone of an account that was deleted | `DELETED#USER#<id>` / `DELETED` | `deleteAt` |
//! | a signed cart that was ordered | `SNAPSHOT#<id>` / `SNAPSHOT` | `orderId`, `userId`, `deleteAt` |
//!
//! `ByExpiry` is sparse: the cost of looking for orders that are due grows with the orders that wait, never with the table. It and the indexes over
//! all customers' orders are spread over partitions ([`EXPIRY_SHARDS`], [`LIST_SHARDS`]), so that under load not all orders are written to one.

use std::time::Duration;

use kernel::{Currency, NewEvent, OrderId, OrderNumber, Problem, Timestamp, UserId};
use platform::dynamo::{Expression, Item, Key, Rows, Scanned, Segment, Table, Write};
use platform::journal::Journal;
use platform::partition_merge::Chunk;
use platform::{Init, InitError, InvocationContext};
use serde::{Deserialize, Serialize};

use crate::edges::Status;
use crate::filter::Span;
use crate::order::{Order, Transition};
use crate::record::{ITEM_VERSION, PERSONAL, Record};

mod accounts;
mod holding;

pub use accounts::DELETED_ACCOUNT_RETENTION;

/// Partitions of the expiry index. Each takes 1,000 writes a second (DynamoDB developer guide, partition limits).
pub const EXPIRY_SHARDS: u64 = 8;
/// Partitions of the list of all orders, and of the list of those in one status. An order costs the list of all some five writes in its life,
/// one for each status, and the list of one status two; so that four partitions take some 800 new orders a second.
pub const LIST_SHARDS: u64 = 4;
/// Orders read from the expiry index at a time.
const EXPIRY_PAGE: u32 = 500;

/// The time for which the table records that a signed cart was ordered. Longer than it can be ordered (`SNAPSHOT_LIFETIME`).
pub const TAKEN_SNAPSHOT_RETENTION: Duration = Duration::from_hours(24);

/// A signed cart that was ordered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TakenSnapshot {
    /// The order.
    pub order_id: OrderId,
    /// The customer.
    pub user_id: UserId,
    /// The time at which the item may be deleted, in seconds since 1970.
    delete_at: i64,
}

impl TakenSnapshot {
    /// Reads an item.
    pub fn read(item: Item) -> Result<Self, Problem> {
        platform::dynamo::read(item)
    }
}

/// Another order was placed from the same signed cart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SnapshotTaken;

/// Another writer changed the holdings of an account or address since they were read; read again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HoldsChanged;

/// The reason for which a write to an order was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OrderRefusal {
    /// Another order has this number; draw again.
    NumberTaken,
    /// The order has changed since it was read; read again.
    Changed,
}

/// The orders table.
#[derive(Clone)]
pub struct Orders {
    table: Table,
}

/// A line of a list of orders.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OrderSummary {
    /// The order.
    pub id: OrderId,
    /// Its number.
    pub number: OrderNumber,
    /// The status.
    pub status: Status,
    /// The total, in minor units.
    pub total_amount: i64,
    /// The currency.
    pub currency: Currency,
    /// The time at which it was placed.
    pub created_at: Timestamp,
}

/// An order as the indexes have it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// The line of a list.
    pub summary: OrderSummary,
    /// The customer.
    pub user: UserId,
}

impl Listed {
    /// The position in any list.
    pub(crate) fn created_key(&self) -> String {
        created_key(self.summary.created_at, self.summary.number)
    }
}

/// A list that is read as one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Partition {
    /// The orders of a customer.
    User(UserId),
    /// A shard of the orders in a status.
    Status(Status, u64),
    /// A shard of all orders.
    Created(u64),
}

impl Partition {
    /// All shards of the orders in `status`, or of all orders.
    pub fn of_all(status: Option<Status>) -> Vec<Self> {
        let shard = |shard| status.map_or(Self::Created(shard), |status| Self::Status(status, shard));
        (0..LIST_SHARDS).map(shard).collect()
    }

    /// The index, its partition key's attribute, and the key.
    fn key(self) -> (&'static str, &'static str, String) {
        match self {
            Self::User(user) => ("ByUser", "userKey", user_key(user)),
            Self::Status(status, shard) => ("ByStatus", "statusShard", status_shard(status, shard)),
            Self::Created(shard) => ("ByCreated", "createdShard", created_shard(shard)),
        }
    }
}

/// An entry of one of the lists' indexes.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    user_key: String,
    #[serde(flatten)]
    summary: OrderSummary,
}

/// An entry of the expiry index.
#[derive(Debug, Deserialize)]
struct Due {
    #[serde(rename = "PK")]
    pk: String,
    #[serde(rename = "expiryKey")]
    since: Timestamp,
}

impl Orders {
    /// The table named by `ORDERS_TABLE`.
    pub async fn connect(init: &Init) -> Result<Self, InitError> {
        Ok(Self { table: init.table("ORDERS_TABLE").await? })
    }

    /// The order with this id.
    pub async fn find(&self, id: OrderId) -> Result<Option<Order>, Problem> {
        let record: Option<Record> = self.table.get(&key(id)).await?;
        record.map(Record::into_order).transpose()
    }

    /// A new order and its journal rows: one for each of its transitions.
    pub fn insert(
        &self,
        journal: &Journal,
        call: &InvocationContext,
        order: &Order,
        events: Vec<NewEvent>,
    ) -> Result<Vec<Write<OrderRefusal>>, Problem> {
        let put = self.table.put_new(&key(order.id), &Record::of(order)?, OrderRefusal::NumberTaken)?;
        let mut writes = vec![put];
        for event in events {
            writes.push(journal.append(call, event)?.map(|_| OrderRefusal::NumberTaken));
        }
        Ok(writes)
    }

    /// An order after a transition and its journal row, if it is still in the state and at the version that the transition started from.
    pub fn update(
        &self,
        journal: &Journal,
        call: &InvocationContext,
        moved: &Transition,
    ) -> Result<Vec<Write<OrderRefusal>>, Problem> {
        let order = &moved.order;
        let moves = moved.earlier.len() as u64 + 1;
        let read =
            Read { status: moved.from, version: order.version.saturating_sub(moves), notes: moved.notes };
        let unchanged = read.unchanged(Expression::default())?;
        let put =
            self.table.put_when(&key(order.id), &Record::of(order)?, unchanged, OrderRefusal::Changed)?;
        let mut writes = vec![put];
        for event in moved.earlier.iter().chain([&moved.event]) {
            writes.push(journal.append(call, event.clone())?.map(|_| OrderRefusal::Changed));
        }
        if moved.from == Status::AwaitingPayment && order.status() != Status::AwaitingPayment {
            writes.extend(self.release_holding(call, order, moved.holder.as_ref())?);
        }
        Ok(writes)
    }

    /// Records that `order` was placed from the signed cart `snapshot`, from which no other was.
    pub fn take_snapshot(
        &self,
        call: &InvocationContext,
        snapshot: &str,
        order: &Order,
    ) -> Result<Write<SnapshotTaken>, Problem> {
        let delete_at = call.now.plus(TAKEN_SNAPSHOT_RETENTION).as_seconds();
        let taken = TakenSnapshot { order_id: order.id, user_id: order.user_id, delete_at };
        self.table.put_new(&Key::new(format!("SNAPSHOT#{snapshot}"), "SNAPSHOT"), &taken, SnapshotTaken)
    }

    /// The latest annotation of the payment of `order`, if nothing else has changed since.
    pub fn note_payment(&self, order: &Order) -> Result<Write<OrderRefusal>, Problem> {
        // A refund may have ended an order of a deleted account.
        let forget = order.account_deleted && !order.is_owed();
        let remove = if forget { format!(" REMOVE {}", PERSONAL.join(", ")) } else { String::new() };
        let note = Expression::update(format!("SET payment = :payment, notes = :next{remove}"))
            .value(":payment", &order.payment)?
            .value(":next", order.notes)?;
        let read =
            Read { status: order.status(), version: order.version, notes: order.notes.saturating_sub(1) };
        self.table.update(&key(order.id), read.unchanged(note)?, OrderRefusal::Changed)
    }

    /// The tokens that open `order` by its latest annotation, if nothing else has changed since.
    pub fn note_tokens(&self, order: &Order) -> Result<Write<OrderRefusal>, Problem> {
        let note = Expression::update("SET guest = :guest, notes = :next")
            .value(":guest", &order.buyer.guest)?
            .value(":next", order.notes)?;
        let read =
            Read { status: order.status(), version: order.version, notes: order.notes.saturating_sub(1) };
        self.table.update(&key(order.id), read.unchanged(note)?, OrderRefusal::Changed)
    }

    /// Keeps `order` out of the expiry index's due part until `until`, if it is still as it was read. Its own time stays.
    pub fn postpone_expiry(&self, order: &Order, until: Timestamp) -> Result<Write<OrderRefusal>, Problem> {
        let later = Expression::update("SET expiryKey = :until").value(":until", until)?;
        let read = Read { status: order.status(), version: order.version, notes: order.notes };
        self.table.update(&key(order.id), read.unchanged(later)?, OrderRefusal::Changed)
    }

    /// The newest `count` orders of `partition` within `span`.
    pub(crate) async fn chunk(
        &self,
        partition: &Partition,
        span: &Span,
        count: u32,
    ) -> Result<Chunk<Listed>, Problem> {
        if span.is_empty() {
            return Ok(Chunk { items: Vec::new(), more: false });
        }
        let (index, attribute, key) = partition.key();
        let rows: Rows<Entry> = self
            .table
            .query(key)
            .index(index, attribute)
            .between("createdKey", &span.low, &span.high)
            .newest_first()
            // BETWEEN includes its edges, and the upper one may be the last order of the page before.
            .limit(count + 1)
            .rows()
            .await?;
        let orders = rows.items.into_iter().map(listed).collect::<Result<Vec<_>, _>>()?;
        let items = orders.into_iter().filter(|order| order.created_key() != span.high).collect();
        Ok(Chunk { items, more: rows.next.is_some() })
    }

    /// The orders with these ids that exist, in no particular order. Ids may not repeat.
    pub async fn find_many(&self, ids: &[OrderId]) -> Result<Vec<Order>, Problem> {
        let keys: Vec<Key> = ids.iter().map(|id| key(*id)).collect();
        let records: Vec<Record> = self.table.get_many(&keys).await?;
        records.into_iter().map(Record::into_order).collect()
    }

    /// Reads a page of the table; returns the orders of an older form than [`ITEM_VERSION`], and those from before new and failed orders ended.
    pub(crate) async fn older_forms(
        &self,
        segment: Segment,
        limit: u32,
        start: Option<Key>,
    ) -> Result<Scanned, Problem> {
        let older = Expression::condition(
            "attribute_exists(createdKey) AND (attribute_not_exists(itemVersion) OR itemVersion < :written \
             OR (#status IN (:new, :failed) AND attribute_not_exists(endsAt)))",
        )
        .name("#status", "status")
        .number(":written", ITEM_VERSION.into())
        .value(":new", Status::New)?
        .value(":failed", Status::Failed)?;
        self.table.scan(segment, limit, start, older).await
    }

    /// Writes an order as it was read, in the form of [`ITEM_VERSION`].
    pub(crate) fn rewrite(&self, order: &Order) -> Result<Write<OrderRefusal>, Problem> {
        let read = Read { status: order.status(), version: order.version, notes: order.notes };
        let unchanged = read.unchanged(Expression::default())?;
        self.table.put_when(&key(order.id), &Record::of(order)?, unchanged, OrderRefusal::Changed)
    }

    /// Ids of orders in `shard` that had expired at `now`, and the key to continue from.
    pub async fn due(
        &self,
        shard: u64,
        now: Timestamp,
        start: Option<Item>,
    ) -> Result<Rows<(OrderId, Timestamp)>, Problem> {
        let rows: Rows<Due> = self
            .table
            .query(expiry_shard(shard))
            .index("ByExpiry", "expiryShard")
            .between("expiryKey", Timestamp::from_millis(0).to_string(), now.to_string())
            .limit(EXPIRY_PAGE)
            .start_after(start)
            .rows()
            .await?;
        let id = |due: &Due| due.pk.strip_prefix("ORDER#")?.parse().ok();
        let items = rows.items.iter().filter_map(|due| Some((id(due)?, due.since))).collect();
        Ok(Rows { items, next: rows.next })
    }
}

/// The condition that an order is still as it was read. Version and annotation count alone would do; the status repeats it, so that no transition is
/// made from a state that does not have it even if a version were ever wrong.
struct Read {
    status: Status,
    version: u64,
    notes: u64,
}

impl Read {
    /// Adds the condition that the order is still this.
    fn unchanged(&self, expression: Expression) -> Result<Expression, Problem> {
        expression
            .when("#status = :from AND version = :read AND (notes = :noted OR attribute_not_exists(notes))")
            .name("#status", "status")
            .value(":from", self.status)?
            .value(":read", self.version)?
            .value(":noted", self.notes)
    }
}

fn key(id: OrderId) -> Key {
    Key::new(format!("ORDER#{id}"), "ORDER")
}

pub(crate) fn user_key(user: UserId) -> String {
    format!("USER#{user}")
}

pub(crate) fn status_shard(status: Status, shard: u64) -> String {
    format!("STATUS#{}#{shard}", status.name())
}

pub(crate) fn created_shard(shard: u64) -> String {
    format!("CREATED#{shard}")
}

pub(crate) fn created_key(at: Timestamp, number: OrderNumber) -> String {
    format!("{at}#{number}")
}

pub(crate) fn expiry_shard(shard: u64) -> String {
    format!("EXPIRY#{shard}")
}

fn listed(entry: Entry) -> Result<Listed, Problem> {
    let user = entry.user_key.strip_prefix("USER#").and_then(|id| id.parse().ok());
    let user = user.ok_or_else(|| Problem::internal(format!("order {} has no user", entry.summary.id)))?;
    Ok(Listed { summary: entry.summary, user })
}

#[cfg(test)]
#[path = "store_tests.rs"]
mod tests;
