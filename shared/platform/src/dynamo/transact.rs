//! Several writes or none.

use std::time::Duration;

use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{CancellationReason, ReturnConsumedCapacity, TransactWriteItem};
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_runtime_api::http::Response;
use kernel::Problem;
use uuid::Uuid;

use super::{Dynamo, Item, Write, usage};
use crate::backoff::full_jitter;
use crate::{InvocationContext, aws};

/// The most actions in one transaction (DynamoDB developer guide, `TransactWriteItems`).
pub const MAX_ACTIONS: usize = 100;
/// Half of what the first pause is drawn from, after a conflict at one item.
const BASE_PAUSE: Duration = Duration::from_millis(20);
/// No pause is drawn from more than this. When hundreds want the same few rows, those who come back too soon keep the rows from each other:
/// docs/bench.md has the figures.
const LONGEST_PAUSE: Duration = Duration::from_millis(2_560);
/// Left for one more attempt when a pause ends: a read and a transaction at the 99th percentile of published times (16 and 92 ms). With less than this,
/// no attempt is begun.
const LAST_ATTEMPT: Duration = Duration::from_millis(110);
/// Refusals that the next attempt follows without a pause.
const UNPAUSED_REFUSALS: u32 = 6;

/// The result of a transaction that DynamoDB decided.
#[derive(Debug)]
#[must_use]
pub enum Commit<R> {
    /// Everything was written.
    Committed,
    /// Conditions failed, in the order of the writes; nothing was written.
    Refused(Vec<FailedCondition<R>>),
}

/// One write whose condition failed.
#[derive(Debug)]
pub struct FailedCondition<R> {
    /// Its meaning to the writer.
    pub reason: R,
    /// The item as it is, where there is one.
    pub current: Option<Item>,
    /// True when another transaction had an item of this one at that moment. It may have changed the item of the failed condition already and
    /// the others not yet, so the refusals may not be all that there will be.
    pub contended: bool,
}

impl<R> Commit<R> {
    /// True when everything was written.
    pub fn is_committed(&self) -> bool {
        matches!(self, Self::Committed)
    }

    /// Maps a refusal to an error, for callers that don't continue after one.
    pub fn ok_or_else<E>(self, error: impl FnOnce(Vec<FailedCondition<R>>) -> E) -> Result<(), E> {
        match self {
            Self::Committed => Ok(()),
            Self::Refused(refused) => Err(error(refused)),
        }
    }
}

/// The outcome of one attempt.
enum Outcome {
    Done,
    Refused(Vec<CancellationReason>),
    /// Other transactions had so many of the items.
    Conflict(u32),
    /// An attempt with the same token runs still, so the outcome is not known yet.
    InProgress,
    Failed(Problem),
}

impl Dynamo {
    /// Commits all `writes` or none of them. After a problem, they may have been committed or not.
    ///
    /// A conflict with another transaction is no caller's fault and is tried again with full jitter until the call's
    /// deadline; then the problem is `unavailable`. It is never reported as a refusal. Every attempt carries the
    /// same client request token, so that an attempt whose answer was lost is not made twice.
    pub async fn commit<R>(
        &self,
        call: &InvocationContext,
        writes: Vec<Write<R>>,
    ) -> Result<Commit<R>, Problem> {
        check(&writes)?;
        let (actions, refusals) = split(writes);
        let token = Uuid::new_v4().to_string();
        let mut backoff = ConflictBackoff::new(call);
        loop {
            match self.send(actions.clone(), &token).await {
                Outcome::Done => return Ok(Commit::Committed),
                Outcome::Refused(reasons) => return Ok(Commit::Refused(refused(refusals, reasons))),
                Outcome::Failed(problem) => return Err(problem),
                Outcome::Conflict(busy) => {
                    backoff.busy = busy;
                    backoff.pause().await?;
                }
                Outcome::InProgress => backoff.pause().await?,
            }
        }
    }

    /// Commits all `writes` or none of them. Returns `None`, with nothing written, when another transaction had one of the items or a partition had
    /// enough to do: a caller that plans its writes reads again before the next attempt, since the faster transaction may have changed the items of
    /// the plan. `backoff` learns how many items were busy. An attempt whose response was lost and that still runs is waited for: planning again
    /// beside it could make the same thing twice.
    pub async fn try_commit<R>(
        &self,
        backoff: &mut ConflictBackoff<'_>,
        writes: Vec<Write<R>>,
    ) -> Result<Option<Commit<R>>, Problem> {
        check(&writes)?;
        let (actions, refusals) = split(writes);
        let token = Uuid::new_v4().to_string();
        loop {
            match self.send(actions.clone(), &token).await {
                Outcome::Done => return Ok(Some(Commit::Committed)),
                Outcome::Conflict(busy) => {
                    backoff.busy = busy;
                    return Ok(None);
                }
                Outcome::Refused(reasons) => return Ok(Some(Commit::Refused(refused(refusals, reasons)))),
                Outcome::Failed(problem) => return Err(problem),
                Outcome::InProgress => backoff.pause().await?,
            }
        }
    }

    async fn send(&self, actions: Vec<TransactWriteItem>, token: &str) -> Outcome {
        let sent = self
            .client
            .transact_write_items()
            .set_transact_items(Some(actions))
            .client_request_token(token)
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await;
        usage::write(sent.as_ref().map_or(&[], |answer| answer.consumed_capacity()));
        classify(sent.map(|_| ()))
    }
}

/// Backoff between attempts that conflicted with other transactions, with full jitter, until the call's deadline.
///
/// The window that a pause is drawn from grows with each conflict by as many times as items were busy. An attempt at one item doubles it, as binary
/// exponential back-off does. An attempt at several items keeps the free ones from others until it is cancelled, so callers that find most of their
/// items busy are far more than the items can serve, and have to make room at once.
pub struct ConflictBackoff<'a> {
    call: &'a InvocationContext,
    attempt: u32,
    /// The last pause was drawn from 0 to this.
    window: Duration,
    /// Items that the last attempt met others at.
    busy: u32,
    refusals: u32,
}

impl<'a> ConflictBackoff<'a> {
    /// Lasts as long as `call`.
    pub fn new(call: &'a InvocationContext) -> Self {
        Self { call, attempt: 0, window: BASE_PAUSE, busy: 1, refusals: 0 }
    }

    /// Pauses before the next attempt; `unavailable` when there would be no time for it.
    pub async fn pause(&mut self) -> Result<(), Problem> {
        self.attempt += 1;
        self.window = widened(self.window, std::mem::replace(&mut self.busy, 1));
        let attempt = self.attempt;
        let Some(window) = shortened(self.window, self.call.remaining()) else {
            return Err(Problem::unavailable(format!("still in conflict after {attempt} attempts")));
        };
        usage::conflict();
        tracing::debug!(attempt, "transaction conflict");
        tokio::time::sleep(full_jitter(window, window, 0)).await;
        Ok(())
    }

    /// Continues after an attempt that was refused because others had changed what it was planned with; `unavailable` when there would be no time
    /// for another. Each such refusal means that another order was made, so there is no reason to wait, except where refusals do not end.
    pub async fn after_refusal(&mut self) -> Result<(), Problem> {
        self.refusals += 1;
        if self.refusals > UNPAUSED_REFUSALS || self.call.remaining() < LAST_ATTEMPT {
            return self.pause().await;
        }
        Ok(())
    }
}

/// The window after a conflict at `busy` items.
fn widened(window: Duration, busy: u32) -> Duration {
    window.saturating_mul(busy.max(1).saturating_add(1)).min(LONGEST_PAUSE)
}

/// The part of `window` after which an attempt still fits into the time that remains; `None` when none does.
fn shortened(window: Duration, remaining: Duration) -> Option<Duration> {
    let room = remaining.checked_sub(LAST_ATTEMPT)?;
    Some(window.min(room.max(BASE_PAUSE)))
}

fn check<R>(writes: &[Write<R>]) -> Result<(), Problem> {
    if writes.len() <= MAX_ACTIONS {
        return Ok(());
    }
    Err(Problem::internal(format!("a transaction of {} actions", writes.len())))
}

fn split<R>(writes: Vec<Write<R>>) -> (Vec<TransactWriteItem>, Vec<R>) {
    writes.into_iter().map(|write| (write.action, write.refusal)).unzip()
}

fn refused<R>(refusals: Vec<R>, reasons: Vec<CancellationReason>) -> Vec<FailedCondition<R>> {
    let contended = count_busy(&reasons) > 0;
    refusals
        .into_iter()
        .zip(reasons)
        .filter(|(_, reason)| reason.code() == Some("ConditionalCheckFailed"))
        .map(|(refusal, reason)| FailedCondition { reason: refusal, current: reason.item, contended })
        .collect()
}

/// True when an item was in another transaction, or its partition was throttled.
fn is_busy(reason: &CancellationReason) -> bool {
    let busy = ["TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"];
    reason.code().is_some_and(|code| busy.contains(&code))
}

fn count_busy(reasons: &[CancellationReason]) -> u32 {
    // A transaction has at most `MAX_ACTIONS` of them.
    u32::try_from(reasons.iter().filter(|reason| is_busy(reason)).count()).unwrap_or(u32::MAX)
}

fn classify(sent: Result<(), SdkError<TransactWriteItemsError, Response>>) -> Outcome {
    let Err(error) = sent else { return Outcome::Done };
    match error.as_service_error() {
        Some(TransactWriteItemsError::TransactionCanceledException(canceled)) => {
            let reasons = canceled.cancellation_reasons();
            if reasons.iter().any(|reason| reason.code() == Some("ConditionalCheckFailed")) {
                return Outcome::Refused(reasons.to_vec());
            }
            match count_busy(reasons) {
                0 => Outcome::Failed(Problem::internal(format!("{reasons:?}"))),
                busy => Outcome::Conflict(busy),
            }
        }
        Some(TransactWriteItemsError::TransactionInProgressException(_)) => Outcome::InProgress,
        _ => Outcome::Failed(aws::problem(&error)),
    }
}

/// A pause before the next attempt at something that others are busy with.
pub(super) fn pause(attempt: u32) -> Duration {
    full_jitter(BASE_PAUSE, LONGEST_PAUSE, attempt)
}

#[cfg(test)]
#[path = "transact_tests.rs"]
mod tests;
