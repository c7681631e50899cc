//! The stock of an order's lines as it was read, kept from one attempt at the order's transaction to the next.
//!
//! A conflict says that rows were busy, not that they are empty. So an attempt that follows one plans with the rows that were read before, as long as
//! they can be relied on, instead of reading every SKU again. A plan that turns out to be outdated is refused by the conditions of its transaction.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use kernel::{Problem, Sku};

use super::{Stock, rows};
use crate::allocation::{self, Line, MAX_TAKES, Plan, Shortage, StockLevel};

/// Partitions that are read at the same time.
const PARALLEL_READS: usize = 16;
/// The time that a transaction keeps a row from others, in the median of published figures (docs/bench.md). A row is sold from at most once in it.
const ROW_TIME: Duration = Duration::from_millis(20);

/// The known stock of some lines.
pub struct KnownStock<'a> {
    stock: &'a Stock,
    holdings: BTreeMap<Sku, Vec<StockLevel>>,
    read_at: BTreeMap<Sku, Instant>,
}

impl<'a> KnownStock<'a> {
    /// Makes it without any known stock.
    pub fn new(stock: &'a Stock) -> Self {
        Self { stock, holdings: BTreeMap::new(), read_at: BTreeMap::new() }
    }

    /// Returns where each line can be taken from, or every SKU that is short. Lines of one SKU are added up first. Reads the rows that are not known
    /// reliably; a shortage is always found by reading.
    pub async fn plan(&mut self, lines: &[Line]) -> Result<Result<Plan, Vec<Shortage>>, Problem> {
        let lines = allocation::merge(lines)?;
        let unknown = lines.iter().filter(|line| !self.is_reliable(line)).cloned().collect();
        self.read(unknown).await?;
        let rng = |count| fastrand::usize(..count);
        match allocation::allocate(&lines, &self.holdings, &self.stock.strategy, rng) {
            Ok(plan) if plan.takes.len() > MAX_TAKES => {
                let detail =
                    format!("is spread over more than {MAX_TAKES} places; order fewer lines at a time");
                Err(Problem::invalid("/items", detail))
            }
            plan => Ok(plan),
        }
    }

    /// Forgets everything: a plan was refused, so the known stock has been sold to others.
    pub fn forget(&mut self) {
        self.read_at.clear();
    }

    fn is_reliable(&self, line: &Line) -> bool {
        let known = self.read_at.get(&line.sku).zip(self.holdings.get(&line.sku));
        let wanted = u64::from(line.quantity.get());
        known.is_some_and(|(at, holdings)| at.elapsed() < reliable_for(holdings, wanted))
    }

    async fn read(&mut self, lines: Vec<Line>) -> Result<(), Problem> {
        let stock = self.stock;
        let read: Vec<(Sku, Vec<StockLevel>)> = stream::iter(lines)
            .map(|Line { sku, quantity }| async move {
                let wanted = u64::from(quantity.get());
                let kept = stock.kept_until(&sku, |kept| kept.available() >= wanted).await?;
                Ok::<_, Problem>((sku, rows::holdings(&kept.rows)))
            })
            .buffer_unordered(PARALLEL_READS)
            .try_collect()
            .await?;
        let now = Instant::now();
        for (sku, holdings) in read {
            self.read_at.insert(sku.clone(), now);
            self.holdings.insert(sku, holdings);
        }
        Ok(())
    }
}

/// The time for which `holdings` cover `wanted` if every row is sold from as often as it can be, one unit at a time. Larger orders may be faster;
/// then the transaction is refused. Zero for a shortage: it is never believed unread.
fn reliable_for(holdings: &[StockLevel], wanted: u64) -> Duration {
    let available: u64 = holdings.iter().map(|holding| holding.available).sum();
    let rows = holdings.iter().filter(|holding| holding.available > 0).count().max(1);
    let spare = available.saturating_sub(wanted) / (rows as u64);
    ROW_TIME.saturating_mul(u32::try_from(spare).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::allocation::StockLocation;

    fn holdings(amounts: &[u64]) -> Vec<StockLevel> {
        let place = |lane| StockLocation { warehouse: "msk-1".parse().unwrap(), lane };
        (0..).zip(amounts).map(|(lane, &available)| StockLevel { place: place(lane), available }).collect()
    }

    #[test]
    fn much_stock_on_few_rows_is_relied_on_longest() {
        assert_eq!(reliable_for(&holdings(&[100]), 1), ROW_TIME * 99);
        assert_eq!(reliable_for(&holdings(&[25, 25, 25, 25, 0]), 4), ROW_TIME * 24);
        assert_eq!(reliable_for(&holdings(&[u64::from(u32::MAX) * 2]), 1), ROW_TIME.saturating_mul(u32::MAX));
    }

    proptest! {
        #[test]
        fn a_shortage_is_never_relied_on(amounts in prop::collection::vec(0_u64..20, 0..6), wanted in 1_u64..60) {
            let (holdings, sum) = (holdings(&amounts), amounts.iter().sum::<u64>());
            let time = reliable_for(&holdings, wanted);
            prop_assert!(sum > wanted || time.is_zero());
            // Within it, no row can be sold from often enough to leave too little.
            let rows = amounts.iter().filter(|units| **units > 0).count() as u128;
            let sold = rows * (time.as_millis() / ROW_TIME.as_millis());
            prop_assert!(time.is_zero() || u128::from(sum) >= u128::from(wanted) + sold);
        }
    }
}
