//! DynamoDB: one client, tables with `PK` and `SK`, reads, and writes that go through transactions.

mod expression;
mod query;
#[cfg(test)]
mod replay;
mod scan;
mod throttles;
mod transact;
mod update;
mod usage;
mod write;

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes, ReturnConsumedCapacity};
use futures_util::future::try_join_all;
use kernel::Problem;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

pub use expression::Expression;
pub use query::{Query, Rows};
pub use scan::{Scanned, Segment};
use throttles::CountThrottles;
pub use transact::{Commit, ConflictBackoff, FailedCondition, MAX_ACTIONS};
pub use update::Updated;
pub(crate) use usage::{Usage, take as take_usage};
pub use write::Write;

use crate::aws;

/// An item as DynamoDB holds it.
pub type Item = HashMap<String, AttributeValue>;

/// The most keys that one `BatchGetItem` takes (DynamoDB developer guide, service quotas).
const MAX_BATCH_GET: usize = 100;
/// Rounds in which unprocessed keys of a batch are asked for again before it is given up.
const MAX_BATCH_ROUNDS: u32 = 5;

/// The primary key of an item.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Key {
    /// Partition key.
    #[serde(rename = "PK")]
    pub pk: String,
    /// Sort key.
    #[serde(rename = "SK")]
    pub sk: String,
}

impl Key {
    /// The key with these parts.
    pub fn new(pk: impl Into<String>, sk: impl Into<String>) -> Self {
        Self { pk: pk.into(), sk: sk.into() }
    }

    /// The attributes by which an index finds an item: partition and sort, each with its value.
    pub fn index(
        partition: &str,
        pk: impl Into<String>,
        sort: &str,
        sk: impl Into<String>,
    ) -> [(String, AttributeValue); 2] {
        [
            (partition.to_owned(), AttributeValue::S(pk.into())),
            (sort.to_owned(), AttributeValue::S(sk.into())),
        ]
    }

    /// The key's attributes.
    pub fn to_item(&self) -> Item {
        HashMap::from([
            ("PK".to_owned(), AttributeValue::S(self.pk.clone())),
            ("SK".to_owned(), AttributeValue::S(self.sk.clone())),
        ])
    }
}

/// The client, shared by every table of a function.
#[derive(Clone)]
pub struct Dynamo {
    client: Client,
    opened: Arc<AtomicBool>,
}

impl Dynamo {
    pub(crate) fn new(config: &aws_types::SdkConfig) -> Self {
        let config = aws_sdk_dynamodb::config::Builder::from(config).interceptor(CountThrottles).build();
        Self { client: Client::from_conf(config), opened: Arc::new(AtomicBool::new(false)) }
    }

    /// A handle on the table called `name`.
    pub fn table(&self, name: &str) -> Table {
        Table { client: self.client.clone(), name: Arc::from(name) }
    }

    /// Opens the connection, once, by asking for an item that never exists. Any answer will do, a refusal too:
    /// it is the TCP and TLS handshakes that are wanted.
    pub(crate) async fn open_connection(&self, table: &Table) {
        if self.opened.swap(true, Ordering::Relaxed) {
            return;
        }
        let never = Key::new("NEVER", "NEVER").to_item();
        let answer = self.client.get_item().table_name(&*table.name).set_key(Some(never)).send().await;
        if let Err(error) = answer
            && error.as_service_error().is_none()
        {
            tracing::warn!(
                inside = aws::describe(&error),
                "the connection to DynamoDB could not be opened early"
            );
        }
    }
}

/// One table.
#[derive(Clone)]
pub struct Table {
    client: Client,
    name: Arc<str>,
}

impl Table {
    /// The table's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The item under `key`, read consistently; `None` where there is none.
    pub async fn get<T: DeserializeOwned>(&self, key: &Key) -> Result<Option<T>, Problem> {
        let answer = self
            .client
            .get_item()
            .table_name(&*self.name)
            .set_key(Some(key.to_item()))
            .consistent_read(true)
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await
            .map_err(|error| aws::problem(&error))?;
        usage::read(answer.consumed_capacity.as_slice());
        answer.item.map(read).transpose()
    }

    /// The items under `keys` that exist, in no particular order, read consistently. Keys may not repeat.
    pub async fn get_many<T: DeserializeOwned>(&self, keys: &[Key]) -> Result<Vec<T>, Problem> {
        let chunks = try_join_all(keys.chunks(MAX_BATCH_GET).map(|chunk| self.get_chunk(chunk))).await?;
        Ok(chunks.into_iter().flatten().collect())
    }

    /// As many keys as one `BatchGetItem` takes, asked for until each was answered.
    async fn get_chunk<T: DeserializeOwned>(&self, keys: &[Key]) -> Result<Vec<T>, Problem> {
        let mut items = Vec::with_capacity(keys.len());
        let mut wanted: Vec<Item> = keys.iter().map(Key::to_item).collect();
        let mut round = 0;
        while !wanted.is_empty() {
            if round == MAX_BATCH_ROUNDS {
                return Err(Problem::unavailable("BatchGetItem left keys unprocessed"));
            }
            if round > 0 {
                tokio::time::sleep(transact::pause(round)).await;
            }
            wanted = self.get_batch(wanted, &mut items).await?;
            round += 1;
        }
        Ok(items)
    }

    /// One `BatchGetItem`; answers the keys that DynamoDB left unprocessed.
    async fn get_batch<T: DeserializeOwned>(
        &self,
        wanted: Vec<Item>,
        items: &mut Vec<T>,
    ) -> Result<Vec<Item>, Problem> {
        let request = KeysAndAttributes::builder().set_keys(Some(wanted)).consistent_read(true).build();
        let request = request.map_err(Problem::internal)?;
        let answer = self
            .client
            .batch_get_item()
            .request_items(&*self.name, request)
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await
            .map_err(|error| aws::problem(&error))?;
        usage::read(answer.consumed_capacity());
        for item in answer.responses.into_iter().flat_map(HashMap::into_values).flatten() {
            items.push(read(item)?);
        }
        Ok(answer
            .unprocessed_keys
            .into_iter()
            .flat_map(HashMap::into_values)
            .flat_map(|left| left.keys)
            .collect())
    }

    /// Items of the partition `pk`.
    pub fn query(&self, pk: impl Into<String>) -> Query {
        Query::new(self.client.clone(), &self.name, pk.into())
    }
}

/// Reads an item as a `T`. An item that isn't one is our fault, never the caller's.
pub fn read<T: DeserializeOwned>(item: Item) -> Result<T, Problem> {
    serde_dynamo::from_item(item).map_err(Problem::internal)
}

#[cfg(test)]
#[path = "batch_tests.rs"]
mod tests;
