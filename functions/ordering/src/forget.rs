//! Removing personal data from the orders of an account that was deleted.
//!
//! A tombstone of the account is written first: it refuses every later write by an access token that was issued before the deletion
//! ([`orders::store::DELETED_ACCOUNT_RETENTION`]).
//!
//! One pass is not enough. Orders are found by an index that follows the table after a moment, and between the deletion and the tombstone a token may
//! have placed an order or changed an address. So the orders are passed over again until [`FORGET_UNTIL`].
//!
//! Orders that are owed keep the address until they end, and the transition that ends them takes it off ([`orders::Order::forget_customer`]).

use std::time::Duration;

use kernel::page::MAX_LIMIT;
use kernel::{OrderId, Problem, Timestamp, UserId};
use orders::filter::Filter;
use orders::listing::list;
use orders::order::Forgetting;
use orders::store::{Orders, Partition};
use platform::dynamo::Dynamo;
use platform::journal::Journal;
use platform::queue::MAX_DELAY;
use platform::{InvocationContext, StaleRetry};

/// The time after an account's deletion of the last pass over its orders: access tokens are good for 15 minutes, and the rest is for clocks that
/// disagree, a request that takes long, and the index.
pub const FORGET_UNTIL: Duration = Duration::from_mins(20);
/// Work stops this long before the invocation ends; the message is then delivered again and handled from where it stopped.
const STOP_BEFORE_END: Duration = Duration::from_secs(2);

/// Refuses further writes by `user` and removes personal data from all of their orders. Repeating it changes nothing.
pub async fn forget(
    dynamo: &Dynamo,
    orders: &Orders,
    journal: &Journal,
    call: &InvocationContext,
    user: UserId,
) -> Result<(), Problem> {
    orders.bury(dynamo, call, user).await?;
    let mut cursor = None;
    loop {
        let partition = vec![Partition::User(user)];
        let page = list(orders, partition, Filter::default(), MAX_LIMIT, cursor.as_ref()).await?;
        for order in &page.orders {
            forget_one(dynamo, orders, journal, call, order.summary.id).await?;
            if call.remaining() < STOP_BEFORE_END {
                return Err(Problem::unavailable("there are more orders than one invocation has time for"));
            }
        }
        cursor = page.next;
        if cursor.is_none() {
            return Ok(());
        }
    }
}

async fn forget_one(
    dynamo: &Dynamo,
    orders: &Orders,
    journal: &Journal,
    call: &InvocationContext,
    id: OrderId,
) -> Result<(), Problem> {
    let mut retry = StaleRetry::of("the order", call);
    loop {
        retry.begin().await?;
        let Some(order) = orders.find(id).await? else { return Ok(()) };
        let writes = match order.forget_customer(call.now)? {
            Forgetting::Nothing => return Ok(()),
            Forgetting::Marked(order) => vec![orders.mark_deleted(&order)?],
            Forgetting::Taken(moved) => orders.update(journal, call, &moved)?,
        };
        if dynamo.commit(call, writes).await?.is_committed() {
            return Ok(());
        }
    }
}

/// The time until the next pass over the orders of an account that was deleted at `deleted_at`; `None` after the last one.
pub(crate) fn next_pass(deleted_at: Timestamp, now: Timestamp) -> Option<Duration> {
    let left = deleted_at.plus(FORGET_UNTIL).as_millis() - now.as_millis();
    let left = Duration::from_millis(u64::try_from(left).unwrap_or(0)).min(MAX_DELAY);
    (!left.is_zero()).then_some(left)
}

#[cfg(test)]
mod tests {
    use identity::access::ACCESS_TOKEN_LIFETIME;
    use orders::store::DELETED_ACCOUNT_RETENTION;

    use super::*;

    /// The times of all passes, in seconds after the deletion.
    fn passes(first: u64) -> Vec<u64> {
        let deleted_at = Timestamp::from_millis(1_700_000_000_000);
        let mut at = Duration::from_secs(first);
        let mut passes = vec![first];
        while let Some(wait) = next_pass(deleted_at, deleted_at.plus(at)) {
            at += wait;
            passes.push(at.as_secs());
        }
        passes
    }

    #[test]
    fn the_last_pass_is_after_every_access_token_has_run_out() {
        assert_eq!(passes(1), [1, 901, 1_200], "the queue keeps a message back for 15 minutes at most");
        assert_eq!(passes(1_000), [1_000, 1_200]);
        assert_eq!(passes(1_200), [1_200], "a deletion that comes late is passed over once");
        assert_eq!(passes(86_400), [86_400]);
        assert!(FORGET_UNTIL > ACCESS_TOKEN_LIFETIME + Duration::from_mins(1));
        assert!(DELETED_ACCOUNT_RETENTION > FORGET_UNTIL, "the tombstone is there in the last pass");
    }
}
