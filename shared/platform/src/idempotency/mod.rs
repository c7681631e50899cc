//! `Idempotency-Key`: the same request sent twice is one change and gives one response.
//!
//! The header follows draft-ietf-httpapi-idempotency-key-header. A record joins the transaction it protects, so there is
//! no moment at which the change exists and the record doesn't.
//!
//! A record stores the outcome of a use case, serialised. The route renders it, for a repeat as for the first request. Records of earlier releases
//! store a rendered response ([`Stored::Response`]); they are read until the last of them is older than [`RETENTION`].

use std::future::Future;
use std::time::Duration;

use kernel::{Problem, Timestamp};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use self::request::Claim;
use crate::dynamo::{Expression, Table, Write};
use crate::http::StoredResponse;
use crate::{Init, InitError, InvocationContext};

mod completion;
mod refusal;
mod request;
mod value;

pub use completion::{Completion, Done, Lookup, Refusal, Stored, View};
pub use refusal::{KEY_REUSED, KeyRefusal, LookupError};
pub use request::{IdempotentRequest, MAX_KEY_LENGTH, require_key};

/// The time for which an outcome is kept for repeats.
pub const RETENTION: Duration = Duration::from_hours(24);
/// The time that a request which began may take before a repeat carries on where it stopped: longer than any function that serves HTTP may run.
pub const LEASE: Duration = Duration::from_secs(30);
/// The time for which an unfinished request without a key is resumed by its repeat: longer than a client retries, shorter than the time after
/// which a caller makes the same request again on purpose.
pub const RESUMABLE_FOR: Duration = Duration::from_mins(15);
/// The key is in use: a request with it is running, or has just been answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyTaken;

/// The records of keys that were used.
#[derive(Clone)]
pub struct Idempotency {
    table: Table,
}

/// A request's claim on its key.
#[derive(Debug, Clone)]
pub struct Attempt(Option<Claim>);

impl Attempt {
    /// True when the request has a key, its own or a derived one.
    pub fn has_key(&self) -> bool {
        self.0.is_some()
    }

    /// True when the key was derived from the request, which has none of its own.
    pub fn is_derived(&self) -> bool {
        self.0.as_ref().is_some_and(|claim| claim.derived)
    }
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Record {
    fingerprint: String,
    /// Until then a running request is waited for.
    lease_ends: i64,
    /// The id of the resource that the running request creates.
    #[serde(skip_serializing_if = "Option::is_none")]
    resource: Option<String>,
    /// The outcome, as JSON.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    outcome: Option<String>,
    /// The rendered response, in a record of an earlier release.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    answer: Option<StoredResponse>,
    /// DynamoDB deletes the record some time after this; until then it is ignored by condition. Seconds since 1970.
    expires_at: i64,
}

/// The condition of a record whose request has no outcome yet.
const NOT_FINISHED: &str =
    "fingerprint = :fingerprint AND attribute_not_exists(outcome) AND attribute_not_exists(answer)";

/// The state that a key must have for its record to be written.
#[derive(Clone, Copy)]
enum Expected {
    /// Never used, or so long ago that its record only waits for its deletion.
    Free,
    /// In use by the same request, which has not been answered.
    Running,
}

impl Expected {
    fn condition(self, call: &InvocationContext, claim: &Claim) -> Result<Expression, Problem> {
        match self {
            Self::Free => Expression::condition("attribute_not_exists(PK) OR expiresAt <= :now")
                .value(":now", call.now.as_seconds()),
            Self::Running => Expression::condition(NOT_FINISHED).value(":fingerprint", &claim.fingerprint),
        }
    }
}

impl Idempotency {
    /// The table named by `IDEMPOTENCY_TABLE`.
    pub async fn connect(init: &Init) -> Result<Self, InitError> {
        Ok(Self { table: init.table("IDEMPOTENCY_TABLE").await? })
    }

    /// Looks up the request's key among those that `caller` used for this operation, by any route.
    pub async fn begin<T: DeserializeOwned>(
        &self,
        call: &InvocationContext,
        caller: &str,
        request: &IdempotentRequest,
    ) -> Result<Lookup<T>, LookupError> {
        match request.claim(caller) {
            Some(claim) => self.look_up(call, claim).await,
            None => Ok(Lookup::New(Attempt(None))),
        }
    }

    /// As [`Self::begin`]. A request without a key gets one from its caller, its operation, its body and `salt`, which is kept only until the request
    /// is answered, at most for [`RESUMABLE_FOR`]: so the repeat of a request that was not answered carries it on, and the repeat of one that was
    /// answered is another one. For requests that cost money when they are made twice.
    pub async fn begin_resumable<T: DeserializeOwned>(
        &self,
        call: &InvocationContext,
        caller: &str,
        request: &IdempotentRequest,
        salt: &str,
    ) -> Result<Lookup<T>, LookupError> {
        let claim = request.claim(caller).unwrap_or_else(|| request.derived_claim(caller, salt));
        self.look_up(call, claim).await
    }

    async fn look_up<T: DeserializeOwned>(
        &self,
        call: &InvocationContext,
        claim: Claim,
    ) -> Result<Lookup<T>, LookupError> {
        let record: Option<Record> = self.table.get(&claim.key).await?;
        let former = claim.former.as_ref().map(|former| &former.key).filter(|former| **former != claim.key);
        if let (None, Some(former)) = (&record, former)
            && let Some(record) = self.table.get(former).await?
        {
            return judge(Claim { key: former.clone(), ..claim }, Some(record), call.now);
        }
        judge(claim, record, call.now)
    }

    /// Answers the request that `begun` is of: the first of its kind as `first` does it, one that was interrupted as `resume` carries it on from what it made,
    /// and a repeat as the first was answered. A request that was refused for the state that it found may have been so because one with the same key had just
    /// succeeded: that one's answer is then given.
    pub async fn run<T, E, F, R>(
        &self,
        call: &InvocationContext,
        begun: Lookup<T>,
        first: impl FnOnce(Attempt) -> F,
        resume: impl FnOnce(Attempt, String) -> R,
    ) -> Result<Completion<T>, E>
    where
        T: DeserializeOwned,
        E: Refusal,
        F: Future<Output = Result<Done<T, E>, E>>,
        R: Future<Output = Result<T, E>>,
    {
        let attempt = match begun {
            Lookup::Replay(stored) => return Ok(Completion::Repeated(stored)),
            Lookup::Resume(attempt, resource) => {
                return Box::pin(resume(attempt, resource)).await.map(Completion::First);
            }
            Lookup::New(attempt) => attempt,
        };
        // Boxed: what is done under a key is large.
        let refused = match Box::pin(first(attempt.clone())).await {
            Ok(Done::Finished(outcome)) => return Ok(Completion::First(outcome)),
            Ok(Done::KeyTaken) => LookupError::from(KeyRefusal::InProgress).into(),
            Err(refusal) if attempt.has_key() && refusal.is_about_state() => refusal,
            Ok(Done::Failed(refusal)) | Err(refusal) => return Err(refusal),
        };
        self.stored(call, &attempt).await?.map(Completion::Repeated).ok_or(refused)
    }

    /// As [`Self::run`], for a request that makes all of it in one transaction and so is never interrupted.
    pub async fn run_at_once<T, F>(
        &self,
        call: &InvocationContext,
        begun: Lookup<T>,
        make: impl FnOnce(Attempt) -> F,
    ) -> Result<Completion<T>, Problem>
    where
        T: DeserializeOwned,
        F: Future<Output = Result<Done<T>, Problem>>,
    {
        let begun = match begun {
            Lookup::Resume(attempt, _) => Lookup::New(attempt),
            begun => begun,
        };
        let never = |_, _| async { Err(Problem::internal("a request of one transaction was interrupted")) };
        self.run(call, begun, make, never).await
    }

    /// The outcome of another request with the key of `attempt` that ended a moment ago, if there is one; 409 while it still runs.
    async fn stored<T: DeserializeOwned>(
        &self,
        call: &InvocationContext,
        attempt: &Attempt,
    ) -> Result<Option<Stored<T>>, LookupError> {
        let Some(claim) = &attempt.0 else { return Ok(None) };
        match self.look_up(call, claim.clone()).await? {
            Lookup::Replay(stored) => Ok(Some(stored)),
            Lookup::Resume(..) => Err(KeyRefusal::InProgress.into()),
            Lookup::New(_) => Ok(None),
        }
    }

    /// Marks the key as in use by a request that is making `resource` and has more to do before it can answer. Goes into the transaction
    /// that makes it; the key has to be free.
    pub fn mark_in_progress(
        &self,
        call: &InvocationContext,
        attempt: &Attempt,
        resource: &str,
    ) -> Result<Option<Write<KeyTaken>>, Problem> {
        self.record(call, attempt, Some(resource.to_owned()), None, Expected::Free)
    }

    /// Stores the outcome of a request that is done in one transaction, and goes into that; the key has to be free.
    pub fn store_outcome(
        &self,
        call: &InvocationContext,
        attempt: &Attempt,
        outcome: &impl Serialize,
    ) -> Result<Option<Write<KeyTaken>>, Problem> {
        if attempt.is_derived() {
            return Ok(None);
        }
        self.record(call, attempt, None, Some(serialized(outcome)?), Expected::Free)
    }

    /// Stores the outcome of a request that was marked as running, or frees a derived key, unless a repeat that carried it on has stored one already.
    pub fn finished(
        &self,
        call: &InvocationContext,
        attempt: &Attempt,
        outcome: &impl Serialize,
    ) -> Result<Option<Write<KeyTaken>>, Problem> {
        self.record(call, attempt, None, Some(serialized(outcome)?), Expected::Running)
    }

    /// Ends the lease of a request that was marked as running and can't be answered now, so that a repeat carries it on at once.
    pub fn release_lease(
        &self,
        call: &InvocationContext,
        attempt: &Attempt,
    ) -> Result<Option<Write<KeyTaken>>, Problem> {
        let Some(claim) = &attempt.0 else { return Ok(None) };
        let now = call.now.as_seconds();
        let end = Expression::update("SET leaseEnds = :now")
            .when(NOT_FINISHED)
            .value(":now", now)?
            .value(":fingerprint", &claim.fingerprint)?;
        self.table.update(&claim.key, end, KeyTaken).map(Some)
    }

    fn record(
        &self,
        call: &InvocationContext,
        attempt: &Attempt,
        resource: Option<String>,
        outcome: Option<String>,
        expected: Expected,
    ) -> Result<Option<Write<KeyTaken>>, Problem> {
        let Some(claim) = &attempt.0 else { return Ok(None) };
        let kept_for = match (claim.derived, &outcome) {
            (false, _) => RETENTION,
            (true, None) => RESUMABLE_FOR,
            // Finished: the key is free at once.
            (true, Some(_)) => Duration::ZERO,
        };
        let record = Record {
            fingerprint: claim.fingerprint.clone(),
            lease_ends: call.now.plus(LEASE).as_seconds(),
            resource,
            outcome: outcome.filter(|_| !claim.derived),
            answer: None,
            expires_at: call.now.plus(kept_for).as_seconds(),
        };
        self.table.put_when(&claim.key, &record, expected.condition(call, claim)?, KeyTaken).map(Some)
    }
}

fn serialized(outcome: &impl Serialize) -> Result<String, Problem> {
    serde_json::to_string(outcome).map_err(Problem::internal)
}

fn judge<T: DeserializeOwned>(
    mut claim: Claim,
    record: Option<Record>,
    now: Timestamp,
) -> Result<Lookup<T>, LookupError> {
    let Some(record) = record.filter(|record| record.expires_at > now.as_seconds()) else {
        return Ok(Lookup::New(Attempt(Some(claim))));
    };
    let former = claim.former.as_ref().is_some_and(|former| former.fingerprint == record.fingerprint);
    if former {
        claim.fingerprint.clone_from(&record.fingerprint);
    }
    if record.fingerprint != claim.fingerprint {
        return Err(KeyRefusal::Reused.into());
    }
    if let Some(outcome) = record.outcome {
        let outcome = serde_json::from_str(&outcome).map_err(Problem::internal)?;
        return Ok(Lookup::Replay(Stored::Outcome(outcome)));
    }
    if let Some(response) = record.answer {
        return Ok(Lookup::Replay(Stored::Response(response)));
    }
    match record.resource {
        Some(resource) if record.lease_ends <= now.as_seconds() => {
            Ok(Lookup::Resume(Attempt(Some(claim)), resource))
        }
        _ => Err(KeyRefusal::InProgress.into()),
    }
}

#[cfg(test)]
mod tests;
