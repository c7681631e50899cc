//! Tombstones of deleted accounts.

use std::time::Duration;

use kernel::{Problem, UserId};
use platform::InvocationContext;
use platform::dynamo::{Dynamo, Expression, Key, Write};
use pricing::Snapshot;
use serde::{Deserialize, Serialize};

use super::{Listed, OrderRefusal, Orders, Partition, Read, key};
use crate::edges::Status;
use crate::filter::Span;
use crate::order::Order;
use crate::record::Record;
use crate::refusal::AccessRefusal;

/// The time for which writes by a deleted account are refused. An access token is good for 15 minutes (`ACCESS_TOKEN_LIFETIME`); the rest is for
/// clocks that disagree and for a deletion that is consumed late.
pub const DELETED_ACCOUNT_RETENTION: Duration = Duration::from_hours(1);

/// The newest orders that are looked at for one that was a sale.
const NEWEST: u32 = 100;

/// The tombstone of an account.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Tombstone {
    /// The time at which DynamoDB may delete the item, in seconds since 1970. It counts until then, however late that is: ids are never used again.
    delete_at: i64,
}

impl Orders {
    /// Refuses all writes by `user` from now on. Repeating it makes it last longer.
    pub async fn bury(&self, dynamo: &Dynamo, call: &InvocationContext, user: UserId) -> Result<(), Problem> {
        let tombstone = Tombstone { delete_at: call.now.plus(DELETED_ACCOUNT_RETENTION).as_seconds() };
        let put = self.table.put_when(&tombstone_key(user), &tombstone, Expression::default(), ())?;
        let commit = dynamo.commit(call, vec![put]).await?;
        commit.ok_or_else(|_| Problem::internal("a tombstone was refused"))
    }

    /// Refuses a request by an account that was deleted: its access token outlives it by minutes.
    ///
    /// This is a read before the write and no condition of it. A condition would cost two write units and one of the transaction's actions where a
    /// read costs one read unit, at a tenth of the price and beside other reads. Personal data written by a request that read before the tombstone
    /// stood is removed by the later passes over the account's orders.
    pub async fn require_account(&self, user: UserId) -> Result<(), Problem> {
        match self.table.get::<Tombstone>(&tombstone_key(user)).await? {
            None => Ok(()),
            Some(_) => Err(AccessRefusal::AccountDeleted.into()),
        }
    }

    /// True when `user` has an order that did not end without a sale. Read from an index, which follows the table within moments.
    pub async fn has_ordered(&self, user: UserId) -> Result<bool, Problem> {
        let newest = self.chunk(&Partition::User(user), &Span::whole(), NEWEST).await?;
        let is_sale = |order: &Listed| !matches!(order.summary.status, Status::Failed | Status::Cancelled);
        Ok(newest.items.iter().any(is_sale))
    }

    /// True when a sale to `user` by `settings` with these codes is their first order, or when nothing depends on that. A customer without an
    /// account has no order yet.
    pub async fn is_first_order(
        &self,
        user: Option<UserId>,
        settings: &Snapshot,
        codes: &[String],
    ) -> Result<bool, Problem> {
        match user.filter(|_| settings.asks_for_first_order(codes)) {
            Some(user) => Ok(!self.has_ordered(user).await?),
            None => Ok(true),
        }
    }

    /// Writes that the account of `order` was deleted, if nothing else has changed since it was read.
    pub fn mark_deleted(&self, order: &Order) -> Result<Write<OrderRefusal>, Problem> {
        let read =
            Read { status: order.status(), version: order.version, notes: order.notes.saturating_sub(1) };
        let unchanged = read.unchanged(Expression::default())?;
        self.table.put_when(&key(order.id), &Record::of(order)?, unchanged, OrderRefusal::Changed)
    }
}

fn tombstone_key(user: UserId) -> Key {
    Key::new(format!("DELETED#USER#{user}"), "DELETED")
}

#[cfg(test)]
mod tests {
    use identity::access::ACCESS_TOKEN_LIFETIME;

    use super::*;

    #[test]
    fn the_tombstone_of_an_account_outlives_its_tokens() {
        assert!(DELETED_ACCOUNT_RETENTION > ACCESS_TOKEN_LIFETIME + Duration::from_mins(5));
        let user: UserId = "6c1f0a52-93d4-4e0b-8a77-1d5e42b9c3f0".parse().unwrap();
        let key = Key::new("DELETED#USER#6c1f0a52-93d4-4e0b-8a77-1d5e42b9c3f0", "DELETED");
        assert_eq!(tombstone_key(user), key);
    }
}
