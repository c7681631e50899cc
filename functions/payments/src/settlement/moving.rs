//! Reserving the goods of an order that has none, and the steps of a paid order towards its customer.

use std::time::Duration;

use kernel::{Problem, Timestamp};
use orders::order::MoveError;
use orders::{Moved, Order, Precondition, Status};
use platform::Call;
use stock::{Line, Shortage};

use super::{MAX_ROUNDS, Settlement, changed};

/// What came of reserving.
#[derive(Debug)]
pub enum Reserving {
    /// The goods are set aside, or were before.
    Reserved(Order),
    /// They can't be had, and the order says so.
    Short(Order, Vec<Shortage>),
    /// The order is beyond that.
    Refused(Order),
}

impl<P> Settlement<P> {
    /// Makes `step` of an order. Answers the order as it is then; `Err(order)` inside means that the step does not exist from where it is. A
    /// step that comes to nothing is `None` and changes nothing.
    pub async fn advance(
        &self,
        call: &Call,
        expected: &Precondition,
        mut order: Order,
        step: impl Fn(Order, Timestamp) -> Result<Option<Moved>, MoveError>,
    ) -> Result<Result<Order, Order>, Problem> {
        for _ in 0..MAX_ROUNDS {
            expected.check(&order)?;
            let moved = match step(order.clone(), call.now) {
                Ok(Some(moved)) => moved,
                Ok(None) => return Ok(Ok(order)),
                Err(MoveError::WrongState(_)) => return Ok(Err(order)),
                Err(MoveError::Problem(problem)) => return Err(problem),
            };
            let writes = self.orders.update(&self.journal, call, &moved)?;
            if self.made(call, changed(writes).collect()).await? {
                return Ok(Ok(moved.order));
            }
            order = self.reload(order.id).await?;
        }
        Err(Problem::unavailable("the order changed again and again while it was moved"))
    }

    /// Sets the goods of an order aside, at the prices that it has, and lets the time to pay begin. A new order whose goods can't be had
    /// becomes a failed one.
    pub async fn reserve(
        &self,
        call: &Call,
        expected: &Precondition,
        mut order: Order,
        window: Duration,
    ) -> Result<Reserving, Problem> {
        for _ in 0..MAX_ROUNDS {
            expected.check(&order)?;
            if order.status() == Status::AwaitingPayment {
                return Ok(Reserving::Reserved(order));
            }
            let reserved = match order.clone().reserve(call.now, call.now.plus(window)) {
                Ok(moved) => moved,
                Err(MoveError::WrongState(_)) => return Ok(Reserving::Refused(order)),
                Err(MoveError::Problem(problem)) => return Err(problem),
            };
            let (moved, mut writes, short) = match self.stock.plan(&lines(&order)).await? {
                Ok(plan) => {
                    let taken = self.stock.reserve(
                        call,
                        order.next_reservation_id(),
                        order.id,
                        Some(order.user_id),
                        &plan,
                    )?;
                    (reserved, changed(taken).collect(), None)
                }
                Err(shortages) => match order.clone().run_short(call.now) {
                    Ok(failed) => (failed, Vec::new(), Some(shortages)),
                    // It has failed before, and still does.
                    Err(MoveError::WrongState(_)) => return Ok(Reserving::Short(order, shortages)),
                    Err(MoveError::Problem(problem)) => return Err(problem),
                },
            };
            writes.extend(changed(self.orders.update(&self.journal, call, &moved)?));
            if self.made(call, writes).await? {
                return Ok(match short {
                    None => Reserving::Reserved(moved.order),
                    Some(shortages) => Reserving::Short(moved.order, shortages),
                });
            }
            order = self.reload(order.id).await?;
        }
        Err(Problem::unavailable("the goods were taken by others again and again"))
    }
}

/// What an order is for.
pub(super) fn lines(order: &Order) -> Vec<Line> {
    order.lines.iter().map(|line| Line { sku: line.sku.clone(), quantity: line.quantity }).collect()
}
