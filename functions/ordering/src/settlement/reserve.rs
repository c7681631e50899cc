//! Reserving the goods of an order that has none, and the fulfilment steps of a paid order.

use catalog::Catalog;
use kernel::{Money, Problem, Timestamp};
use orders::draft::{PricedLine, Wanted, priced};
use orders::holds::Held;
use orders::order::TransitionError;
use orders::refusal::{DraftError, DraftRefusal};
use orders::view::etag;
use orders::{Holder, Order, Status, Transition};
use platform::dynamo::Write;
use platform::http::Precondition;
use platform::{InvocationContext, StaleRetry};
use stock::{Line, Plan, Shortage};

use super::decision::defect;
use super::{Changed, Settlement, changed};
use crate::payment_window::Windows;
use crate::refusal::ReserveRefusal;
use crate::unpaid::{self, Unpaid};

/// The conditions under which an order's goods are reserved.
pub struct Reserve<'a> {
    /// The current prices of its products.
    pub catalog: &'a Catalog,
    /// The limits on unpaid goods and the account that they apply to; absent where they count towards no limit.
    pub unpaid: Option<(&'a Unpaid, Holder)>,
    /// The customer's time to pay.
    pub windows: Windows,
}

/// The result of a reservation.
#[derive(Debug)]
pub enum Reserving {
    /// The goods are reserved, or were before.
    Reserved(Order),
    /// They are out of stock, and the order shows that.
    Short(Order, Vec<Shortage>),
    /// The order is past that step.
    Refused(Order),
}

impl<P> Settlement<P> {
    /// Makes `step` of an order. Returns the order as it is then; `Err(order)` inside means that the step does not exist from its state. A step
    /// without effect is `None` and changes nothing.
    pub async fn advance(
        &self,
        call: &InvocationContext,
        expected: &Precondition,
        mut order: Order,
        step: impl Fn(Order, Timestamp) -> Result<Option<Transition>, TransitionError>,
    ) -> Result<Result<Order, Order>, Problem> {
        let mut retry = StaleRetry::of("the order", call);
        loop {
            retry.begin().await?;
            expected.check("order", &etag(&order))?;
            let moved = match step(order.clone(), call.now) {
                Ok(Some(moved)) => moved,
                Ok(None) => return Ok(Ok(order)),
                Err(TransitionError::WrongState(_)) => return Ok(Err(order)),
                Err(TransitionError::Problem(problem)) => return Err(problem),
            };
            let writes = self.orders.update(&self.journal, call, &moved)?;
            if self.made(call, changed(writes).collect()).await? {
                return Ok(Ok(moved.order));
            }
            order = self.reload(order.id).await?;
        }
    }

    /// Reserves the goods of an order and starts its payment window, if they still cost what the order says: an old order is no promise of old
    /// prices. A new order whose goods are out of stock becomes a failed one.
    pub async fn reserve(
        &self,
        call: &InvocationContext,
        expected: &Precondition,
        mut order: Order,
        how: &Reserve<'_>,
    ) -> Result<Reserving, Problem> {
        let mut retry = StaleRetry::of("the stock of the order that was being reserved", call);
        loop {
            retry.begin().await?;
            expected.check("order", &etag(&order))?;
            if is_reserved(&order) {
                return Ok(Reserving::Reserved(order));
            }
            let holder = how.unpaid.as_ref().map(|(_, holder)| holder.clone());
            let held = unpaid::read(&self.orders, order.user_id, holder.as_ref()).await?;
            let until = how.windows.end(order.cart_snapshot.is_some(), &held, call.now);
            let reserved = match order.clone().held_by(holder).reserve(call.now, until) {
                Ok(moved) => moved,
                Err(TransitionError::WrongState(_)) => return Ok(Reserving::Refused(order)),
                Err(TransitionError::Problem(problem)) => return Err(problem),
            };
            check_prices(how.catalog, &order).await?;
            if !self.may_use_promotions(&order).await? {
                return Err(ReserveRefusal::PromotionUsedUp.into());
            }
            let (moved, mut writes, short) = match self.stock.plan(&lines(&order)).await? {
                Ok(plan) => {
                    let (moved, writes) = self.take(call, reserved, &plan, how, &held).await?;
                    (moved, writes, None)
                }
                Err(shortages) => match order.clone().mark_out_of_stock(call.now) {
                    Ok(failed) => (failed, Vec::new(), Some(shortages)),
                    // It has failed before, and still does.
                    Err(TransitionError::WrongState(_)) => return Ok(Reserving::Short(order, shortages)),
                    Err(TransitionError::Problem(problem)) => return Err(problem),
                },
            };
            writes.extend(changed(self.orders.update(&self.journal, call, &moved)?));
            writes.extend(self.promotions(&order, &moved.order)?);
            if self.made(call, writes).await? {
                return Ok(match short {
                    None => Reserving::Reserved(moved.order),
                    Some(shortages) => Reserving::Short(moved.order, shortages),
                });
            }
            order = self.reload(order.id).await?;
        }
    }

    /// The order and the writes that reserve the goods of `plan` for it. No provider accepts a payment of nothing: an order without a total is paid
    /// as it is reserved.
    async fn take(
        &self,
        call: &InvocationContext,
        reserved: Transition,
        plan: &Plan,
        how: &Reserve<'_>,
        held: &[Held],
    ) -> Result<(Transition, Vec<Write<Changed>>), Problem> {
        let order = &reserved.order;
        let (id, user) = (Order::reservation_id(order.id, order.version), Some(order.user_id));
        if order.total.amount() == 0 {
            let sold = self.stock.buy(call, id, order.id, user, plan)?;
            let paid = reserved.then(|order| order.pay(call.now)).map_err(defect)?;
            return Ok((paid, changed(sold).collect()));
        }
        if let Some((unpaid, holder)) = &how.unpaid {
            unpaid.check(call, order.user_id, Some(holder), (held, &order.lines)).await?;
        }
        let taken = self.stock.reserve(call, id, order.id, user, plan)?;
        let holding = self.orders.hold(call, order, held)?;
        Ok((reserved, changed(taken).chain(changed(holding)).collect()))
    }
}

/// True when the order has been reserved: one that costs nothing is paid by that.
fn is_reserved(order: &Order) -> bool {
    match order.status() {
        Status::AwaitingPayment => true,
        Status::Paid => order.total.amount() == 0,
        _ => false,
    }
}

/// Refuses an order whose products are not for sale any more, or cost something else than when it was placed.
async fn check_prices(catalog: &Catalog, order: &Order) -> Result<(), Problem> {
    let wanted: Vec<Wanted> = lines(order).into_iter().map(Wanted::from).collect();
    let now = match priced(catalog, &wanted, None).await {
        // The request has no lines that could be at fault: the order has, and it stays as it is.
        Err(DraftError::Refused(DraftRefusal::NotOrderable(lines))) => {
            return Err(ReserveRefusal::NotOrderable(lines).into());
        }
        now => now?,
    };
    if same_prices(&now.lines, &order.lines) && now.total.currency() == order.total.currency() {
        return Ok(());
    }
    let ordered = Money::new(order.totals().subtotal, order.total.currency()).unwrap_or(order.total);
    Err(ReserveRefusal::PriceChanged { ordered, current: now.total }.into())
}

/// True when each product costs what it did. Names may change.
fn same_prices(now: &[PricedLine], before: &[PricedLine]) -> bool {
    let of = |line: &PricedLine| (line.sku.clone(), line.quantity, line.unit_price);
    now.len() == before.len()
        && now.iter().map(of).all(|line| before.iter().map(of).any(|other| other == line))
}

/// The lines of an order.
pub(super) fn lines(order: &Order) -> Vec<Line> {
    order.lines.iter().map(|line| Line { sku: line.sku.clone(), quantity: line.quantity }).collect()
}
