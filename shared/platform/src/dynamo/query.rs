//! Reading the items of one partition, page by page.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnConsumedCapacity};
use kernel::Problem;
use serde::de::DeserializeOwned;

use super::{Item, read, usage};
use crate::aws;

/// A question for the items of one partition of a table or an index.
pub struct Query {
    client: Client,
    table: String,
    index: Option<&'static str>,
    partition: (&'static str, String),
    sort: Option<(String, Vec<(String, String)>)>,
    newest_first: bool,
    consistent: bool,
    limit: Option<u32>,
    start: Option<Item>,
}

/// The items that a query read, and the key at which the next page begins.
pub struct Rows<T> {
    /// The items, in the order of the sort key.
    pub items: Vec<T>,
    /// The key to go on from; `None` when all was read.
    pub next: Option<Item>,
}

impl Query {
    pub(super) fn new(client: Client, table: &str, pk: String) -> Self {
        Self {
            client,
            table: table.to_owned(),
            index: None,
            partition: ("PK", pk),
            sort: None,
            newest_first: false,
            consistent: true,
            limit: None,
            start: None,
        }
    }

    /// Asks the index `name`, whose partition key is the attribute `partition`. An index is read eventually
    /// consistently; DynamoDB offers nothing else.
    #[must_use]
    pub fn index(mut self, name: &'static str, partition: &'static str) -> Self {
        self.index = Some(name);
        self.partition.0 = partition;
        self.consistent = false;
        self
    }

    /// Only items whose sort attribute begins with `prefix`.
    #[must_use]
    pub fn begins_with(mut self, sort: &str, prefix: impl Into<String>) -> Self {
        self.sort = Some((format!("begins_with({sort}, :from)"), vec![(":from".to_owned(), prefix.into())]));
        self
    }

    /// Only items whose sort attribute is between `from` and `to`, both included.
    #[must_use]
    pub fn between(mut self, sort: &str, from: impl Into<String>, to: impl Into<String>) -> Self {
        let values = vec![(":from".to_owned(), from.into()), (":to".to_owned(), to.into())];
        self.sort = Some((format!("{sort} BETWEEN :from AND :to"), values));
        self
    }

    /// From the highest sort key downwards.
    #[must_use]
    pub fn newest_first(mut self) -> Self {
        self.newest_first = true;
        self
    }

    /// At most `count` items.
    #[must_use]
    pub fn limit(mut self, count: u32) -> Self {
        self.limit = Some(count);
        self
    }

    /// Goes on after the item with this key.
    #[must_use]
    pub fn start_after(mut self, key: Option<Item>) -> Self {
        self.start = key;
        self
    }

    /// Reads one page.
    pub async fn rows<T: DeserializeOwned>(self) -> Result<Rows<T>, Problem> {
        let mut condition = format!("{} = :partition", self.partition.0);
        let mut values = vec![(":partition".to_owned(), self.partition.1)];
        if let Some((sort, more)) = self.sort {
            condition = format!("{condition} AND {sort}");
            values.extend(more);
        }
        let values = values.into_iter().map(|(name, value)| (name, AttributeValue::S(value))).collect();
        let answer = self
            .client
            .query()
            .table_name(self.table)
            .set_index_name(self.index.map(str::to_owned))
            .key_condition_expression(condition)
            .set_expression_attribute_values(Some(values))
            .scan_index_forward(!self.newest_first)
            .consistent_read(self.consistent)
            .set_limit(self.limit.map(|count| i32::try_from(count).unwrap_or(i32::MAX)))
            .set_exclusive_start_key(self.start)
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await
            .map_err(|error| aws::problem(&error))?;
        usage::read(answer.consumed_capacity.as_slice());
        let items = answer.items.unwrap_or_default().into_iter().map(read).collect::<Result<_, _>>()?;
        Ok(Rows { items, next: answer.last_evaluated_key })
    }
}
