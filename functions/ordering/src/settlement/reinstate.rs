//! What an order that ended gave back, and takes again when it is paid or reserved after all: its goods and the uses of its promotions.

use kernel::Problem;
use orders::Order;
use platform::dynamo::Write;
use stock::Plan;

use super::{Changed, Settlement, changed, reserve};

impl<P> Settlement<P> {
    /// The allocation from which the goods of an ended order could be re-reserved. `None` when there are too few, or they lie on more rows than one
    /// transaction can write; or when a promotion of the order was used up by others since it was given back.
    pub(super) async fn plan_again(&self, order: &Order) -> Result<Option<Plan>, Problem> {
        if !self.may_use_promotions(order).await? {
            return Ok(None);
        }
        match self.stock.plan(&reserve::lines(order)).await {
            Ok(plan) => Ok(plan.ok()),
            Err(problem) if problem.kind.retryable() => Err(problem),
            Err(problem) => {
                tracing::warn!(order_id = %order.id, %problem, "the goods of a late payment can't be taken again");
                Ok(None)
            }
        }
    }

    /// The writes that count the uses of promotions as `after` has them.
    pub(crate) fn promotions(&self, before: &Order, after: &Order) -> Result<Vec<Write<Changed>>, Problem> {
        let writes = self.uses.change(before.promotion_uses(), after.promotion_uses())?;
        Ok(changed(writes).collect())
    }

    /// True when the promotions of an order that holds none at the moment may be used once more.
    pub(crate) async fn may_use_promotions(&self, order: &Order) -> Result<bool, Problem> {
        match order.promotion_uses().filter(|uses| !uses.taken) {
            Some(uses) => self.uses.are_left(uses).await,
            None => Ok(true),
        }
    }
}
