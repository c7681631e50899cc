//! Reservations per second: one hot SKU in one lane, in many lanes, and many cold SKUs. In one run and by turns, so that what else the machine does meets all of them.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use kernel::{Quantity, Sku};
use stock::Line;

use crate::Failure;
use crate::books::Books;
use crate::buyer::{Told, buy};
use crate::report::{Table, Times, median, rate, ratio};
use crate::server::{Rules, Tally};
use crate::shop::{PLENTY, Shop, sku};

/// How the ratios are measured.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The server's rules.
    pub rules: Rules,
    /// The lane counts of the hot SKUs.
    pub lanes: Vec<u16>,
    /// How many cold SKUs there are.
    pub cold: usize,
    /// How many buyers there are at a time; each buys again and again.
    pub buyers: usize,
    /// Turns of each kind.
    pub turns: usize,
    /// How long a turn lasts.
    pub turn: Duration,
}

/// One kind of load, and what came of it.
struct Kind {
    name: String,
    skus: Vec<Sku>,
    rates: Vec<u64>,
    made: u64,
    later: u64,
    times: Times,
    asked: Tally,
    transactions: Tally,
}

/// Measures, checks the books, and answers the table.
pub async fn ratios(plan: &Plan) -> Result<Table, Failure> {
    let mut shop = Shop::open().await?;
    let mut kinds = Vec::new();
    for &lanes in &plan.lanes {
        let hot = sku(&format!("HOT-{lanes}"))?;
        shop.stock_up(&hot, lanes, PLENTY).await?;
        let name = if lanes == 1 { "one SKU, 1 lane".to_owned() } else { format!("one SKU, {lanes} lanes") };
        kinds.push(Kind::new(name, vec![hot]));
    }
    let mut cold = Vec::with_capacity(plan.cold);
    for index in 0..plan.cold {
        let sku = sku(&format!("COLD-{index}"))?;
        shop.stock_up(&sku, 1, PLENTY).await?;
        cold.push(sku);
    }
    kinds.push(Kind::new(format!("{} SKUs, 1 lane each", plan.cold), cold));
    shop.server.keep(plan.rules);
    for _ in 0..plan.turns {
        for kind in &mut kinds {
            kind.turn(&shop, plan).await?;
        }
    }
    Books::read(&shop.server)?.check(&shop.opening)?;
    Ok(table(&kinds))
}

impl Kind {
    fn new(name: String, skus: Vec<Sku>) -> Self {
        Self {
            name,
            skus,
            rates: Vec::new(),
            made: 0,
            later: 0,
            times: Times::default(),
            asked: Tally::default(),
            transactions: Tally::default(),
        }
    }

    /// All buyers buy until the turn is over; who is at it then comes to an end, uncounted in the rate.
    async fn turn(&mut self, shop: &Shop, plan: &Plan) -> Result<(), Failure> {
        let before = shop.server.counts();
        let began = Instant::now();
        let skus = &self.skus;
        let buyers = (0..plan.buyers).map(|_| async move {
            let mut attempts = Vec::new();
            while began.elapsed() < plan.turn {
                let sku = fastrand::choice(skus).cloned().ok_or_else(|| Failure::new("no SKU"))?;
                let quantity = Quantity::new(1).ok_or_else(|| Failure::new("not a quantity"))?;
                let attempt = buy(shop, vec![Line { sku, quantity }]).await?;
                attempts.push((attempt, began.elapsed() < plan.turn));
            }
            Ok::<_, Failure>(attempts)
        });
        let attempts = join_all(buyers).await.into_iter().collect::<Result<Vec<_>, _>>()?;
        let mut in_time = 0;
        for (attempt, counts) in attempts.into_iter().flatten() {
            match attempt.told {
                Told::Yes => self.made += 1,
                Told::Later => self.later += 1,
                Told::SoldOut => return Err(Failure::new("what nobody can sell out was sold out")),
            }
            in_time += u64::from(counts && attempt.told == Told::Yes);
            self.times.add(attempt.took);
        }
        self.rates.push(rate(in_time, plan.turn));
        let counts = shop.server.counts().since(&before);
        self.asked = self.asked + counts.total();
        self.transactions = self.transactions + counts.of("TransactWriteItems");
        Ok(())
    }
}

fn table(kinds: &[Kind]) -> Table {
    let mut table = Table::new(&[
        "load",
        "reservations/s",
        "slowest turn",
        "fastest turn",
        "of one lane",
        "p50 ms",
        "p99 ms",
        "503",
        "conflicts each",
        "throttled each",
        "calls each",
    ]);
    let first = kinds.first().map_or(0, |kind| median(&kind.rates));
    for kind in kinds {
        let middle = median(&kind.rates);
        let edge = |value: Option<&u64>| value.copied().unwrap_or_default().to_string();
        table.row(vec![
            kind.name.clone(),
            middle.to_string(),
            edge(kind.rates.iter().min()),
            edge(kind.rates.iter().max()),
            ratio(middle, first),
            kind.times.percentile(50),
            kind.times.percentile(99),
            kind.later.to_string(),
            ratio(kind.transactions.conflicts, kind.made),
            ratio(kind.asked.throttled, kind.made),
            ratio(kind.asked.calls, kind.made),
        ]);
    }
    table
}
