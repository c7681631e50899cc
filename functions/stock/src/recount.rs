//! Sampling rows until it is clear whether they are right.
//!
//! [`settle`] samples any number of rows through the index, cheaply, and may make a row suspect because the index lags. [`prove`] reads the whole
//! table.

use std::collections::BTreeMap;
use std::time::Duration;

use kernel::Problem;
use platform::InvocationContext;
use platform::dynamo::Key;

use crate::drift::{Figures, Held, Sample, StockRowKey, Verdict, judge, judge_consistent};
use crate::store::{Stock, place_key};

/// The pause between two samples of a row, and between the first reading of a row and that of the reservations. The index usually lags behind the
/// table by a fraction of a second (DynamoDB developer guide, "Using Global Secondary Indexes"), and the items of one transaction become visible one
/// after the other, within milliseconds.
const PAUSE: Duration = Duration::from_secs(3);
/// The number of times a changing row is sampled again before it is left for the next check.
const MAX_LOOKS: u32 = 4;
/// No more samples are taken when less time than this is left to write down the findings.
const STOP_BEFORE_END: Duration = Duration::from_secs(5);

/// Rows sorted by their latest sample.
#[derive(Debug, Default)]
pub(crate) struct Settled {
    /// Rows that are right.
    pub(crate) right: BTreeMap<StockRowKey, Sample>,
    /// Rows that are wrong.
    pub(crate) wrong: BTreeMap<StockRowKey, Sample>,
    /// Rows that are wrong, or of which stock was sold at every sample.
    pub(crate) unsettled: BTreeMap<StockRowKey, Sample>,
}

impl Settled {
    fn insert(&mut self, spot: StockRowKey, look: Sample, verdict: Verdict) {
        let rows = match verdict {
            Verdict::Agrees => &mut self.right,
            Verdict::Differs => &mut self.wrong,
            Verdict::Unsettled => &mut self.unsettled,
        };
        rows.insert(spot, look);
    }
}

/// A sample of each of the rows under `keys`, some of which may not exist, with the units `held` of it. The reservations have to be read before the
/// rows.
pub(crate) async fn look(
    stock: &Stock,
    held: &Held,
    spots: impl IntoIterator<Item = StockRowKey>,
) -> Result<BTreeMap<StockRowKey, Sample>, Problem> {
    let missing = |spot: StockRowKey| {
        let expected = held.of(&spot);
        (spot, Sample { figures: Figures::default(), expected })
    };
    let mut looks: BTreeMap<StockRowKey, Sample> = spots.into_iter().map(missing).collect();
    let keys: Vec<Key> = looks.keys().map(|spot| place_key(&spot.sku, &spot.place)).collect();
    for (spot, figures) in stock.figures(&keys).await? {
        if let Some(look) = looks.get_mut(&spot) {
            look.figures = figures;
        }
    }
    Ok(looks)
}

/// Samples the rows of `first`, which holds one sample of each, until they have settled or time is short.
pub(crate) async fn settle(
    stock: &Stock,
    call: &InvocationContext,
    first: BTreeMap<StockRowKey, Sample>,
) -> Result<Settled, Problem> {
    let mut settled = Settled { unsettled: first, ..Settled::default() };
    for _ in 1..MAX_LOOKS {
        if settled.unsettled.is_empty() || call.remaining() < PAUSE + STOP_BEFORE_END {
            break;
        }
        tokio::time::sleep(PAUSE).await;
        let held = stock.held().await?;
        let before = std::mem::take(&mut settled.unsettled);
        for (spot, now) in look(stock, &held, before.keys().cloned()).await? {
            let verdict = before.get(&spot).map_or(Verdict::Unsettled, |before| judge(before, &now));
            settled.insert(spot, now, verdict);
        }
    }
    Ok(settled)
}

/// Compares the rows at `spots` with all reservations, which it reads from the table consistently. Fails with `unavailable` when there is no time for
/// that.
pub(crate) async fn prove(
    stock: &Stock,
    call: &InvocationContext,
    spots: impl IntoIterator<Item = StockRowKey>,
) -> Result<Settled, Problem> {
    let before = look(stock, &Held::default(), spots).await?;
    tokio::time::sleep(PAUSE).await;
    let held = stock.held_by_scan(call, STOP_BEFORE_END).await?;
    let mut settled = Settled::default();
    for (spot, now) in look(stock, &held, before.keys().cloned()).await? {
        let judged = before.get(&spot).map(|before| judge_consistent(&before.figures, &now));
        settled.insert(spot, now, judged.unwrap_or(Verdict::Unsettled));
    }
    Ok(settled)
}
