//! Many customers at once for the last uses of a promotion, each with one piece of a product that is not short.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use kernel::Quantity;
use ordering::place::{PlaceOrder, Sale};
use serde_json::Value;
use stock::Line;

use super::checkout::{Attempt, CODE, OrderRequest, PROMOTION, Response, add_products, put_promotion};
use crate::Failure;
use crate::books::{Books, each, number, text};
use crate::report::{Table, Times, ratio};
use crate::server::{Counts, Rules};
use crate::shop::{Shop, sku};

/// The lanes of the product: so many that customers meet at the promotion and not at the stock.
const LANES: u16 = 16;
/// The most rounds after the first until each customer has an order or a refusal.
const MAX_REPEATS: usize = 100;

/// The customers by their last response.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Responses {
    /// Customers with an order.
    pub placed: usize,
    /// Customers whose code was refused.
    pub refused: usize,
    /// Customers who were asked to try again later.
    pub unavailable: usize,
}

/// A run with all of its customers at once, checked.
#[derive(Debug)]
pub struct Outcome {
    /// The customers after one request each.
    pub first: Responses,
    /// The customers at the end, when each has an order or a refusal.
    pub last: Responses,
    /// The number of rounds in which those who had been asked to try again later sent the same request again, all at once.
    pub repeats: usize,
    /// The requests to DynamoDB in the first round.
    pub counts: Counts,
    elapsed: Duration,
    times: Times,
}

/// The uses of the promotion by the tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Recorded {
    /// The promotion's counter.
    counter: usize,
    /// Orders that count as uses of the promotion.
    orders: usize,
    /// Reservations of stock.
    reservations: usize,
}

/// `buyers` customers order one piece each with the code of a promotion that at most `uses` orders may have. Fails when orders, counter, stock and
/// responses contradict each other, after the first round or a later one.
pub async fn race(rules: Rules, buyers: usize, uses: usize) -> Result<Outcome, Failure> {
    let mut shop = Shop::open().await?;
    let sku = sku("HOT")?;
    add_products(&mut shop, std::slice::from_ref(&sku), LANES).await?;
    put_promotion(&shop, uses).await?;
    let place_order = PlaceOrder::connect(&shop.init).await.map_err(Failure::new)?;
    let sale = Sale { promotion_codes: vec![CODE.to_owned()], ..Sale::default() };
    let line = Line { sku, quantity: Quantity::ONE };
    let requests = (0..buyers).map(|_| OrderRequest::new(vec![line.clone()], sale.clone()));
    let mut waiting = requests.collect::<Result<Vec<_>, _>>()?;
    let mut responses = Responses::default();
    let check = |responses| Recorded::read(&shop)?.check(responses, uses.min(buyers));

    shop.server.keep(rules);
    let (before, began) = (shop.server.counts(), Instant::now());
    let times = send_all(&place_order, &mut waiting, &mut responses).await?;
    let (elapsed, counts) = (began.elapsed(), shop.server.counts().since(&before));
    check(responses)?;
    let (first, mut repeats) = (responses, 0);
    while !waiting.is_empty() {
        if repeats == MAX_REPEATS {
            return Err(Failure::new(format!("after {repeats} more rounds: {responses:?}")));
        }
        repeats += 1;
        send_all(&place_order, &mut waiting, &mut responses).await?;
        check(responses)?;
    }
    Ok(Outcome { first, last: responses, repeats, counts, elapsed, times })
}

/// Sends all requests of `waiting` at the same moment, and keeps those whose senders are asked to try again later. Returns how long each took.
async fn send_all(
    place_order: &PlaceOrder,
    waiting: &mut Vec<OrderRequest>,
    responses: &mut Responses,
) -> Result<Times, Failure> {
    let attempts = join_all(waiting.iter().map(|request| request.send(place_order))).await;
    let attempts = attempts.into_iter().collect::<Result<Vec<Attempt>, Failure>>()?;
    let count = |response| attempts.iter().filter(|attempt| attempt.response == response).count();
    responses.placed += count(Response::Placed);
    responses.refused += count(Response::NotApplicable);
    responses.unavailable = count(Response::Unavailable);
    let (mut times, mut sent) = (Times::default(), attempts.iter());
    waiting.retain(|_| sent.next().is_some_and(|attempt| attempt.response == Response::Unavailable));
    for attempt in &attempts {
        times.add(attempt.took);
    }
    Ok(times)
}

impl Recorded {
    /// Reads the tables, and holds the stock against the reservations.
    fn read(shop: &Shop) -> Result<Self, Failure> {
        let (mut counter, mut orders) = (0, 0);
        each(&shop.server, "PricingTable", |item| {
            if text(&item, "PK")? == format!("USES#{PROMOTION}") && text(&item, "SK")? == "ALL" {
                counter = usize::try_from(number(&item, "uses")?).map_err(Failure::new)?;
            }
            Ok(())
        })?;
        each(&shop.server, "OrdersTable", |item| {
            let uses = item.get("pricing").map_or(&Value::Null, |pricing| &pricing["uses"]);
            let is_use = uses["promotions"][0]["promotionId"] == PROMOTION && uses["taken"] == true;
            orders += usize::from(is_use && text(&item, "PK")?.starts_with("ORDER#"));
            Ok(())
        })?;
        let reservations = Books::read(&shop.server)?.check(&shop.opening)?.standing;
        Ok(Self { counter, orders, reservations })
    }

    /// Holds the tables against `responses`, of which at most `expected` may be orders. A customer who was asked to try again later may have an order:
    /// the same request is then answered with it.
    fn check(self, responses: Responses, expected: usize) -> Result<(), Failure> {
        let Responses { placed, unavailable, .. } = responses;
        let agree = self.counter == self.orders && self.reservations == self.orders;
        let answered = placed <= self.orders && self.orders <= placed + unavailable;
        // No one else keeps a use from a customer: uses are left only if as many were asked to try again later.
        let used = self.orders <= expected && placed + unavailable >= expected;
        if agree && answered && used {
            return Ok(());
        }
        Err(Failure::new(format!("{expected} uses were wanted; {responses:?}, but {self:?}")))
    }
}

/// The columns of [`Outcome::cells`].
pub fn table(first: &[&str]) -> Table {
    let figures = [
        "yes",
        "refused",
        "503",
        "p50 ms",
        "p99 ms",
        "all ms",
        "conflicts",
        "throttled",
        "calls/buyer",
        "more rounds",
        "yes at the end",
    ];
    Table::new(&[first, &figures].concat())
}

impl Outcome {
    /// The figures as a row of [`table`], after `first`. All but the last two are those of the first round.
    pub fn cells(&self, mut first: Vec<String>) -> Vec<String> {
        let Responses { placed, refused, unavailable } = self.first;
        let total = self.counts.total();
        first.extend([
            placed.to_string(),
            refused.to_string(),
            unavailable.to_string(),
            self.times.percentile(50),
            self.times.percentile(99),
            self.elapsed.as_millis().to_string(),
            self.counts.of("TransactWriteItems").conflicts.to_string(),
            total.throttled.to_string(),
            ratio(total.calls, (placed + refused + unavailable) as u64),
            self.repeats.to_string(),
            self.last.placed.to_string(),
        ]);
        first
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_last_uses_are_taken_once_and_all() {
        for rules in [Rules::BARE, Rules { time_percent: 10, ..Rules::CONFLICTS }] {
            let outcome = race(rules, 60, 10).await.unwrap();
            assert_eq!(outcome.last, Responses { placed: 10, refused: 50, unavailable: 0 }, "{outcome:?}");
        }
    }

    #[test]
    fn contradictions_are_found() {
        let responses = Responses { placed: 9, refused: 50, unavailable: 1 };
        let recorded = |counter, orders| Recorded { counter, orders, reservations: orders };
        for sound in [recorded(9, 9), recorded(10, 10)] {
            assert!(sound.check(responses, 10).is_ok(), "{sound:?}");
        }
        for broken in [recorded(10, 9), recorded(8, 8), recorded(11, 11)] {
            assert!(broken.check(responses, 10).is_err(), "{broken:?}");
        }
        assert!(Recorded { reservations: 10, ..recorded(9, 9) }.check(responses, 10).is_err());
        let all_answered = Responses { unavailable: 0, ..responses };
        assert!(recorded(9, 9).check(all_answered, 10).is_err(), "a use is left");
        assert!(recorded(9, 9).check(all_answered, 9).is_ok());
        assert!(recorded(9, 9).check(all_answered, 8).is_err(), "one use too many");
    }
}
