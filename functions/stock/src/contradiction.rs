//! A stock row that contradicts a reservation.
//!
//! Every transaction that changes a reservation changes its rows as well. So a row that refuses to sell or to give back what a reservation took from it,
//! while the reservation is as it was read, is a defect: drift, a row that was deleted, or a restore of a part of the data. Reading again does not
//! help, so it is reported as an internal error and counted for an alarm, and never as "busy".

use kernel::{Problem, ReservationId};
use platform::dynamo::FailedCondition;

use crate::drift::StockRowKey;
use crate::reservation::ReservationStatus;
use crate::store::{Stock, StockRefusal};

/// The metric that counts these rows, once for each attempt that one refused.
const METRIC: &str = "StockContradictions";

/// The write that a row refused for a reservation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contradiction {
    /// The row.
    pub spot: StockRowKey,
    /// The reservation that took units from it.
    pub reservation_id: ReservationId,
    /// The status that the reservation had when the transaction was made.
    pub status: ReservationStatus,
}

/// Returns the contradiction that explains a refused transaction; `None` when something else may explain it, so that reading again helps.
///
/// Another failed condition says that something changed. A conflict says that a transaction on one of the items is under way, which may have changed the
/// row before it changes the reservation.
pub fn sole_contradiction<R>(
    refused: &[FailedCondition<R>],
    of: impl Fn(&R) -> Option<&Contradiction>,
) -> Option<&Contradiction> {
    let explains = |one: &&FailedCondition<R>| !one.contended && of(&one.reason).is_some();
    let all = refused.iter().filter(explains).count() == refused.len();
    refused.first().filter(|_| all).and_then(|first| of(&first.reason))
}

/// The contradiction that explains why a write to stock was refused.
pub(crate) fn explanation(refused: &[FailedCondition<StockRefusal>]) -> Option<&Contradiction> {
    sole_contradiction(refused, |reason| match reason {
        StockRefusal::Contradicted(contradiction) => Some(contradiction),
        StockRefusal::Taken(_) | StockRefusal::ReservationChanged => None,
    })
}

impl Stock {
    /// Fails with an internal error, and counts it, when the reservation still has the status with which a row contradicted it. Otherwise the reservation
    /// changed, and the caller reads again.
    pub async fn report(&self, contradiction: &Contradiction) -> Result<(), Problem> {
        let Contradiction { spot, reservation_id, status } = contradiction;
        let now = self.reservation(*reservation_id).await?;
        if now.is_some_and(|now| now.status != *status) {
            return Ok(());
        }
        self.metrics.count(&[(METRIC, 1)]);
        Err(Problem::internal(format!(
            "row {}/{} of SKU {} is gone or holds less aside than reservation {reservation_id} took from it: see \"Stock rows that refuse\" in \
             docs/runbook.md",
            spot.place.warehouse, spot.place.lane, spot.sku
        )))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::allocation::StockLocation;

    fn contradicted(lane: u16) -> StockRefusal {
        let place = StockLocation { warehouse: "msk-1".parse().unwrap(), lane };
        StockRefusal::Contradicted(Contradiction {
            spot: StockRowKey { sku: "A-1".parse().unwrap(), place },
            reservation_id: ReservationId::derived("a"),
            status: ReservationStatus::Reserved,
        })
    }

    fn refused(reasons: &[StockRefusal], contended: bool) -> Vec<FailedCondition<StockRefusal>> {
        reasons
            .iter()
            .map(|reason| FailedCondition { reason: reason.clone(), current: None, contended })
            .collect()
    }

    #[test]
    fn rows_that_refuse_by_themselves_are_a_defect() {
        for reasons in [vec![contradicted(3)], vec![contradicted(3), contradicted(4)]] {
            let refused = refused(&reasons, false);
            assert_eq!(explanation(&refused).map(|found| found.spot.place.lane), Some(3));
        }
    }

    #[test]
    fn what_something_else_may_explain_is_read_again() {
        let changed = StockRefusal::ReservationChanged;
        for reasons in [
            vec![],
            vec![changed.clone()],
            vec![changed.clone(), contradicted(3)],
            vec![contradicted(3), changed],
            vec![contradicted(3), StockRefusal::Taken("A-1".parse().unwrap())],
        ] {
            assert_eq!(explanation(&refused(&reasons, false)), None, "{reasons:?}");
        }
        assert_eq!(explanation(&refused(&[contradicted(3)], true)), None, "a transaction is under way");
    }
}
