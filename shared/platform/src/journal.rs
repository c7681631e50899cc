//! The journal: one row for every change of state, written in the same transaction as the change.
//!
//! It is an aggregate's history, the audit trail and the outbox at once: the table's stream feeds the publisher, so an
//! event exists exactly when its change does, however a process dies.

use kernel::{Event, NewEvent, Problem};
use serde::{Deserialize, Serialize};
use serde_dynamo::AttributeValue;

use crate::dynamo::{Key, Rows, Table, Write};
use crate::{Init, InitError, InvocationContext};

/// Digits that a sequence number is padded to in the sort key, so that text order is number order.
const SEQUENCE_DIGITS: usize = 12;

/// Someone else made the aggregate's next change first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SequenceTaken;

/// The journal table.
#[derive(Clone)]
pub struct Journal {
    table: Table,
}

#[derive(Serialize, Deserialize)]
struct Row {
    event: Event,
}

impl Journal {
    /// The table named by `JOURNAL_TABLE`.
    pub async fn connect(init: &Init) -> Result<Self, InitError> {
        Ok(Self { table: init.table("JOURNAL_TABLE").await? })
    }

    /// The row for `event`, to be written in the transaction that makes the change.
    pub fn append(&self, call: &InvocationContext, event: NewEvent) -> Result<Write<SequenceTaken>, Problem> {
        let mut event = event.occurred(call.now, &call.actor, &call.correlation_id);
        event.trace.clone_from(&call.trace);
        let key = key(&event.aggregate_id, event.sequence);
        self.table.put_new(&key, &Row { event }, SequenceTaken)
    }

    /// The events of an aggregate, oldest first, from after `sequence` on.
    pub async fn history(&self, aggregate_id: &str, after: u64, limit: u32) -> Result<Vec<Event>, Problem> {
        let start = (after > 0).then(|| key(aggregate_id, after).to_item());
        let rows: Rows<Row> = self.table.query(aggregate_id).limit(limit).start_after(start).rows().await?;
        Ok(rows.items.into_iter().map(|row| row.event).collect())
    }
}

/// Reads the event out of a row as the table's stream delivers it.
pub fn event_of(row: serde_dynamo::Item) -> Result<Event, Problem> {
    let row: Row = serde_dynamo::from_item(row).map_err(Problem::internal)?;
    Ok(row.event)
}

/// Reads what ties a row together with what set it off, without reading the rest.
pub(crate) fn correlation_of(row: &serde_dynamo::Item) -> Option<&str> {
    let AttributeValue::M(event) = row.inner().get("event")? else { return None };
    let AttributeValue::S(id) = event.get("correlationId")? else { return None };
    Some(id)
}

fn key(aggregate_id: &str, sequence: u64) -> Key {
    Key::new(aggregate_id, format!("{sequence:0>SEQUENCE_DIGITS$}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_what_they_were() {
        assert_eq!(key("order/7", 3), Key::new("order/7", "000000000003"));
    }
}
