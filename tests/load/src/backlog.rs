//! Orders in great number, written by the same writes as one: due ones with payment and goods, and others that are not.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::try_join_all;
use kernel::{
    Currency, Money, NewEvent, OrderId, OrderNumber, PaymentId, PaymentStatus, Problem, Quantity, Sku,
    Timestamp, UserId,
};
use orders::{Order, Orders, PaymentSummary, Placement, PricedLine};
use payments::method::Instrument;
use payments::payment::{Payment, StartParameters};
use payments::provider::{Capture, PaymentProvider as _, PaymentReference};
use payments::sandbox::{Decision, Sandbox, reference};
use payments::store::Payments;
use platform::InvocationContext;
use platform::dynamo::{Dynamo, MAX_ACTIONS, Write};
use platform::journal::Journal;
use stock::allocation::StockLocation;
use stock::warehouse::Warehouse;
use stock::{Allocation, Plan, Stock};

use crate::Failure;
use crate::shop::{self, Shop};

/// Writes of one order with its payment and its goods: order, payment, their journal rows, reservation, stock row.
const WRITES_PER_ORDER: usize = 6;
/// Orders in one transaction. No two of them may take from the same row, so there are at least as many SKUs.
pub const BATCH: usize = MAX_ACTIONS / WRITES_PER_ORDER;
/// Where payers would come back to.
const RETURN_URL: &str = "https://shop.example/";
/// Transactions on their way at the same time.
const SIDE_BY_SIDE: usize = 8;
/// How long orders can be paid.
const WINDOW: Duration = Duration::from_mins(10);
/// How long ago the youngest of the orders was placed.
const AGE: Duration = Duration::from_hours(1);
/// What an order costs, in minor units.
const PRICE: i64 = 7_500;

/// Writes orders.
pub struct Backlog {
    dynamo: Dynamo,
    journal: Journal,
    orders: Orders,
    payments: Payments,
    sandbox: Sandbox,
    stock: Stock,
    currency: Currency,
    skus: Vec<Sku>,
    warehouse: Warehouse,
    lanes: u16,
    written: u64,
    /// The clock stands still for the backlog: time that went by while it was written would give two orders one millisecond.
    began: Timestamp,
}

/// An order that waits for its payment.
#[derive(Debug, Clone, Copy)]
pub struct Due {
    /// The order.
    pub order: OrderId,
    /// Its payment.
    pub payment: PaymentId,
}

/// What another order is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Other {
    Paid,
    Cancelled,
    NotDue,
}

impl Backlog {
    /// For orders of `skus`, one piece each, from all of `lanes`.
    pub async fn new(shop: &Shop, skus: Vec<Sku>, lanes: u16) -> Result<Self, Failure> {
        if skus.len() < BATCH {
            return Err(Failure::new(format!("at least {BATCH} SKUs are needed")));
        }
        let init = &shop.init;
        let payments = Payments::connect(init).await.map_err(Failure::new)?;
        Ok(Self {
            dynamo: init.dynamo(),
            journal: Journal::connect(init).await.map_err(Failure::new)?,
            orders: Orders::connect(init).await.map_err(Failure::new)?,
            sandbox: Sandbox::new(init.dynamo(), payments.clone()),
            payments,
            stock: Stock::connect(init).await.map_err(Failure::new)?,
            currency: Currency::from_code("RUB").ok_or_else(|| Failure::new("no roubles"))?,
            skus,
            warehouse: shop.warehouse.clone(),
            lanes,
            written: 0,
            began: Timestamp::now(),
        })
    }

    /// Writes `count` orders whose time to be paid is over, and begins their payments at the provider.
    pub async fn due(&mut self, count: usize) -> Result<Vec<Due>, Failure> {
        let mut due = Vec::with_capacity(count);
        while due.len() < count {
            let (mut begun, mut batches) = (Vec::new(), Vec::new());
            for _ in 0..SIDE_BY_SIDE {
                let size = BATCH.min(count - due.len() - begun.len());
                let (orders, writes) = self.due_batch(size).map_err(shop::problem)?;
                begun.extend(orders);
                batches.push(writes);
            }
            self.write(batches).await?;
            let call = shop::call();
            let starts = begun.iter().filter_map(Payment::start);
            try_join_all(starts.map(async |start| self.sandbox.start(&call, &start).await))
                .await
                .map_err(Failure::new)?;
            due.extend(begun.iter().map(|payment| Due { order: payment.order_id, payment: payment.id }));
        }
        Ok(due)
    }

    /// Writes `count` orders that are paid, cancelled, or still have time: a third each.
    pub async fn others(&mut self, count: usize) -> Result<(), Failure> {
        let mut left = count;
        while left > 0 {
            let mut batches = Vec::new();
            for _ in 0..SIDE_BY_SIDE {
                let size = (MAX_ACTIONS / 2).min(left);
                left -= size;
                batches.push(self.other_batch(size)?);
            }
            self.write(batches).await?;
        }
        Ok(())
    }

    /// The customer of `due` pays at the provider; Holdfast has received no notification of it yet.
    pub async fn pay_at_provider(&self, due: Due) -> Result<(), Failure> {
        let decided = self.sandbox.decide(&shop::call(), reference(due.payment), Decision::Pay).await;
        decided.map(|_| ()).map_err(shop::problem)
    }

    /// Orders by their numbers, with their payments, and the writes that make them.
    fn due_batch(&mut self, size: usize) -> Result<(Vec<Payment>, Vec<Write<()>>), Problem> {
        let (mut due, mut writes) = (Vec::with_capacity(size), Vec::new());
        for _ in 0..size {
            let (call, placement) = self.next();
            let payment_id = PaymentId::generate();
            let summary = PaymentSummary { payment_id, status: PaymentStatus::Pending, payment_url: None };
            let user = placement.user_id;
            let plan = self.plan(&placement);
            let expires_at = call.now.plus(WINDOW);
            let (order, placed) = Order::place(placement, Some(summary), call.now, expires_at)?;
            let asked = StartParameters {
                instrument: Instrument::Page,
                return_url: RETURN_URL.to_owned(),
                capture: Capture::AtOnce,
                customer: None,
            };
            let (payment, begun) = Payment::begin(payment_id, &ordering::to_pay(&order), asked, call.now)?;
            // As it is once the request that began it has been answered.
            let named = PaymentReference::try_from(reference(payment_id).to_string());
            let payment = payment.known_as(Some(&named.map_err(Problem::internal)?));
            let reservation = Order::reservation_id(order.id, order.version);
            writes.extend(plain(self.orders.insert(&self.journal, &call, &order, vec![placed])?));
            writes.extend(plain(self.stock.reserve(&call, reservation, order.id, Some(user), &plan)?));
            writes.extend(plain(self.payments.insert(&self.journal, &call, &payment, begun)?));
            due.push(payment);
        }
        Ok((due, writes))
    }

    fn other_batch(&mut self, size: usize) -> Result<Vec<Write<()>>, Failure> {
        let mut writes = Vec::new();
        for index in 0..size {
            let kind = [Other::Paid, Other::Cancelled, Other::NotDue][index % 3];
            let (call, placement) = self.next();
            let (order, event) = other(placement, kind, call.now)?;
            let insert =
                self.orders.insert(&self.journal, &call, &order, vec![event]).map_err(shop::problem)?;
            writes.extend(plain(insert));
        }
        Ok(writes)
    }

    /// The next order, each a hundredth of a second older than the one before: then no two of them draw the same number.
    fn next(&mut self) -> (InvocationContext, Placement) {
        self.written += 1;
        let mut call = shop::call();
        call.now = self.began.minus(AGE).minus(Duration::from_millis(self.written * 10));
        let index = usize::try_from(self.written).unwrap_or(usize::MAX) % self.skus.len();
        let line = PricedLine {
            sku: self.skus[index].clone(),
            name: "A thing".to_owned(),
            quantity: Quantity::ONE,
            unit_price: PRICE,
        };
        let placement = Placement {
            number: OrderNumber::generate(call.now),
            user_id: UserId::generate(),
            lines: vec![line],
            total: Money::new(PRICE, self.currency).unwrap_or(Money::zero(self.currency)),
            address: None,
            details: orders::Details::default(),
            cart_snapshot: None,
            holder: None,
            ends_at: None,
            from_cart: false,
            pricing: None,
            buyer: orders::buyer::Buyer::default(),
        };
        (call, placement)
    }

    /// From where the goods of the order come: its SKU's lanes take turns.
    fn plan(&self, placement: &Placement) -> Plan {
        let turn = self.written / self.skus.len() as u64 % u64::from(self.lanes);
        let lane = u16::try_from(turn).unwrap_or_default();
        let take = |line: &PricedLine| Allocation {
            sku: line.sku.clone(),
            place: StockLocation { warehouse: self.warehouse.clone(), lane },
            quantity: line.quantity,
        };
        Plan { takes: placement.lines.iter().map(take).collect() }
    }

    async fn write(&self, batches: Vec<Vec<Write<()>>>) -> Result<(), Failure> {
        let call = Arc::new(shop::call());
        let transactions = batches.into_iter().filter(|writes| !writes.is_empty()).map(|writes| {
            let call = Arc::clone(&call);
            async move {
                let commit = self.dynamo.commit(&call, writes).await.map_err(shop::problem)?;
                commit.ok_or_else(|_| Failure::new("an order could not be written"))
            }
        });
        try_join_all(transactions).await.map(|_| ())
    }
}

fn plain<R>(writes: Vec<Write<R>>) -> impl Iterator<Item = Write<()>> {
    writes.into_iter().map(|write| write.map(|_| ()))
}

fn other(placement: Placement, kind: Other, at: Timestamp) -> Result<(Order, NewEvent), Failure> {
    // What still has time has it for longer than any run takes.
    let window = if kind == Other::NotDue { AGE * 48 } else { WINDOW };
    let (order, event) = Order::place(placement, None, at, at.plus(window)).map_err(shop::problem)?;
    let moved = match kind {
        Other::NotDue => return Ok((order, event)),
        Other::Paid => order.pay(at),
        Other::Cancelled => order.cancel(None, at),
    };
    let moved = moved.map_err(|error| Failure::new(format!("{error:?}")))?;
    Ok((moved.order, moved.event))
}
