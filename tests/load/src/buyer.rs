//! A buyer: wants goods, has as long as a function behind a route runs, and gets a reservation, a sold-out refusal, or a request to try again later.

use std::time::{Duration, Instant};

use kernel::{Kind, OrderId, ReservationId};
use stock::Line;
use stock::reserve::{Outcome, ReservationRequest};

use crate::Failure;
use crate::shop::{self, Shop};

/// The outcome of a buyer's attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    /// The goods are reserved.
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
pub async fn buy(shop: &Shop, lines: Vec<Line>) -> Result<Attempt, Failure> {
    let began = Instant::now();
    let requested = ReservationRequest {
        id: ReservationId::generate(),
        order_id: OrderId::generate(),
        lines,
        expires_at: None,
    };
    let told = match shop.writer.reserve(&shop::call(), &requested, |_| Ok(None)).await {
        Ok(Outcome::Made(_)) => Told::Yes,
        Ok(Outcome::Short(_)) => Told::SoldOut,
        Ok(Outcome::KeyTaken) => return Err(Failure::new("there was no key to take")),
        Err(problem) if problem.kind == Kind::Unavailable => Told::Later,
        Err(problem) => return Err(shop::problem(problem)),
    };
    Ok(Attempt { told, took: began.elapsed() })
}
