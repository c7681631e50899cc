//! The payments table.
//!
//! | item | key | index keys |
//! |---|---|---|
//! | a payment with its refunds | `PAYMENT#<id>` / `PAYMENT` | `lookShard` = `LOOK#<shard>`, `lookKey` = the time of the next poll; in `ByLook`, only while something is undecided |
//! | which payment a refund is of | `REFUND#<id>` / `REFUND` | |
//! | a payment as the sandbox provider knows it | `SANDBOX#<reference>` / `SANDBOX` | see [`crate::sandbox`] |
//! | a refund as the sandbox provider knows it | `SANDBOX-REFUND#<reference>` / `SANDBOX` | |
//!
//! `ByLook` is sparse: the cost of finding undecided payments grows with their number, and never with the table.

use kernel::{
    Currency, Money, NewEvent, OrderId, OrderNumber, PaymentId, PaymentStatus, Problem, RefundId, Timestamp,
    UserId,
};
use platform::dynamo::{Expression, Item, Key, Rows, Table, Write};
use platform::journal::Journal;
use platform::{Init, InitError, InvocationContext};
use serde::{Deserialize, Serialize};

use crate::external::ExternalPayment;
use crate::method::Method;
use crate::payment::receipt::PaymentReceipt;
use crate::payment::refund::Refund;
use crate::payment::watch::Watch;
use crate::payment::{Failure, Payment, StartParameters, State, Transition};
use crate::provider::PaymentReference;

/// Partitions of the index of undecided payments. Each takes 1,000 writes a second (DynamoDB developer guide, partition limits).
pub const LOOK_SHARDS: u64 = 4;
/// Payments read from that index at a time.
const LOOK_PAGE: u32 = 500;

/// The payment has changed since it was read, or exists already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PaymentChanged;

/// The payments table.
#[derive(Clone)]
pub struct Payments {
    pub(crate) table: Table,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Record {
    id: PaymentId,
    order_id: OrderId,
    order_number: OrderNumber,
    user_id: UserId,
    amount: i64,
    currency: Currency,
    method: Method,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    asked: Option<StartParameters>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    external: Option<ExternalPayment>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    receipt: Option<PaymentReceipt>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sent_at: Option<Timestamp>,
    /// True when the provider was certainly never requested to begin it. An item without it, of an older form, may have been sent as it was created.
    #[serde(default)]
    unsent: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reference: Option<PaymentReference>,
    /// Written for people who read the table; it follows from the other attributes.
    status: PaymentStatus,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    failure: Option<Failure>,
    #[serde(default)]
    closed: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    captured: Option<i64>,
    #[serde(default)]
    refunds: Vec<Refund>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    watch: Option<Watch>,
    created_at: Timestamp,
    updated_at: Timestamp,
    version: u64,
    #[serde(default)]
    notes: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    look_shard: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    look_key: Option<Timestamp>,
}

/// The index entry from a refund to its payment.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Pointer {
    refund_of: PaymentId,
}

/// An entry of the index of undecided payments.
#[derive(Deserialize)]
struct Open {
    #[serde(rename = "PK")]
    pk: String,
}

impl Payments {
    /// The table named by `PAYMENTS_TABLE`.
    pub async fn connect(init: &Init) -> Result<Self, InitError> {
        Ok(Self { table: init.table("PAYMENTS_TABLE").await? })
    }

    /// The payment with this id.
    pub async fn find(&self, id: PaymentId) -> Result<Option<Payment>, Problem> {
        let record: Option<Record> = self.table.get(&key(id)).await?;
        record.map(payment).transpose()
    }

    /// The payment that the refund `id` is of.
    pub async fn find_by_refund(&self, id: RefundId) -> Result<Option<Payment>, Problem> {
        let pointer: Option<Pointer> = self.table.get(&refund_key(id)).await?;
        match pointer {
            Some(pointer) => self.find(pointer.refund_of).await,
            None => Ok(None),
        }
    }

    /// A new payment and its journal row.
    pub fn insert(
        &self,
        journal: &Journal,
        call: &InvocationContext,
        payment: &Payment,
        event: NewEvent,
    ) -> Result<Vec<Write<PaymentChanged>>, Problem> {
        let put = self.table.put_new(&key(payment.id), &record(payment), PaymentChanged)?;
        Ok(vec![put, journal.append(call, event)?.map(|_| PaymentChanged)])
    }

    /// A payment after a transition with its journal rows, if nothing has changed since it was read.
    pub fn update(
        &self,
        journal: &Journal,
        call: &InvocationContext,
        moved: &Transition,
    ) -> Result<Vec<Write<PaymentChanged>>, Problem> {
        let mut writes = vec![self.put(&moved.payment, moved.version, moved.notes)?];
        for event in &moved.events {
            writes.push(journal.append(call, event.clone())?.map(|_| PaymentChanged));
        }
        for id in &moved.begun {
            let pointer = Pointer { refund_of: moved.payment.id };
            writes.push(self.table.put_new(&refund_key(*id), &pointer, PaymentChanged)?);
        }
        Ok(writes)
    }

    /// A payment with an annotation that does not change its state, if nothing has changed since it was read: no journal row.
    pub fn note(&self, payment: &Payment) -> Result<Write<PaymentChanged>, Problem> {
        let noted = Payment { notes: payment.notes + 1, ..payment.clone() };
        self.put(&noted, payment.version, payment.notes)
    }

    fn put(&self, payment: &Payment, version: u64, notes: u64) -> Result<Write<PaymentChanged>, Problem> {
        let unchanged = Expression::condition("version = :read AND notes = :noted")
            .value(":read", version)?
            .value(":noted", notes)?;
        self.table.put_when(&key(payment.id), &record(payment), unchanged, PaymentChanged)
    }

    /// Ids of payments in `shard` that are due for a poll by `now`, and the position to continue from.
    pub async fn due(
        &self,
        shard: u64,
        now: Timestamp,
        start: Option<Item>,
    ) -> Result<Rows<PaymentId>, Problem> {
        let rows: Rows<Open> = self
            .table
            .query(look_shard(shard))
            .index("ByLook", "lookShard")
            .between("lookKey", Timestamp::from_millis(0).to_string(), now.to_string())
            .limit(LOOK_PAGE)
            .start_after(start)
            .rows()
            .await?;
        let ids =
            rows.items.iter().filter_map(|open| open.pk.strip_prefix("PAYMENT#")?.parse().ok()).collect();
        Ok(Rows { items: ids, next: rows.next })
    }
}

fn record(payment: &Payment) -> Record {
    let look = payment.watch.map(|watch| watch.next);
    Record {
        id: payment.id,
        order_id: payment.order_id,
        order_number: payment.order_number,
        user_id: payment.user_id,
        amount: payment.amount.amount(),
        currency: payment.amount.currency(),
        method: payment.method,
        asked: payment.asked.clone(),
        external: payment.external.clone(),
        receipt: payment.receipt.clone(),
        sent_at: payment.sent_at,
        unsent: payment.sent_at.is_none(),
        reference: payment.reference.clone(),
        status: payment.status(),
        failure: payment.failure().cloned(),
        closed: matches!(payment.state, State::Failed { closed: true, .. }),
        captured: payment.captured().map(Money::amount),
        refunds: payment.refunds().to_vec(),
        watch: payment.watch,
        created_at: payment.created_at,
        updated_at: payment.updated_at,
        version: payment.version,
        notes: payment.notes,
        look_shard: look.map(|_| look_shard(payment.id.shard(LOOK_SHARDS))),
        look_key: look,
    }
}

fn payment(record: Record) -> Result<Payment, Problem> {
    let money = |amount| {
        Money::new(amount, record.currency)
            .ok_or_else(|| Problem::internal(format!("an amount of payment {} is out of range", record.id)))
    };
    let state = match (record.captured, record.failure) {
        (Some(captured), _) => State::Captured { captured: money(captured)?, refunds: record.refunds },
        (None, Some(failure)) => State::Failed { failure, closed: record.closed },
        (None, None) => State::Pending,
    };
    Ok(Payment {
        id: record.id,
        order_id: record.order_id,
        order_number: record.order_number,
        user_id: record.user_id,
        amount: money(record.amount)?,
        method: record.method,
        asked: record.asked,
        external: record.external,
        receipt: record.receipt,
        sent_at: (!record.unsent).then(|| record.sent_at.unwrap_or(record.created_at)),
        reference: record.reference,
        state,
        watch: record.watch,
        created_at: record.created_at,
        updated_at: record.updated_at,
        version: record.version,
        notes: record.notes,
    })
}

fn key(id: PaymentId) -> Key {
    Key::new(format!("PAYMENT#{id}"), "PAYMENT")
}

fn refund_key(id: RefundId) -> Key {
    Key::new(format!("REFUND#{id}"), "REFUND")
}

fn look_shard(shard: u64) -> String {
    format!("LOOK#{shard}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::payment::refund::{RefundCause, RefundOutcome};
    use crate::payment::tests::{at, begun};

    #[test]
    fn keys_are_what_they_were() {
        let id: PaymentId = "6c1f0a52-93d4-4e0b-8a77-1d5e42b9c3f0".parse().unwrap();
        assert_eq!(key(id), Key::new("PAYMENT#6c1f0a52-93d4-4e0b-8a77-1d5e42b9c3f0", "PAYMENT"));
        let refund: RefundId = "6c1f0a52-93d4-4e0b-8a77-1d5e42b9c3f0".parse().unwrap();
        assert_eq!(refund_key(refund), Key::new(format!("REFUND#{refund}"), "REFUND"));
        assert_eq!(look_shard(3), "LOOK#3");
    }

    #[test]
    fn a_payment_is_read_as_it_was_written() {
        let pending = begun();
        let given_up =
            pending.clone().give_up(crate::payment::ORDER_CANCELLED, at(1)).unwrap().unwrap().payment;
        let closed = given_up.clone().closed().unwrap();
        let paid = pending.clone().succeed(pending.amount, at(1)).unwrap().unwrap().payment;
        let partly = paid.clone().request_refund(RefundId::derived("r"), 100, at(2)).unwrap().payment;
        let known = PaymentReference::try_from("p-1".to_owned()).unwrap();
        let refused = RefundOutcome::Refused(Failure::coded("no"));
        let failed = partly.clone().refund_answered(RefundId::derived("r"), &refused, at(3)).unwrap();
        let owed = given_up.clone().succeed(pending.amount, at(2)).unwrap().unwrap();
        let owed = owed.then(|payment| payment.return_rest(RefundCause::NotOwed, at(2))).unwrap().payment;
        let cash = ExternalPayment::parse("cash", Some("till 3")).unwrap();
        let external = Payment { method: Method::External, external: Some(cash), ..paid.clone() };
        for written in [
            external,
            pending.clone().unsent(),
            pending.known_as(Some(&known)),
            given_up,
            closed,
            paid,
            partly,
            failed.unwrap().payment,
            owed,
        ] {
            let stored = serde_dynamo::to_item::<_, Item>(record(&written)).unwrap();
            assert_eq!(stored.contains_key("lookKey"), written.watch.is_some());
            assert_eq!(payment(serde_dynamo::from_item(stored).unwrap()).unwrap(), written);
        }
    }
}
