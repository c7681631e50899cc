//! Expiry at scale: a backlog of orders that were not paid in time, swept into a queue and drained by many consumers, while customers pay.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::time::{Duration, Instant};

use futures_util::future::{join, join_all};
use kernel::{Kind, OrderId, PaymentId, Problem};
use ordering::settlement::Settlement;
use orders::Orders;
use orders::sweep::{ExpireOrder, sweep};
use payments::callback::{CallbackBody, CallbackStatus};
use platform::queue::Sender;

use crate::Failure;
use crate::backlog::{BATCH, Backlog, Due};
use crate::books::Books;
use crate::ledger::{End, Ledger};
use crate::report::{Table, rate, ratio, units};
use crate::server::{Counts, Rules};
use crate::shop::{self, Shop, sku};

/// What the sweeping function has before Lambda ends it (`SweepExpiredOrders` in the template).
const SWEEP_TIMEOUT: Duration = Duration::from_secs(50);
/// Messages that a consumer gets at a time (`BatchSize` of `ExpireOrder` in the template).
const MESSAGES: usize = 10;
/// The most notifications that the provider sends of a payment until Holdfast accepts one.
const MAX_TELLINGS: usize = 50;

/// A run.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The server's rules while the backlog drains.
    pub rules: Rules,
    /// Orders whose time is over.
    pub orders: usize,
    /// Orders beside them whose time is not.
    pub others: usize,
    /// One order in so many is paid just then.
    pub paid_one_in: usize,
    /// SKUs that the goods are of.
    pub skus: usize,
    /// Lanes of each.
    pub lanes: u16,
    /// Consumers at work.
    pub workers: usize,
}

/// What came of a run.
#[derive(Debug)]
pub struct Report {
    /// Sweeps of the same backlog, without and with the others in the table, and of the table when all was done.
    pub sweeps: Vec<SweepCost>,
    /// How many orders came to which end.
    pub ends: BTreeMap<End, usize>,
    /// Messages that the consumers got.
    pub messages: u64,
    /// Messages that failed and came back.
    pub put_back: u64,
    /// How long the draining took.
    pub elapsed: Duration,
    /// What the draining asked of DynamoDB.
    pub drained: Counts,
}

/// What one sweep asked.
#[derive(Debug, Clone)]
pub struct SweepCost {
    /// When it was made.
    pub when: String,
    /// Messages that the queue took.
    pub queued: u64,
    /// Queries.
    pub queries: u64,
    /// Thousandths of read units.
    pub units: u64,
    /// Batches sent to the queue.
    pub batches: u64,
}

/// The functions at work.
struct Works<'a> {
    shop: &'a Shop,
    orders: Orders,
    queue: Sender,
    settlement: Settlement,
    /// Orders whose payment arrives in the same moment as their message.
    met: RefCell<HashMap<OrderId, PaymentId>>,
    messages: RefCell<u64>,
    put_back: RefCell<u64>,
}

/// Builds the backlog, sweeps, drains, and holds the result against what may be.
pub async fn expiry(plan: &Plan) -> Result<Report, Failure> {
    let mut shop = Shop::open().await?;
    let skus = (0..plan.skus.max(BATCH)).map(|index| sku(&format!("SKU-{index}")));
    let skus = skus.collect::<Result<Vec<_>, _>>()?;
    for sku in &skus {
        shop.stock_up(sku, plan.lanes, plan.orders as u64).await?;
    }
    let mut backlog = Backlog::new(&shop, skus, plan.lanes).await?;
    let due = backlog.due(plan.orders).await?;
    let works = Works::new(&shop).await?;
    let mut sweeps = vec![works.sweep("backlog alone").await?];
    works.forget_messages();
    backlog.others(plan.others).await?;
    sweeps.push(works.sweep(&format!("and {} other orders", plan.others)).await?);

    let paying: Vec<Due> = due.iter().step_by(plan.paid_one_in.max(1)).copied().collect();
    for paid in &paying {
        backlog.pay_at_provider(*paid).await?;
    }
    // Every second payment arrives whenever it does, the others exactly when the order's message is dealt with.
    let (met, early): (Vec<_>, Vec<_>) = paying.iter().enumerate().partition(|(index, _)| index % 2 == 0);
    works.met.borrow_mut().extend(met.into_iter().map(|(_, due)| (due.order, due.payment)));
    let mut early: Vec<PaymentId> = early.into_iter().map(|(_, due)| due.payment).collect();
    fastrand::shuffle(&mut early);

    shop.server.keep(plan.rules);
    let (before, began) = (shop.server.counts(), Instant::now());
    let (drained, told) = join(works.drain(plan.workers), works.tell_all(&early, plan.workers)).await;
    drained?;
    told?;
    let (elapsed, drained) = (began.elapsed(), shop.server.counts().since(&before));
    shop.server.keep(Rules::BARE);
    sweeps.push(works.sweep("all drained").await?);

    let ends = check(&shop, plan, &due, &paying)?;
    let (messages, put_back) = (*works.messages.borrow(), *works.put_back.borrow());
    Ok(Report { sweeps, ends, messages, put_back, elapsed, drained })
}

/// Every due order has ended, once, and those that were paid are paid; nothing else has changed; the goods add up.
fn check(shop: &Shop, plan: &Plan, due: &[Due], paying: &[Due]) -> Result<BTreeMap<End, usize>, Failure> {
    Books::read(&shop.server)?.check(&shop.opening)?;
    let ledger = Ledger::read(&shop.server)?;
    if ledger.len() != plan.orders + plan.others {
        return Err(Failure::new(format!("there are {} orders", ledger.len())));
    }
    let paid: HashSet<OrderId> = paying.iter().map(|due| due.order).collect();
    let mut ends: BTreeMap<End, usize> = BTreeMap::new();
    for due in due {
        let end = ledger.end(due.order, &due.payment.to_string())?;
        if (end == End::Expired) == paid.contains(&due.order) {
            return Err(Failure::new(format!("order {} ended as {end:?}", due.order)));
        }
        *ends.entry(end).or_default() += 1;
    }
    Ok(ends)
}

impl<'a> Works<'a> {
    async fn new(shop: &'a Shop) -> Result<Self, Failure> {
        let init = &shop.init;
        Ok(Self {
            shop,
            orders: Orders::connect(init).await.map_err(Failure::new)?,
            queue: Sender::connect(init, "EXPIRY_QUEUE_URL").map_err(Failure::new)?,
            settlement: Settlement::connect(init).await.map_err(Failure::new)?,
            met: RefCell::default(),
            messages: RefCell::default(),
            put_back: RefCell::default(),
        })
    }

    /// One invocation of the sweep.
    async fn sweep(&self, when: &str) -> Result<SweepCost, Failure> {
        let before = self.shop.server.counts();
        let call = shop::call_of(SWEEP_TIMEOUT);
        let queued = sweep(&self.orders, &self.queue, &call).await.map_err(shop::problem)?;
        let counts = self.shop.server.counts().since(&before);
        let queries = counts.of("Query");
        let batches = counts.of("AmazonSQS.SendMessageBatch").calls;
        Ok(SweepCost { when: when.to_owned(), queued, queries: queries.calls, units: queries.units, batches })
    }

    /// Loses all messages that wait; the next sweep finds their orders again.
    fn forget_messages(&self) {
        while !self.shop.server.receive(usize::MAX).is_empty() {}
    }

    /// Consumes until the queue is empty and a sweep finds nothing any more.
    async fn drain(&self, workers: usize) -> Result<(), Failure> {
        loop {
            let consumers = join_all((0..workers).map(|_| self.consume())).await;
            consumers.into_iter().collect::<Result<Vec<()>, Failure>>()?;
            if self.sweep("again").await?.queued == 0 && self.shop.server.waiting() == 0 {
                return Ok(());
            }
        }
    }

    /// One consumer: batch after batch, the messages of a batch side by side, as the queue's trigger does it.
    async fn consume(&self) -> Result<(), Failure> {
        loop {
            let messages = self.shop.server.receive(MESSAGES);
            if messages.is_empty() {
                return Ok(());
            }
            *self.messages.borrow_mut() += messages.len() as u64;
            for outcome in join_all(messages.into_iter().map(|message| self.one(message))).await {
                outcome?;
            }
        }
    }

    async fn one(&self, message: String) -> Result<(), Failure> {
        let ExpireOrder { order_id } = serde_json::from_str(&message).map_err(Failure::new)?;
        let payment = self.met.borrow_mut().remove(&order_id);
        let call = shop::call();
        let expired = self.settlement.expire(&call, order_id);
        let expired = match payment {
            Some(payment) => {
                let (expired, told) = Box::pin(join(expired, self.tell(payment))).await;
                told?;
                expired
            }
            None => expired.await,
        };
        match expired {
            Ok(()) => Ok(()),
            Err(problem) if may_pass(&problem) => {
                *self.put_back.borrow_mut() += 1;
                self.shop.server.put_back(message);
                Ok(())
            }
            Err(problem) => Err(shop::problem(problem)),
        }
    }

    /// Sends the provider's notification of each of `payments`, some at a time.
    async fn tell_all(&self, payments: &[PaymentId], side_by_side: usize) -> Result<(), Failure> {
        for some in payments.chunks(side_by_side.max(1)) {
            for told in join_all(some.iter().map(|payment| self.tell(*payment))).await {
                told?;
            }
        }
        Ok(())
    }

    /// Sends the provider's notification that a payment succeeded, until Holdfast has accepted it.
    async fn tell(&self, payment: PaymentId) -> Result<(), Failure> {
        for _ in 0..MAX_TELLINGS {
            match self.settlement.apply_callback(&shop::call(), payment, succeeded()).await {
                Ok(_) => return Ok(()),
                Err(problem) if may_pass(&problem) => {}
                Err(problem) => return Err(shop::problem(problem)),
            }
        }
        Err(Failure::new(format!("payment {payment} was never taken")))
    }
}

/// The provider's notification.
fn succeeded() -> CallbackBody {
    CallbackBody { status: CallbackStatus::Succeeded, failure_code: None, failure_message: None }
}

fn may_pass(problem: &Problem) -> bool {
    problem.kind == Kind::Unavailable
}

impl Report {
    /// The costs of the sweeps.
    pub fn sweep_table(&self) -> Table {
        let mut table = Table::new(&["sweep", "queued", "queries", "read units", "SQS batches"]);
        for sweep in &self.sweeps {
            let (queued, queries) = (sweep.queued.to_string(), sweep.queries.to_string());
            table.row(vec![
                sweep.when.clone(),
                queued,
                queries,
                units(sweep.units),
                sweep.batches.to_string(),
            ]);
        }
        table
    }

    /// What the draining came to.
    pub fn drain_table(&self) -> Table {
        let mut table = Table::new(&["draining", ""]);
        let orders: usize = self.ends.values().sum();
        let orders = orders as u64;
        let end = |end: End| self.ends.get(&end).copied().unwrap_or_default().to_string();
        let (total, transactions) = (self.drained.total(), self.drained.of("TransactWriteItems"));
        for (what, figure) in [
            ("orders that were due", orders.to_string()),
            ("cancelled, once each", end(End::Expired)),
            ("paid while they waited", end(End::Paid)),
            ("paid after they were cancelled", end(End::PaidLate)),
            ("messages delivered", self.messages.to_string()),
            ("messages that failed and came back", self.put_back.to_string()),
            ("seconds", self.elapsed.as_secs().to_string()),
            ("orders a second", rate(orders, self.elapsed).to_string()),
            ("DynamoDB calls for each order", ratio(total.calls, orders)),
            ("capacity units for each order", ratio(total.units, orders * 1_000)),
            ("conflicts for each order", ratio(transactions.conflicts, orders)),
            ("transactions refused by a condition", transactions.refused.to_string()),
        ] {
            table.row(vec![what.to_owned(), figure]);
        }
        table
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn every_due_order_ends_once_and_sweeping_costs_by_what_is_due() {
        let rules = Rules { time_percent: 10, ..Rules::CONFLICTS };
        let plan = Plan { rules, orders: 300, others: 300, paid_one_in: 5, skus: 16, lanes: 2, workers: 4 };
        let report = expiry(&plan).await.unwrap();
        assert_eq!(report.ends.values().sum::<usize>(), 300);
        assert_eq!(report.ends.get(&End::Expired), Some(&240));
        let [alone, among_others, done] = report.sweeps.as_slice() else { panic!("{report:?}") };
        assert_eq!((alone.queries, alone.units), (among_others.queries, among_others.units));
        assert_eq!(done.queued, 0);
    }
}
