//! A buyer: wants goods, has as long as a function behind a route runs, and is told yes, sold out, or try again later.

use std::time::{Duration, Instant};

use kernel::{Kind, OrderId, Problem, ReservationId};
use platform::dynamo::TransactError;
use stock::{Line, StockRefusal};

use crate::Failure;
use crate::shop::{self, Shop};

const MAX_ROUNDS: u32 = 6;

/// What a buyer was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    /// The goods are set aside.
    Yes,
    /// They can't be had.
    SoldOut,
    /// 503: the goods were taken by others again and again, or the transaction was in conflict until the deadline.
    Later,
}

/// One buyer's attempt.
#[derive(Debug, Clone, Copy)]
pub struct Attempt {
    /// What came of it.
    pub told: Told,
    /// How long it took.
    pub took: Duration,
}

/// Tries to set `lines` aside.
pub async fn buy(shop: &Shop, lines: &[Line]) -> Result<Attempt, Failure> {
    let began = Instant::now();
    let told = match reserve(shop, lines).await {
        Ok(()) => Told::Yes,
        Err(problem) if problem.code == "insufficient_stock" => Told::SoldOut,
        Err(problem) if problem.kind == Kind::Unavailable => Told::Later,
        Err(problem) => return Err(shop::problem(problem)),
    };
    Ok(Attempt { told, took: began.elapsed() })
}

async fn reserve(shop: &Shop, lines: &[Line]) -> Result<(), Problem> {
    let call = shop::call();
    let (id, order) = (ReservationId::generate(), OrderId::generate());
    for _ in 0..MAX_ROUNDS {
        let plan = match shop.stock.plan(lines).await? {
            Ok(plan) => plan,
            Err(shortages) => return Err(shortages[0].problem()),
        };
        let writes = shop.stock.reserve(&call, id, order, None, &plan)?;
        match shop.dynamo.transact(&call, writes).await {
            Ok(()) => return Ok(()),
            Err(TransactError::Failed(problem)) => return Err(problem),
            Err(TransactError::Refused(refused)) => {
                if refused.iter().any(|one| one.reason == StockRefusal::ReservationChanged) {
                    return Err(Problem::internal("a new reservation exists already"));
                }
            }
        }
    }
    Err(Problem::unavailable("the goods were taken by others again and again"))
}
