//! Many buyers at once: for too few units of one SKU, and for overlapping sets of SKUs.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use kernel::{Quantity, Sku};
use stock::Line;

use crate::Failure;
use crate::books::{Books, Sums};
use crate::buyer::{Attempt, Told, buy};
use crate::report::{Table, Times, ratio};
use crate::server::{Counts, Rules};
use crate::shop::{Shop, sku};

/// Different SKUs that one buyer of an overlap wants.
pub const SET: usize = 5;
/// The most of each that one buyer of an overlap wants.
const MOST_PIECES: u32 = 3;

/// A run with all of its buyers at once, checked.
#[derive(Debug)]
pub struct Outcome {
    /// Buyers with a reservation.
    pub yes: usize,
    /// Buyers who were refused as sold out.
    pub sold_out: usize,
    /// Buyers who were asked to try again later.
    pub later: usize,
    /// What the books come to.
    pub sums: Sums,
    /// What was asked of DynamoDB.
    pub counts: Counts,
    elapsed: Duration,
    times: Times,
}

/// `buyers` want one piece each of a SKU that has `units` in `lanes`. Fails when the books don't add up, or when anything else was sold than all that could be.
pub async fn race(rules: Rules, lanes: u16, buyers: usize, units: u64) -> Result<Outcome, Failure> {
    let mut shop = Shop::open().await?;
    let sku = sku("HOT")?;
    shop.stock_up(&sku, lanes, units).await?;
    let wishes = vec![vec![line(&sku, 1)?]; buyers];
    let (outcome, _) = run(&shop, rules, &wishes).await?;
    let demand = u64::try_from(buyers).unwrap_or(u64::MAX);
    let expected = units.min(demand);
    let sold = outcome.sums.reserved;
    // No buyer who was asked to try later may have kept a unit from another: units are left only if as many gave up.
    let gave_up = outcome.later as u64;
    if sold > expected || sold + gave_up < expected {
        return Err(Failure::new(format!("{sold} of {units} were sold to {demand} who wanted one")));
    }
    Ok(outcome)
}

/// `buyers` want up to three pieces each of [`SET`] out of `skus`, each of which has `units` in `lanes`. Fails when the books don't add up, or when
/// a buyer who could have had everything was refused as sold out.
pub async fn overlap(
    rules: Rules,
    lanes: u16,
    buyers: usize,
    skus: usize,
    units: u64,
) -> Result<Outcome, Failure> {
    let mut shop = Shop::open().await?;
    let mut pool = Vec::with_capacity(skus);
    for index in 0..skus {
        let sku = sku(&format!("POOL-{index}"))?;
        shop.stock_up(&sku, lanes, units).await?;
        pool.push(sku);
    }
    let mut wishes = Vec::with_capacity(buyers);
    for _ in 0..buyers {
        let set = fastrand::choose_multiple(&pool, SET);
        let lines = set.into_iter().map(|sku| line(sku, fastrand::u32(1..=MOST_PIECES)));
        wishes.push(lines.collect::<Result<Vec<Line>, Failure>>()?);
    }
    let (outcome, attempts) = run(&shop, rules, &wishes).await?;
    // Nothing comes back here, so what is there at the end was there all the time.
    let books = Books::read(&shop.server)?;
    for (requested, attempt) in wishes.iter().zip(attempts) {
        let could_have =
            requested.iter().all(|line| books.available(&line.sku) >= i64::from(line.quantity.get()));
        if attempt.told == Told::SoldOut && could_have {
            return Err(Failure::new(format!("{requested:?} was sold out although it was available")));
        }
    }
    Ok(outcome)
}

/// Starts all buyers at the same moment, and checks the books when each of them has an outcome.
async fn run(shop: &Shop, rules: Rules, wishes: &[Vec<Line>]) -> Result<(Outcome, Vec<Attempt>), Failure> {
    shop.server.keep(rules);
    let (before, began) = (shop.server.counts(), Instant::now());
    let attempts = join_all(wishes.iter().map(|lines| buy(shop, lines.clone()))).await;
    let elapsed = began.elapsed();
    let attempts = attempts.into_iter().collect::<Result<Vec<Attempt>, Failure>>()?;
    let counts = shop.server.counts().since(&before);
    let sums = Books::read(&shop.server)?.check(&shop.opening)?;
    let told = |what: Told| attempts.iter().filter(|attempt| attempt.told == what).count();
    let (yes, sold_out, later) = (told(Told::Yes), told(Told::SoldOut), told(Told::Later));
    if yes != sums.standing {
        return Err(Failure::new(format!("{yes} were told yes, {} have a reservation", sums.standing)));
    }
    let mut times = Times::default();
    for attempt in &attempts {
        times.add(attempt.took);
    }
    Ok((Outcome { yes, sold_out, later, sums, counts, elapsed, times }, attempts))
}

fn line(sku: &Sku, quantity: u32) -> Result<Line, Failure> {
    let quantity = Quantity::new(quantity).ok_or_else(|| Failure::new("not a quantity"))?;
    Ok(Line { sku: sku.clone(), quantity })
}

/// The columns of [`Outcome::cells`].
pub fn table(first: &[&str]) -> Table {
    let figures = [
        "yes",
        "sold out",
        "503",
        "left",
        "p50 ms",
        "p99 ms",
        "all ms",
        "conflicts",
        "refused",
        "throttled",
        "calls/buyer",
    ];
    Table::new(&[first, &figures].concat())
}

impl Outcome {
    /// The figures as a row of [`table`], after `first`.
    pub fn cells(&self, mut first: Vec<String>) -> Vec<String> {
        let transactions = self.counts.of("TransactWriteItems");
        let total = self.counts.total();
        let buyers = (self.yes + self.sold_out + self.later) as u64;
        first.extend([
            self.yes.to_string(),
            self.sold_out.to_string(),
            self.later.to_string(),
            self.sums.available.to_string(),
            self.times.percentile(50),
            self.times.percentile(99),
            self.elapsed.as_millis().to_string(),
            transactions.conflicts.to_string(),
            transactions.refused.to_string(),
            total.throttled.to_string(),
            ratio(total.calls, buyers),
        ]);
        first
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_last_units_are_sold_once_and_all() {
        for rules in [Rules::BARE, Rules { time_percent: 10, ..Rules::CONFLICTS }] {
            for lanes in [1, 4] {
                let outcome = race(rules, lanes, 200, 20).await.unwrap();
                // On a machine that is busy with other things a buyer may be asked to try again later.
                assert_eq!((outcome.yes, outcome.sold_out + outcome.later), (20, 180), "{outcome:?}");
            }
        }
    }

    #[tokio::test]
    async fn overlapping_wishes_get_everything_or_nothing() {
        let rules = Rules { time_percent: 10, ..Rules::CONFLICTS };
        let outcome = overlap(rules, 2, 60, 12, 20).await.unwrap();
        assert!(outcome.yes > 0 && outcome.yes < 60, "{outcome:?}");
    }
}
