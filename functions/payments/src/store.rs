//! The payments table.
//!
//! | item | key | index keys |
//! |---|---|---|
//! | a payment | `PAYMENT#<id>` / `PAYMENT` | none yet: the order names its payment |
//! | a payment as the sandbox provider knows it | `SANDBOX#<reference>` / `SANDBOX` | see [`crate::sandbox`] |
//! | a refund as the sandbox provider knows it | `SANDBOX-REFUND#<reference>` / `SANDBOX` | |

use kernel::{Currency, Money, NewEvent, OrderId, PaymentId, Problem, Timestamp, UserId};
use orders::PaymentStatus;
use platform::dynamo::{Expression, Key, Table, Write};
use platform::journal::Journal;
use platform::{Call, Init, InitError};
use serde::{Deserialize, Serialize};

use crate::method::{Instrument, Method};
use crate::payment::{Failure, Payment};
use crate::provider::PaymentReference;

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
    user_id: UserId,
    amount: i64,
    currency: Currency,
    method: Method,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    instrument: Option<Instrument>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reference: Option<PaymentReference>,
    status: PaymentStatus,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    failure: Option<Failure>,
    created_at: Timestamp,
    updated_at: Timestamp,
    version: u64,
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

    /// A new payment and its journal row.
    pub fn insert(
        &self,
        journal: &Journal,
        call: &Call,
        payment: &Payment,
        event: NewEvent,
    ) -> Result<Vec<Write<PaymentChanged>>, Problem> {
        let put = self.table.put_new(&key(payment.id), &record(payment), PaymentChanged)?;
        Ok(vec![put, journal.append(call, event)?.map(|_| PaymentChanged)])
    }

    /// A payment after a move and its journal row, if nothing has changed since version `payment.version - 1` was read.
    pub fn update(
        &self,
        journal: &Journal,
        call: &Call,
        payment: &Payment,
        event: NewEvent,
    ) -> Result<Vec<Write<PaymentChanged>>, Problem> {
        let update = self.table.update(&key(payment.id), moved(payment)?, PaymentChanged)?;
        Ok(vec![update, journal.append(call, event)?.map(|_| PaymentChanged)])
    }

    /// Notes the provider's id of a payment that has not moved since it began. No change of its state, so neither version nor journal.
    pub fn note_reference(
        &self,
        id: PaymentId,
        reference: &PaymentReference,
    ) -> Result<Write<PaymentChanged>, Problem> {
        let note = Expression::update("SET reference = :reference")
            .when("version = :begun")
            .value(":reference", reference)?
            .value(":begun", 1)?;
        self.table.update(&key(id), note, PaymentChanged)
    }
}

fn record(payment: &Payment) -> Record {
    Record {
        id: payment.id,
        order_id: payment.order_id,
        user_id: payment.user_id,
        amount: payment.amount.amount(),
        currency: payment.amount.currency(),
        method: payment.method,
        instrument: payment.instrument.clone(),
        reference: payment.reference.clone(),
        status: payment.status,
        failure: payment.failure.clone(),
        created_at: payment.created_at,
        updated_at: payment.updated_at,
        version: payment.version,
    }
}

/// What a move changes. The reference may have been noted since the payment was read, and stays.
fn moved(payment: &Payment) -> Result<Expression, Problem> {
    let mut set = "SET #status = :status, updatedAt = :at, version = :version".to_owned();
    if payment.failure.is_some() {
        set.push_str(", failure = :failure");
    }
    if payment.reference.is_some() {
        set.push_str(", reference = if_not_exists(reference, :reference)");
    }
    set.push_str(" REMOVE instrument");
    let mut change = Expression::update(set)
        .when("version = :read")
        .name("#status", "status")
        .value(":status", payment.status)?
        .value(":at", payment.updated_at)?
        .value(":version", payment.version)?
        .value(":read", payment.version - 1)?;
    if let Some(failure) = &payment.failure {
        change = change.value(":failure", failure)?;
    }
    if let Some(reference) = &payment.reference {
        change = change.value(":reference", reference)?;
    }
    Ok(change)
}

fn payment(record: Record) -> Result<Payment, Problem> {
    let amount = Money::new(record.amount, record.currency)
        .ok_or_else(|| Problem::internal(format!("the amount of payment {} is out of range", record.id)))?;
    Ok(Payment {
        id: record.id,
        order_id: record.order_id,
        user_id: record.user_id,
        amount,
        method: record.method,
        instrument: record.instrument,
        reference: record.reference,
        status: record.status,
        failure: record.failure,
        created_at: record.created_at,
        updated_at: record.updated_at,
        version: record.version,
    })
}

fn key(id: PaymentId) -> Key {
    Key::new(format!("PAYMENT#{id}"), "PAYMENT")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_what_they_were() {
        let id: PaymentId = "6c1f0a52-93d4-4e0b-8a77-1d5e42b9c3f0".parse().unwrap();
        assert_eq!(key(id), Key::new("PAYMENT#6c1f0a52-93d4-4e0b-8a77-1d5e42b9c3f0", "PAYMENT"));
    }
}
