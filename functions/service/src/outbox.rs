//! The events of a batch of journal rows that are still to be published on the bus.
//!
//! An outbox only decides: [`Outbox::next`] names the entries of the next call, [`Outbox::settle`] takes their
//! results, [`Outbox::verdict`] says what to park and from where the stream continues. Nothing here waits or sends.
//!
//! # Order
//! Events of one aggregate leave in the order in which they happened: one call carries at most one event of an aggregate,
//! since the bus may refuse any single entry of a call, and an entry that the bus did not take holds the later ones of its
//! aggregate back. Other aggregates are not held.
//!
//! # A row that can never be published
//! A row that is no event, an event larger than the bus takes, and one that the bus refuses for what it is would fail every time, and
//! hold up its shard for hours. Such a row is parked: it is put into the queue of the stream's failures, where an alarm and an operator find it, and the
//! stream goes on. Later events of its aggregate go on too. Consumers see a gap in the aggregate's sequence until the row is published again, and know
//! repeats by the event's id.
//!
//! A bus that refuses everything, such as one that may not be used, is no fault of a row. Nothing is parked for it: the stream repeats.

use std::collections::HashSet;

use kernel::{Event, Problem, Timestamp, Trace};
use platform::dynamo::Key;
use platform::journal;
use platform::stream::{Change, Parked, Stuck};

/// The most entries of one call (EventBridge API reference, `PutEvents`).
pub const MAX_ENTRIES: usize = 10;
/// All entries of one call together have to be smaller than this, in bytes. EventBridge has raised its limit to 1 MB in many
/// regions; 256 KB holds in all of them, and leaves an event small enough for the queues behind the bus.
pub const MAX_BYTES: usize = 256 * 1024;
/// The size that an entry's time counts for, in bytes (EventBridge user guide, "Calculating event entry size").
const TIME_BYTES: usize = 14;
/// The most times that one invocation offers an event to the bus. After that the stream offers it again, with longer
/// pauses.
pub const MAX_ATTEMPTS: u32 = 5;

/// An event as the bus takes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// `holdfast.<context>`.
    pub source: String,
    /// `<context>.<what_happened>.v<version>`.
    pub detail_type: String,
    /// The event as JSON, with the attributes of a `CloudEvent`.
    pub detail: String,
    /// The time at which it happened.
    pub time: Timestamp,
    /// The trace in which it happened, so that its consumers continue the same one.
    pub trace: Option<Trace>,
}

impl Entry {
    /// The entry for `event`.
    fn of(event: &Event) -> Result<Self, Problem> {
        let Some(context) = event.context() else {
            return Err(Problem::internal(format!("event {} is of no context", event.id)));
        };
        let source = format!("holdfast.{context}");
        let entry = Self {
            detail: serde_json::to_string(&event.published(&source)).map_err(Problem::internal)?,
            source,
            detail_type: event.detail_type(),
            time: event.occurred_at,
            trace: event.trace.clone(),
        };
        if entry.bytes() >= MAX_BYTES {
            let inside = format!("event {} takes {} bytes on the bus", event.id, entry.bytes());
            return Err(Problem::internal(inside));
        }
        Ok(entry)
    }

    /// The size of this entry as the bus counts it.
    fn bytes(&self) -> usize {
        TIME_BYTES + self.source.len() + self.detail_type.len() + self.detail.len()
    }
}

/// The outcome of offering an entry to the bus.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// The bus has it.
    Accepted,
    /// The bus does not have it; a problem of a retryable kind may pass.
    Failed(Problem),
    /// The bus does not have it because of one of the entries of the call, and does not say of which.
    OneRefused(Problem),
    /// The bus will never take this entry.
    Refused(Problem),
}

/// An event on its way to the bus.
#[derive(Debug)]
struct Parcel {
    position: String,
    key: Option<Key>,
    aggregate: String,
    entry: Entry,
    failures: u32,
    /// True when it has to be offered in a call of its own.
    alone: bool,
    state: State,
}

#[derive(Debug, PartialEq)]
enum State {
    Waiting,
    Accepted,
    /// Given up for this time; the stream brings it again.
    GivenUp(Problem),
    /// Never to be published.
    Refused(Problem),
}

/// One change of the journal.
#[derive(Debug)]
enum Row {
    Event(Parcel),
    Unpublishable { position: String, key: Option<Key>, problem: Problem },
}

/// The events of one batch, in the order in which they happened.
#[derive(Debug)]
pub struct Outbox {
    rows: Vec<Row>,
}

impl Outbox {
    /// An outbox of the events in `changes`. A deletion has none: events are published when their row is written.
    pub fn of(changes: Vec<Change>) -> Self {
        let written = changes.into_iter().filter(|change| !change.new_image.is_empty());
        Self { rows: written.map(row).collect() }
    }

    /// The entries of the next call with their numbers, which [`Self::settle`] wants back; empty when there is nothing
    /// left that may be sent.
    pub fn next(&self) -> Vec<(usize, &Entry)> {
        let mut seen = HashSet::new();
        let mut chosen = Vec::new();
        let mut bytes = 0;
        for (number, row) in self.rows.iter().enumerate() {
            let Row::Event(parcel) = row else { continue };
            if matches!(parcel.state, State::Accepted | State::Refused(_)) {
                continue;
            }
            let first_of_its_aggregate = seen.insert(parcel.aggregate.as_str());
            if parcel.state != State::Waiting || !first_of_its_aggregate {
                continue;
            }
            bytes += parcel.entry.bytes();
            let fits = chosen.len() < MAX_ENTRIES && bytes < MAX_BYTES && !parcel.alone;
            if !fits && !chosen.is_empty() {
                break;
            }
            chosen.push((number, &parcel.entry));
            if parcel.alone {
                break;
            }
        }
        chosen
    }

    /// Takes what became of the entry `number`.
    pub fn settle(&mut self, number: usize, outcome: Outcome) {
        let Some(Row::Event(parcel)) = self.rows.get_mut(number) else { return };
        match outcome {
            Outcome::Accepted => parcel.state = State::Accepted,
            Outcome::Failed(problem) => {
                parcel.failures += 1;
                if !problem.kind.retryable() || parcel.failures == MAX_ATTEMPTS {
                    parcel.state = State::GivenUp(problem);
                }
            }
            Outcome::OneRefused(problem) if parcel.alone => parcel.state = State::Refused(problem),
            Outcome::OneRefused(_) => parcel.alone = true,
            Outcome::Refused(problem) => parcel.state = State::Refused(problem),
        }
    }

    /// Returns the rows to park, and whether everything else was published or the place from which the stream has to go
    /// on. Rows after that place come again, and are parked then.
    pub fn verdict(self) -> (Vec<Parked>, Result<(), Stuck>) {
        let mut parked = Vec::new();
        for row in self.rows {
            let (sequence_number, problem) = match row {
                Row::Event(Parcel { state: State::Accepted, .. }) => continue,
                Row::Unpublishable { position, key, problem }
                | Row::Event(Parcel { position, key, state: State::Refused(problem), .. }) => {
                    parked.push(Parked { sequence_number: position, key, reason: problem.to_string() });
                    continue;
                }
                Row::Event(Parcel { position, state: State::GivenUp(problem), .. }) => (position, problem),
                Row::Event(Parcel { position, state: State::Waiting, .. }) => {
                    (position, Problem::unavailable("the time of this invocation was over"))
                }
            };
            return (parked, Err(Stuck { sequence_number, problem }));
        }
        (parked, Ok(()))
    }
}

fn row(change: Change) -> Row {
    let (key, position) = (change.key().ok(), change.sequence_number);
    let parcel = journal::event_of(change.new_image).and_then(|event| {
        let entry = Entry::of(&event)?;
        Ok((event.aggregate_id, entry))
    });
    match parcel {
        Ok((aggregate, entry)) => {
            let (failures, alone, state) = (0, false, State::Waiting);
            Row::Event(Parcel { position, key, aggregate, entry, failures, alone, state })
        }
        Err(problem) => Row::Unpublishable { position, key, problem },
    }
}

#[cfg(test)]
#[path = "outbox_tests.rs"]
pub(crate) mod tests;
