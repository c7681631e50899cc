//! Writing orders of older forms in the newest one, while orders are placed and change (docs/changing-data.md, "Backfill").

use std::collections::BTreeSet;
use std::time::Duration;

use kernel::Problem;
use platform::InvocationContext;
use platform::dynamo::{Commit, Dynamo, Item, Key, Segment, read};
use serde::{Deserialize, Serialize};

use crate::order::Order;
use crate::record::Record;
use crate::store::Orders;

/// The most items that one invocation reads: rewriting each of them takes a small part of its time.
pub const MAX_REWRITE_PAGE: u32 = 200;
/// The most segments that the table is scanned in.
pub const MAX_REWRITE_SEGMENTS: u32 = 64;

/// The part of the table to read, and the handling of orders of older forms.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RewriteCommand {
    /// Number of the segment, from 0.
    pub segment: u32,
    /// Number of segments, at most [`MAX_REWRITE_SEGMENTS`].
    pub segments: u32,
    /// Items to read, at most [`MAX_REWRITE_PAGE`].
    pub limit: u32,
    /// The key after which to read; the segment's beginning without one.
    #[serde(default)]
    pub start_after: Option<Key>,
    /// True to count orders without writing them.
    #[serde(default)]
    pub dry_run: bool,
}

/// The result of one page.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Rewritten {
    /// Items read.
    pub read: u64,
    /// Orders of an older form among them.
    pub old: u64,
    /// Orders written in the newest form.
    pub rewritten: u64,
    /// Orders that changed after they were read. The change wrote the newest form.
    pub lost_races: u64,
    /// Partition keys of the items that cannot be read as an order. They are left as they are.
    pub unreadable: Vec<String>,
    /// The old order of which the most attributes change.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub example: Option<Example>,
    /// The key to go on from; none at the segment's end.
    pub next: Option<Key>,
}

/// The changes that rewriting makes to an order. It names attributes; their values would show a customer's address.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Example {
    /// The order's partition key.
    pub key: String,
    /// Attributes that are removed.
    pub removed: BTreeSet<String>,
    /// Attributes that are added.
    pub added: BTreeSet<String>,
}

impl Example {
    fn size(&self) -> usize {
        self.removed.len() + self.added.len()
    }
}

impl RewriteCommand {
    /// Checks the bounds. Every faulty member is named.
    fn check(&self) -> Result<(), Problem> {
        let bounds = [
            ("/segments", self.segments, 1, MAX_REWRITE_SEGMENTS),
            ("/segment", self.segment, 0, self.segments.saturating_sub(1)),
            ("/limit", self.limit, 1, MAX_REWRITE_PAGE),
        ];
        let outside = bounds.iter().filter(|(_, value, least, most)| !(*least..=*most).contains(value));
        let errors: Vec<_> = outside
            .map(|(pointer, _, least, most)| kernel::FieldError {
                pointer: (*pointer).to_owned(),
                detail: format!("must be {least} to {most}"),
            })
            .collect();
        if errors.is_empty() { Ok(()) } else { Err(Problem::invalid_all(errors)) }
    }
}

/// Reads a page of the table and rewrites its orders of older forms. Only the form changes: an order keeps its version, and nothing is
/// written to the journal. New and failed orders from before such orders ended get an end, `lifetime` after now. Repeating it is harmless.
pub async fn rewrite(
    dynamo: &Dynamo,
    orders: &Orders,
    call: &InvocationContext,
    command: RewriteCommand,
    lifetime: Duration,
) -> Result<Rewritten, Problem> {
    command.check()?;
    let segment = Segment { segment: command.segment, segments: command.segments };
    let page = orders.older_forms(segment, command.limit, command.start_after).await?;
    let old = u64::try_from(page.items.len()).unwrap_or(u64::MAX);
    let mut result = Rewritten { read: page.read, old, next: page.next, ..Rewritten::default() };
    for item in page.items {
        let key = read::<Key>(item.clone())?.pk;
        let Ok(order) = read::<Record>(item.clone()).and_then(Record::into_order) else {
            result.unreadable.push(key);
            continue;
        };
        let order = order.ending_after(lifetime, call.now);
        result.example =
            result.example.into_iter().chain([example(key, &item, &order)?]).max_by_key(Example::size);
        if !command.dry_run {
            write(dynamo, orders, call, &order, &mut result).await?;
        }
    }
    Ok(result)
}

async fn write(
    dynamo: &Dynamo,
    orders: &Orders,
    call: &InvocationContext,
    order: &Order,
    result: &mut Rewritten,
) -> Result<(), Problem> {
    match dynamo.commit(call, vec![orders.rewrite(order)?]).await? {
        Commit::Committed => result.rewritten += 1,
        Commit::Refused(_) => result.lost_races += 1,
    }
    Ok(())
}

fn example(key: String, before: &Item, order: &Order) -> Result<Example, Problem> {
    let after = Record::of(order)?.attributes()?;
    let before: BTreeSet<String> =
        before.keys().filter(|name| !["PK", "SK"].contains(&name.as_str())).cloned().collect();
    let removed = before.difference(&after).cloned().collect();
    let added = after.difference(&before).cloned().collect();
    Ok(Example { key, removed, added })
}
