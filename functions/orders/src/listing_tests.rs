//! Merging, held against a plain sorted list.

use kernel::{Currency, OrderNumber, Timestamp, UserId};
use platform::partition_merge::{Chunk, Reading};
use proptest::prelude::*;

use super::*;
use crate::edges::Status;
use crate::store::OrderSummary;

/// The order `number`, created in the millisecond `at`.
fn listed(number: u64, at: i64, status: Status) -> Listed {
    let number = OrderNumber::try_from(number).unwrap();
    let summary = OrderSummary {
        id: number.order_id(),
        number,
        status,
        total_amount: 100,
        currency: Currency::from_code("RUB").unwrap(),
        created_at: Timestamp::from_millis(1_700_000_000_000 + at),
    };
    Listed { summary, user: UserId::derived("someone") }
}

/// The response to a query for a chunk of the partition `shard`: DynamoDB reports more items whenever it stopped at the count.
fn chunk(
    all: &[Listed],
    shard: u64,
    shards: u64,
    reading: &Reading<Partition, Listed>,
    filter: Filter,
) -> Chunk<Listed> {
    let span = filter.span(reading.read_to.as_deref());
    let mut orders: Vec<Listed> = all
        .iter()
        .filter(|order| order.summary.number.get() % shards == shard)
        .filter(|order| order.created_key() > span.low && order.created_key() < span.high)
        .cloned()
        .collect();
    orders.sort_by_key(|order| std::cmp::Reverse(order.created_key()));
    orders.truncate(reading.chunk_size as usize);
    Chunk { more: orders.len() == reading.chunk_size as usize, items: orders }
}

/// One page, and the number of queries that it took.
fn page(
    all: &[Listed],
    shards: u64,
    filter: Filter,
    limit: u32,
    after: Option<String>,
) -> (Vec<Listed>, Option<String>, usize) {
    let partitions = (0..shards).map(Partition::Created).collect();
    let mut page = merge(partitions, limit, after);
    let mut queries = 0;
    for _ in 0..MAX_ROUNDS {
        let chunks: Vec<Chunk<Listed>> = page
            .needs_read()
            .map(|reading| {
                let Partition::Created(shard) = reading.partition else { panic!() };
                chunk(all, shard, shards, reading, filter)
            })
            .collect();
        queries += chunks.len();
        page.push(chunks);
        if page.fill(|order| filter.wants(order.summary.status)) {
            break;
        }
    }
    let (found, next) = page.finish();
    (found, next, queries)
}

proptest! {
    #[test]
    fn leafing_through_shows_every_order_once_and_the_newest_first(
        made in proptest::collection::btree_map(1_u64..5_000, (0_i64..400, 0_usize..8), 0..120),
        shards in 1_u64..6,
        limit in 1_u32..30,
        wanted in proptest::option::of(0_usize..8),
    ) {
        let all: Vec<Listed> =
            made.iter().map(|(number, (at, status))| listed(*number, *at, Status::ALL[*status])).collect();
        let status = wanted.map(|index| Status::ALL[index]);
        let filter = Filter { status, ..Filter::default() };
        let (mut seen, mut after) = (Vec::new(), None);
        loop {
            let (found, next, _) = page(&all, shards, filter, limit, after.clone());
            prop_assert!(found.len() <= limit as usize);
            prop_assert!(next.is_none() || next != after, "a page goes on");
            seen.extend(found);
            after = next;
            if after.is_none() {
                break;
            }
        }
        let mut expected: Vec<Listed> =
            all.into_iter().filter(|order| status.is_none_or(|status| status == order.summary.status)).collect();
        expected.sort_by_key(|order| std::cmp::Reverse(order.created_key()));
        prop_assert_eq!(seen, expected);
    }
}

#[test]
fn a_page_costs_little_more_than_what_is_on_it() {
    let all: Vec<Listed> = (1..=20_000).map(|n| listed(n, n.cast_signed(), Status::Delivered)).collect();
    let (found, next, queries) = page(&all, 4, Filter::default(), 20, None);
    assert_eq!(found.len(), 20);
    assert_eq!(found[0].summary.number.get(), 20_000);
    assert!(next.is_some());
    assert!(queries <= 8, "{queries}");
}

#[test]
fn a_rare_order_does_not_make_one_request_read_everything() {
    let all: Vec<Listed> = (1..=20_000).map(|n| listed(n, n.cast_signed(), Status::Delivered)).collect();
    let filter = Filter { status: Some(Status::Failed), ..Filter::default() };
    let (found, next, queries) = page(&all, 1, filter, 20, None);
    assert!(found.is_empty() && next.is_some(), "the search goes on with the cursor");
    assert_eq!(queries, MAX_ROUNDS);
}
