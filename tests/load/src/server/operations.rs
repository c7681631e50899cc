//! DynamoDB's operations, as far as functions and this tool use them: read, rules kept, handed to the database, counted.

use std::time::Instant;

use dynoxide::actions::batch_get_item::BatchGetItemRequest;
use dynoxide::actions::get_item::GetItemRequest;
use dynoxide::actions::query::QueryRequest;
use dynoxide::actions::transact_write_items::{TransactWriteItem, TransactWriteItemsRequest};
use dynoxide::actions::update_item::UpdateItemRequest;
use dynoxide::errors::CancellationReason;
use dynoxide::types::ConsumedCapacity;
use dynoxide::{AttributeValue, DynoxideError, Item};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::meter::Tally;
use super::rules::{ItemKey, Load, UNIT};
use super::{Answer, State, timing};

/// Write units of one action of a transaction on an item of at most 1 KB, as those are that anyone meets at: twice a plain write's (developer
/// guide, "Capacity management for transactions").
const TRANSACTION_WRITE: u64 = 2 * UNIT;
/// A plain write of such an item, and a consistent read of one.
const SINGLE: u64 = UNIT;

/// The placeholder that [`platform::dynamo::Query`] puts for the partition it asks.
const PARTITION_PLACEHOLDER: &str = ":partition";

/// An operation that was not done.
enum Refusal {
    Database(DynoxideError),
    /// A write outside of a transaction met a transaction; the database behind has no such error.
    Conflict,
}

impl From<DynoxideError> for Refusal {
    fn from(error: DynoxideError) -> Self {
        Self::Database(error)
    }
}

/// What was done: the answer, and the thousandths of units it took.
struct Done {
    body: String,
    units: u64,
}

/// Answers `operation`, and counts it.
pub(super) async fn answer(state: &State, operation: &str, body: &[u8]) -> Answer {
    let done = match operation {
        "GetItem" => get_item(state, body).await,
        "BatchGetItem" => batch_get_item(state, body).await,
        "Query" => query(state, body).await,
        "UpdateItem" => update_item(state, body).await,
        "TransactWriteItems" => transact(state, body).await,
        other => Err(DynoxideError::ValidationException(format!("{other} is not served here")).into()),
    };
    state.meter.add(operation, tally(&done));
    match done {
        Ok(done) => Answer { status: 200, body: done.body },
        Err(Refusal::Database(error)) => Answer { status: error.status_code(), body: error.to_json() },
        Err(Refusal::Conflict) => Answer {
            status: 400,
            body: r#"{"__type":"com.amazonaws.dynamodb.v20120810#TransactionConflictException","message":"Transaction is ongoing for the item"}"#.to_owned(),
        },
    }
}

fn tally(done: &Result<Done, Refusal>) -> Tally {
    let mut tally = Tally { calls: 1, ..Tally::default() };
    match done {
        Ok(done) => tally.units = done.units,
        Err(Refusal::Conflict) => tally.conflicts = 1,
        Err(Refusal::Database(DynoxideError::ConditionalCheckFailedException(..))) => tally.refused = 1,
        Err(Refusal::Database(DynoxideError::ProvisionedThroughputExceededException(_))) => {
            tally.throttled = 1;
        }
        Err(Refusal::Database(DynoxideError::TransactionCanceledException(_, reasons))) => {
            let any = |code: &str| reasons.iter().any(|reason| reason.code == code);
            if any("ConditionalCheckFailed") {
                tally.refused = 1;
            } else if any("TransactionConflict") {
                tally.conflicts = 1;
            } else if any("ThrottlingError") {
                tally.throttled = 1;
            } else {
                tally.failed = 1;
            }
        }
        Err(Refusal::Database(_)) => tally.failed = 1,
    }
    tally
}

async fn get_item(state: &State, body: &[u8]) -> Result<Done, Refusal> {
    let request: GetItemRequest = read(body)?;
    state.take_time().await;
    let (table, pk) = (request.table_name.clone(), text(&request.key, "PK"));
    admit(state, Load::Read, &table, &pk)?;
    charge(state, Load::Read, &table, &pk, SINGLE);
    let answer = state.database.get_item(request)?;
    done(&answer, answer.consumed_capacity.as_slice())
}

/// Limits are not kept here: a batch would be answered with keys left unprocessed, and none is asked for by anyone in a race.
async fn batch_get_item(state: &State, body: &[u8]) -> Result<Done, Refusal> {
    let request: BatchGetItemRequest = read(body)?;
    state.take_time().await;
    let answer = state.database.batch_get_item(request)?;
    done(&answer, answer.consumed_capacity.as_deref().unwrap_or_default())
}

async fn query(state: &State, body: &[u8]) -> Result<Done, Refusal> {
    let request: QueryRequest = read(body)?;
    state.take_time().await;
    let pk = text(&request.expression_attribute_values.clone().unwrap_or_default(), PARTITION_PLACEHOLDER);
    let asked = match &request.index_name {
        Some(index) => format!("{}/{index}", request.table_name),
        None => request.table_name.clone(),
    };
    admit(state, Load::Read, &asked, &pk)?;
    let answer = state.database.query(request)?;
    let done = done(&answer, answer.consumed_capacity.as_slice())?;
    charge(state, Load::Read, &asked, &pk, done.units);
    Ok(done)
}

async fn update_item(state: &State, body: &[u8]) -> Result<Done, Refusal> {
    let request: UpdateItemRequest = read(body)?;
    state.take_time().await;
    let key = item_key(&request.table_name, &request.key);
    if state.rules().conflicts && state.in_flight.has(&key) {
        return Err(Refusal::Conflict);
    }
    admit(state, Load::Write, &key.table, &key.pk)?;
    charge(state, Load::Write, &key.table, &key.pk, SINGLE);
    let answer = state.database.update_item(request)?;
    done(&answer, answer.consumed_capacity.as_slice())
}

async fn transact(state: &State, body: &[u8]) -> Result<Done, Refusal> {
    let request: TransactWriteItemsRequest = read(body)?;
    let keys: Vec<ItemKey> = request.transact_items.iter().map(action_key).collect();
    let time = timing::transaction(state.rules().time_percent);
    sleep(time.way).await;
    throughput(state, &keys)?;
    // Held until the transaction is made or refused; what is behind makes it in one instant, at the end.
    let _claim = if state.rules().conflicts {
        let (claim, taken) = state.in_flight.claim(&keys);
        if taken.contains(&true) {
            // Half of it for finding out, half for telling those that were free.
            sleep(time.held / 2).await;
            return Err(cancelled(&taken, "TransactionConflict", "Transaction is ongoing for the item"));
        }
        Some(claim)
    } else {
        None
    };
    sleep(time.held).await;
    let answer = state.database.transact_write_items(request)?;
    done(&answer, answer.consumed_capacity.as_deref().unwrap_or_default())
}

/// Books the transaction to the partitions of its items. A transaction that is cancelled later has taken it all the same.
fn throughput(state: &State, keys: &[ItemKey]) -> Result<(), Refusal> {
    if !state.rules().partition_limits {
        return Ok(());
    }
    let now = Instant::now();
    let over: Vec<bool> =
        keys.iter().map(|key| !state.partitions.admits(Load::Write, &key.table, &key.pk, now)).collect();
    if over.contains(&true) {
        let message = "Throughput exceeds the current capacity of your table or index";
        return Err(cancelled(&over, "ThrottlingError", message));
    }
    for key in keys {
        state.partitions.charge(Load::Write, &key.table, &key.pk, TRANSACTION_WRITE, now);
    }
    Ok(())
}

/// The transaction is cancelled for `code` at the marked positions.
fn cancelled(marks: &[bool], code: &str, message: &str) -> Refusal {
    let reasons: Vec<CancellationReason> = marks
        .iter()
        .map(|marked| {
            let (code, message) = if *marked { (code, Some(message.to_owned())) } else { ("None", None) };
            CancellationReason { code: code.to_owned(), message, item: None }
        })
        .collect();
    let codes: Vec<&str> = reasons.iter().map(|reason| reason.code.as_str()).collect();
    let message = format!(
        "Transaction cancelled, please refer cancellation reasons for specific reasons [{}]",
        codes.join(", ")
    );
    DynoxideError::TransactionCanceledException(message, reasons).into()
}

fn admit(state: &State, load: Load, table: &str, pk: &str) -> Result<(), Refusal> {
    if !state.rules().partition_limits || state.partitions.admits(load, table, pk, Instant::now()) {
        return Ok(());
    }
    let message = "The level of configured provisioned throughput for the table was exceeded.".to_owned();
    Err(DynoxideError::ProvisionedThroughputExceededException(message).into())
}

fn charge(state: &State, load: Load, table: &str, pk: &str, units: u64) {
    if state.rules().partition_limits {
        state.partitions.charge(load, table, pk, units, Instant::now());
    }
}

async fn sleep(time: std::time::Duration) {
    if !time.is_zero() {
        tokio::time::sleep(time).await;
    }
}

fn action_key(action: &TransactWriteItem) -> ItemKey {
    let TransactWriteItem { put, update, delete, condition_check } = action;
    put.as_ref()
        .map(|put| item_key(&put.table_name, &put.item))
        .or_else(|| update.as_ref().map(|update| item_key(&update.table_name, &update.key)))
        .or_else(|| delete.as_ref().map(|delete| item_key(&delete.table_name, &delete.key)))
        .or_else(|| condition_check.as_ref().map(|check| item_key(&check.table_name, &check.key)))
        // No action at all: the database refuses it.
        .unwrap_or_else(|| item_key("", &Item::new()))
}

fn item_key(table: &str, attributes: &Item) -> ItemKey {
    ItemKey { table: table.to_owned(), pk: text(attributes, "PK"), sk: text(attributes, "SK") }
}

fn text(attributes: &Item, name: &str) -> String {
    match attributes.get(name) {
        Some(AttributeValue::S(text)) => text.clone(),
        _ => String::new(),
    }
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Refusal> {
    serde_json::from_slice(body)
        .map_err(|error| DynoxideError::SerializationException(error.to_string()).into())
}

#[expect(
    clippy::float_arithmetic,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "capacity units, as DynamoDB reports them; they are small, positive and multiples of a half"
)]
fn done(answer: &impl Serialize, consumed: &[ConsumedCapacity]) -> Result<Done, Refusal> {
    let units: f64 = consumed.iter().map(|of_table| of_table.capacity_units).sum();
    let body = serde_json::to_string(answer)
        .map_err(|error| DynoxideError::InternalServerError(error.to_string()))?;
    Ok(Done { body, units: (units * 1_000.0) as u64 })
}
