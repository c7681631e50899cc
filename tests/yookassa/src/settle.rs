//! `POST /control/settle`: everything ends that happens by itself.

use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;

use crate::books::{Decision, RefundDecision, Status};
use crate::payers::{Decided, decide};
use crate::state::State;
use crate::webhooks;

/// How long to wait for the merchant to acknowledge every notification: less than the 120 seconds for which a campaign waits for the answer.
const SETTLE_PATIENCE: Duration = Duration::from_secs(100);
/// How often the merchant may answer decisions with new payments that stay undecided.
const MAX_ROUNDS: u32 = 20;

/// What settling came to.
#[derive(Debug, Serialize)]
pub(crate) struct Settled {
    /// Whether nothing more happens by itself.
    pub(crate) quiet: bool,
    /// How many payments and refunds were decided because nothing else would have decided them.
    decided: usize,
    /// How many held notifications were sent.
    released: usize,
}

/// Settles everything: ends outages, decides what is undecided, sends what is late or held back, and returns when nothing more happens by itself.
///
/// First every timer ends, with the temper as it is: payers act, and their notifications are struck as they would have been later. Then the
/// temper is calm, so that nothing is lost or delayed any more.
pub(crate) async fn settle(state: &Arc<State>, expire_holds: bool) -> Settled {
    let settling = state.activity.settle();
    state.temper().end_episodes();
    let waited = tokio::time::timeout(SETTLE_PATIENCE, async {
        state.activity.no_timers().await;
        state.calm();
        state.scripts().clear();
        let (mut decided, mut released) = (0, 0);
        for _ in 0..MAX_ROUNDS {
            let now_decided = decide_all(state, expire_holds);
            let now_released = webhooks::release(state, None, false).await;
            state.activity.idle().await;
            (decided, released) = (decided + now_decided, released + now_released);
            if now_decided + now_released == 0 {
                return Some((decided, released));
            }
        }
        None
    });
    let outcome = waited.await.ok().flatten();
    state.calm();
    drop(settling);
    let (decided, released) = outcome.unwrap_or_default();
    Settled { quiet: outcome.is_some(), decided, released }
}

/// Decides everything that is `pending`, each by its own dice; what its payer has left expires. Returns how many were decided.
fn decide_all(state: &Arc<State>, expire_holds: bool) -> usize {
    let pending: Vec<(String, Status)> = {
        let books = state.books();
        let payments = books.all_payments().map(|payment| (payment.id.clone(), payment.status));
        let open = |status| status == Status::Pending || expire_holds && status == Status::WaitingForCapture;
        payments.filter(|(_, status)| open(*status)).collect()
    };
    let refunds: Vec<String> = {
        let books = state.books();
        let pending = books.all_refunds().filter(|refund| refund.status == Status::Pending);
        pending.map(|refund| refund.id.clone()).collect()
    };
    let mut decisions = Vec::with_capacity(pending.len() + refunds.len());
    {
        let mut temper = state.temper();
        for (id, status) in pending {
            let ends = status == Status::WaitingForCapture || temper.is_abandoned(&id);
            let ways = [Decision::Pay, Decision::Decline, Decision::Expire];
            let decision = if ends { Decision::Expire } else { temper.dice_of(&id).pick(ways) };
            decisions.push((id, Decided::Payment(decision)));
        }
        for id in refunds {
            let decision = temper.dice_of(&id).pick([RefundDecision::Succeed, RefundDecision::Cancel]);
            decisions.push((id, Decided::Refund(decision)));
        }
    }
    decisions.into_iter().filter(|(id, decided)| decide(state, id, *decided).is_ok()).count()
}
