//! Looking at rows until it is clear whether they are right.

use std::collections::BTreeMap;
use std::time::Duration;

use kernel::Problem;
use platform::Call;
use platform::dynamo::Key;

use crate::drift::{Figures, Held, Look, Spot, Verdict, judge};
use crate::store::{Stock, place_key};

/// The pause between two looks at a row. The index that reservations are found by lags behind the table for less than that (DynamoDB developer
/// guide, "Using Global Secondary Indexes": usually a fraction of a second).
const PAUSE: Duration = Duration::from_secs(3);
/// How often a row that moves is looked at again before it is left for the next check.
const MAX_LOOKS: u32 = 4;
/// No more looks are taken when less time than this is left to write down what was found.
const STOP_BEFORE_END: Duration = Duration::from_secs(5);

/// Rows sorted by what was seen of them last.
#[derive(Debug, Default)]
pub(crate) struct Settled {
    /// Rows that are right.
    pub(crate) right: BTreeMap<Spot, Look>,
    /// Rows that are wrong.
    pub(crate) wrong: BTreeMap<Spot, Look>,
    /// Rows that are wrong, or goods of which were sold at every look.
    pub(crate) unsettled: BTreeMap<Spot, Look>,
}

/// A look at each of the rows under `keys`, some of which may not exist, against what is held. The reservations have to be read before the rows.
pub(crate) async fn look(
    stock: &Stock,
    held: &Held,
    spots: impl IntoIterator<Item = Spot>,
) -> Result<BTreeMap<Spot, Look>, Problem> {
    let missing = |spot: Spot| {
        let expected = held.of(&spot);
        (spot, Look { figures: Figures::default(), expected })
    };
    let mut looks: BTreeMap<Spot, Look> = spots.into_iter().map(missing).collect();
    let keys: Vec<Key> = looks.keys().map(|spot| place_key(&spot.sku, &spot.place)).collect();
    for (spot, figures) in stock.figures(&keys).await? {
        if let Some(look) = looks.get_mut(&spot) {
            look.figures = figures;
        }
    }
    Ok(looks)
}

/// Looks at the rows of `first`, which holds one look at each, until they have settled or time is short.
pub(crate) async fn settle(
    stock: &Stock,
    call: &Call,
    first: BTreeMap<Spot, Look>,
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
            match before.get(&spot).map(|before| judge(before, &now)) {
                Some(Verdict::Agrees) => _ = settled.right.insert(spot, now),
                Some(Verdict::Differs) => _ = settled.wrong.insert(spot, now),
                Some(Verdict::Unsettled) | None => _ = settled.unsettled.insert(spot, now),
            }
        }
    }
    Ok(settled)
}
