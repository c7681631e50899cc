//! The conditions that can refuse the placing transaction, and the outcome of each.

use kernel::{Problem, UserId};
use orders::store::TakenSnapshot;
use platform::dynamo::{FailedCondition, Item};

use super::Attempted;

/// The reasons for which the placing transaction was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Refusal {
    /// Another order drew the same number; the attempt is repeated with another one.
    Number,
    /// Another transaction took the stock; the attempt is repeated with what is left.
    Stock,
    /// The same account or address ordered meanwhile; the attempt is repeated with what it holds then.
    Holds,
    /// An item that is new by construction existed already.
    Defect,
    /// Another order was placed from the same signed cart.
    Snapshot,
    /// The cart has changed since it was read.
    Cart,
    /// A request with the same key was faster.
    Key,
}

/// The outcome of a refused attempt; `None` where it is planned again. A used key or a changed cart decides, regardless of the other reasons.
pub(super) fn end(refused: &[FailedCondition<Refusal>], user: UserId) -> Option<Result<Attempted, Problem>> {
    let most_severe = refused.iter().max_by_key(|one| one.reason)?;
    match most_severe.reason {
        Refusal::Key => Some(Ok(Attempted::KeyTaken)),
        Refusal::Cart => Some(Err(cart_changed())),
        Refusal::Snapshot => Some(Err(already_ordered(most_severe.current.as_ref(), user))),
        Refusal::Defect => Some(Err(Problem::internal("a new payment or reservation exists already"))),
        Refusal::Stock | Refusal::Holds | Refusal::Number => None,
    }
}

/// The signed cart was ordered under another key. The response to its owner names that order.
fn already_ordered(taken: Option<&Item>, user: UserId) -> Problem {
    let problem =
        Problem::conflict("snapshot_already_ordered", "An order was placed from this signed cart already.");
    match taken.cloned().and_then(|item| TakenSnapshot::read(item).ok()) {
        Some(taken) if taken.user_id == user => problem.with("orderId", taken.order_id.to_string()),
        _ => problem,
    }
}

pub(super) fn cart_changed() -> Problem {
    Problem::conflict(
        "cart_changed",
        "The cart was changed or checked out in the meantime; look at it again.",
    )
}
