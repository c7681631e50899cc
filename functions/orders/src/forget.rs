//! Taking the person off the orders of an account that was deleted.

use std::time::Duration;

use kernel::page::MAX_LIMIT;
use kernel::{OrderId, Problem, UserId};
use platform::Call;
use platform::dynamo::{Dynamo, TransactError};
use platform::journal::Journal;

use crate::filter::Filter;
use crate::listing::list;
use crate::store::{Orders, Partition};

/// How often one order is tried again because it changed in the meantime.
const MAX_ROUNDS: u32 = 6;
/// Work stops this long before the invocation ends; the message then comes again and goes on with what is left.
const STOP_BEFORE_END: Duration = Duration::from_secs(2);

/// Takes the person off every order of `user`. Repeating it changes nothing.
pub async fn forget(
    dynamo: &Dynamo,
    orders: &Orders,
    journal: &Journal,
    call: &Call,
    user: UserId,
) -> Result<(), Problem> {
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
    call: &Call,
    id: OrderId,
) -> Result<(), Problem> {
    for _ in 0..MAX_ROUNDS {
        let Some(order) = orders.find(id).await? else { return Ok(()) };
        let Some(moved) = order.forget_customer(call.now)? else { return Ok(()) };
        let writes = orders.update(journal, call, &moved)?;
        match dynamo.transact(call, writes).await {
            Ok(()) => return Ok(()),
            Err(TransactError::Refused(_)) => {}
            Err(TransactError::Failed(problem)) => return Err(problem),
        }
    }
    Err(Problem::unavailable(format!("order {id} changed again and again")))
}
