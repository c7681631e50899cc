//! Reading a whole table, page by page: for backfills, never for a request.

use aws_sdk_dynamodb::types::ReturnConsumedCapacity;
use kernel::Problem;
use serde::Deserialize;

use super::{Expression, Item, Key, Table, usage};
use crate::aws;

/// A part of a table that is scanned by itself (DynamoDB developer guide, parallel scan).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct Segment {
    /// Its number, from 0.
    pub segment: u32,
    /// The number of parts.
    pub segments: u32,
}

/// A page of a scan.
#[derive(Debug)]
pub struct Scanned {
    /// Items that were read, those that the filter left out included.
    pub read: u64,
    /// The items that the filter let through.
    pub items: Vec<Item>,
    /// The key to go on from; `None` at the segment's end.
    pub next: Option<Key>,
}

impl Table {
    /// Reads at most `limit` items of a segment, and returns those for which the condition of `filter` holds. Reading is consistent:
    /// an item that was written before the call is seen.
    pub async fn scan(
        &self,
        segment: Segment,
        limit: u32,
        start: Option<Key>,
        filter: Expression,
    ) -> Result<Scanned, Problem> {
        let number = |value: u32| i32::try_from(value).map_err(Problem::internal);
        let answer = self
            .client
            .scan()
            .table_name(&*self.name)
            .consistent_read(true)
            .segment(number(segment.segment)?)
            .total_segments(number(segment.segments)?)
            .limit(number(limit)?)
            .set_exclusive_start_key(start.map(|key| key.to_item()))
            .set_expression_attribute_names(filter.names())
            .set_expression_attribute_values(filter.values())
            .set_filter_expression(filter.condition)
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await
            .map_err(|error| aws::problem(&error))?;
        usage::read(answer.consumed_capacity.as_slice());
        let next = answer.last_evaluated_key.map(super::read).transpose()?;
        let read = u64::try_from(answer.scanned_count).unwrap_or(0);
        Ok(Scanned { read, items: answer.items.unwrap_or_default(), next })
    }
}
