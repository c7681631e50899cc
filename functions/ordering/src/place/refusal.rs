//! The conditions that can refuse the placing transaction, and the outcome of each.

use kernel::{Problem, UserId};
use orders::store::TakenSnapshot;
use platform::dynamo::{FailedCondition, Item};
use pricing::UsedUp;

use super::Attempted;
use crate::refusal::{NotPlaced, PlaceRefusal};

/// The reasons for which the placing transaction was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Refusal {
    /// Another order drew the same number; the attempt is repeated with another one.
    Number,
    /// Another transaction took the stock; the attempt is repeated with what is left.
    Stock,
    /// The same account or address ordered meanwhile; the attempt is repeated with what it holds then.
    Holds,
    /// A promotion was used as often as it may be; the attempt is repeated without it, or refused for its code.
    UsedUp(UsedUp),
    /// An item that is new by construction existed already.
    Defect,
    /// Another order was placed from the same signed cart.
    Snapshot,
    /// The cart has changed since it was read.
    Cart,
    /// A request with the same key was faster.
    Key,
}

impl Refusal {
    /// The counter that is at its limit, if that is the reason.
    pub(super) fn used_up(self) -> Option<UsedUp> {
        if let Self::UsedUp(used_up) = self { Some(used_up) } else { None }
    }
}

/// The outcome of a refused attempt; `None` where it is planned again. A used key or a changed cart decides, regardless of the other reasons.
pub(super) fn end(
    refused: &[FailedCondition<Refusal>],
    user: UserId,
) -> Option<Result<Attempted, NotPlaced>> {
    let most_severe = refused.iter().max_by_key(|one| one.reason)?;
    match most_severe.reason {
        Refusal::Key => Some(Ok(Attempted::KeyTaken)),
        Refusal::Cart => Some(Err(PlaceRefusal::CartChanged.into())),
        Refusal::Snapshot => Some(Err(already_ordered(most_severe.current.as_ref(), user).into())),
        Refusal::Defect => Some(Err(Problem::internal("a new payment or reservation exists already").into())),
        Refusal::Stock | Refusal::Holds | Refusal::UsedUp(_) | Refusal::Number => None,
    }
}

/// The signed cart was ordered under another key. The response to its owner names that order.
fn already_ordered(taken: Option<&Item>, user: UserId) -> PlaceRefusal {
    let taken = taken.cloned().and_then(|item| TakenSnapshot::read(item).ok());
    let own = taken.filter(|taken| taken.user_id == user);
    PlaceRefusal::SnapshotOrdered { order_id: own.map(|taken| taken.order_id) }
}
