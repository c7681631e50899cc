//! Live reservations, read from the whole table.
//!
//! The index `Live` follows the table at its own pace, and DynamoDB gives no bound for that. A consistent scan contains every write that was completed
//! before it began (DynamoDB API reference, `Scan`). It reads every item of the table, so it serves the drift check and repairs, never a request.

use std::time::Duration;

use futures_util::future::try_join_all;
use kernel::Problem;
use platform::InvocationContext;
use platform::dynamo::{Expression, Segment, read};

use super::Stock;
use crate::drift::Held;
use crate::reservation::ReservationStatus;

/// Parts of the table that are read at the same time.
const SCAN_SEGMENTS: u32 = 8;
/// Items read at a time. A page ends after a megabyte in any case.
const SCAN_PAGE: u32 = 5_000;

impl Stock {
    /// Returns the units that live reservations hold of each row. Fails with `unavailable` when the table can't be read before less time than `spare`
    /// is left.
    pub(crate) async fn held_by_scan(
        &self,
        call: &InvocationContext,
        spare: Duration,
    ) -> Result<Held, Problem> {
        let segments = (0..SCAN_SEGMENTS).map(|segment| self.held_in_segment(call, spare, segment));
        let held = try_join_all(segments).await?;
        Ok(held.into_iter().fold(Held::default(), Held::and))
    }

    async fn held_in_segment(
        &self,
        call: &InvocationContext,
        spare: Duration,
        segment: u32,
    ) -> Result<Held, Problem> {
        let segment = Segment { segment, segments: SCAN_SEGMENTS };
        let live = Expression::condition("#status = :reserved")
            .name("#status", "status")
            .value(":reserved", ReservationStatus::Reserved)?;
        let mut held = Held::default();
        let mut start = None;
        loop {
            if call.remaining() < spare {
                return Err(Problem::unavailable("the stock table could not be read to its end in time"));
            }
            let page = self.table.scan(segment, SCAN_PAGE, start, live.clone()).await?;
            for item in page.items {
                held.add(&read(item)?);
            }
            start = page.next;
            if start.is_none() {
                return Ok(held);
            }
        }
    }
}
