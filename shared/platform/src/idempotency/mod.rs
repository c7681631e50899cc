//! `Idempotency-Key`: the same request sent twice is one change and gives one answer.
//!
//! The header follows draft-ietf-httpapi-idempotency-key-header. A record joins the transaction it protects, so there is
//! no moment at which the change exists and the record doesn't.

use std::future::Future;
use std::time::Duration;

use kernel::{Kind, Problem, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use self::value::request_value;
use crate::dynamo::{Expression, Key, Table, Write};
use crate::http::{Reply, Request, StoredReply, Surface};
use crate::{Call, Init, InitError};

mod value;

/// The code of a key whose first request is still running.
pub const IN_PROGRESS: &str = "idempotency_in_progress";

/// The code of a key that was used for another request.
pub const KEY_REUSED: &str = "idempotency_key_reused";

/// How long an answer is kept for repeats.
pub const RETENTION: Duration = Duration::from_hours(24);
/// How long a request that began may take before a repeat carries on where it stopped: longer than any function that
/// answers HTTP may run.
pub const LEASE: Duration = Duration::from_secs(30);
/// How long a request without a key that was not answered is resumed by its repeat: longer than anybody tries again, shorter than it takes to want
/// the same once more.
pub const RESUMABLE_FOR: Duration = Duration::from_mins(15);
/// The longest key, in characters.
pub const MAX_KEY_LENGTH: usize = 255;

/// The key is in use: a request with it is running, or has just been answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyTaken;

/// The records of keys that were used.
#[derive(Clone)]
pub struct Idempotency {
    table: Table,
}

/// The state of a request under its idempotency key.
#[derive(Debug)]
pub enum Lookup {
    /// The first request with the key, or one without a key.
    New(Attempt),
    /// A repeat of a request that stopped half way, after it made `resource`.
    Resume(Attempt, String),
    /// A repeat of a request whose response is stored.
    Replay(Reply),
}

/// What came of a request that is the first of its kind.
#[derive(Debug)]
pub enum Done {
    /// It is done.
    Answered(Reply),
    /// It has begun under the key, and ends with this problem.
    Failed(Problem),
    /// A request with the same key was faster; nothing is done.
    KeyTaken,
}

impl From<Result<Reply, Problem>> for Done {
    fn from(ended: Result<Reply, Problem>) -> Self {
        ended.map_or_else(Self::Failed, Self::Answered)
    }
}

/// How a request was answered.
#[derive(Debug)]
pub enum Completion {
    /// For the first time.
    First(Reply),
    /// As an earlier request with its key.
    Repeated(Reply),
}

impl Completion {
    /// The answer, whichever it is.
    pub fn into_reply(self) -> Reply {
        match self {
            Self::First(reply) | Self::Repeated(reply) => reply,
        }
    }
}

/// A request's claim on its key.
#[derive(Debug, Clone)]
pub struct Attempt(Option<Claim>);

impl Attempt {
    /// Whether the request has a key, its own or a derived one.
    pub fn has_key(&self) -> bool {
        self.0.is_some()
    }

    /// Whether the key was derived from the request, which has none of its own.
    pub fn is_derived(&self) -> bool {
        self.0.as_ref().is_some_and(|claim| claim.derived)
    }
}

#[derive(Debug, Clone)]
struct Claim {
    key: Key,
    fingerprint: String,
    /// What the same request was known by before keys went by operation and value. Records of these forms are read until they are forgotten.
    former: Option<Former>,
    /// Whether the key was derived from the request, and is free again once the request is answered.
    derived: bool,
    /// The surface that a response is rendered for.
    surface: Surface,
}

/// The key and the fingerprint of a request by its route, its path and the bytes of its body.
#[derive(Debug, Clone)]
struct Former {
    key: Key,
    fingerprint: String,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Record {
    fingerprint: String,
    /// Until then a running request is waited for.
    lease_ends: i64,
    /// What the running request made.
    #[serde(skip_serializing_if = "Option::is_none")]
    resource: Option<String>,
    /// How it was answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    answer: Option<StoredReply>,
    /// DynamoDB deletes the record some time after this; until then it is ignored by condition. Seconds since 1970.
    expires_at: i64,
}

/// What a key has to be for its record to be written.
#[derive(Clone, Copy)]
enum Expected {
    /// Never used, or so long ago that its record only waits for its deletion.
    Free,
    /// In use by the same request, which has not been answered.
    Running,
}

impl Expected {
    fn condition(self, call: &Call, claim: &Claim) -> Result<Expression, Problem> {
        match self {
            Self::Free => Expression::condition("attribute_not_exists(PK) OR expiresAt <= :now")
                .value(":now", call.now.as_seconds()),
            Self::Running => {
                Expression::condition("fingerprint = :fingerprint AND attribute_not_exists(answer)")
                    .value(":fingerprint", &claim.fingerprint)
            }
        }
    }
}

impl Idempotency {
    /// The table named by `IDEMPOTENCY_TABLE`.
    pub async fn connect(init: &Init) -> Result<Self, InitError> {
        Ok(Self { table: init.table("IDEMPOTENCY_TABLE").await? })
    }

    /// Looks up the request's key among those that `caller` used for this operation, by any route.
    pub async fn begin(&self, call: &Call, caller: &str, request: &Request) -> Result<Lookup, Problem> {
        self.begin_with(call, caller, request, &request_value(request)).await
    }

    /// As [`Self::begin`], with `content` in the place of the body: two requests are the same when their contents are.
    /// For bodies that hold a password, whose plain SHA-256 may not be kept anywhere.
    pub async fn begin_with(
        &self,
        call: &Call,
        caller: &str,
        request: &Request,
        content: &[u8],
    ) -> Result<Lookup, Problem> {
        match claim(caller, request, content)? {
            Some(claim) => self.look_up(call, claim).await,
            None => Ok(Lookup::New(Attempt(None))),
        }
    }

    /// As [`Self::begin`]. A request without a key gets one from its caller, its operation, its body and `salt`, which is kept only until the request
    /// is answered, at most for [`RESUMABLE_FOR`]: so the repeat of a request that was not answered carries it on, and the repeat of one that was
    /// answered is another one. For requests that cost money when they are made twice.
    pub async fn begin_resumable(
        &self,
        call: &Call,
        caller: &str,
        request: &Request,
        salt: &str,
    ) -> Result<Lookup, Problem> {
        let value = request_value(request);
        let claim = claim(caller, request, &value)?.unwrap_or_else(|| derived(caller, request, &value, salt));
        self.look_up(call, claim).await
    }

    async fn look_up(&self, call: &Call, claim: Claim) -> Result<Lookup, Problem> {
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
    pub async fn run<F, R>(
        &self,
        call: &Call,
        begun: Lookup,
        first: impl FnOnce(Attempt) -> F,
        resume: impl FnOnce(Attempt, String) -> R,
    ) -> Result<Completion, Problem>
    where
        F: Future<Output = Result<Done, Problem>>,
        R: Future<Output = Result<Reply, Problem>>,
    {
        let attempt = match begun {
            Lookup::Replay(reply) => return Ok(Completion::Repeated(reply)),
            Lookup::Resume(attempt, resource) => {
                return Box::pin(resume(attempt, resource)).await.map(Completion::First);
            }
            Lookup::New(attempt) => attempt,
        };
        // Boxed: what is done under a key is large.
        let refused = match Box::pin(first(attempt.clone())).await {
            Ok(Done::Answered(reply)) => return Ok(Completion::First(reply)),
            Ok(Done::KeyTaken) => in_progress(),
            Err(problem) if attempt.has_key() && is_about_state(&problem) => problem,
            Ok(Done::Failed(problem)) | Err(problem) => return Err(problem),
        };
        self.stored_response(call, &attempt).await?.map(Completion::Repeated).ok_or(refused)
    }

    /// As [`Self::run`], for a request that makes all of it in one transaction and so is never interrupted.
    pub async fn run_at_once<F>(
        &self,
        call: &Call,
        begun: Lookup,
        make: impl FnOnce(Attempt) -> F,
    ) -> Result<Completion, Problem>
    where
        F: Future<Output = Result<Done, Problem>>,
    {
        let begun = match begun {
            Lookup::Resume(attempt, _) => Lookup::New(attempt),
            begun => begun,
        };
        let never = |_, _| async { Err(Problem::internal("a request of one transaction was interrupted")) };
        self.run(call, begun, make, never).await
    }

    /// The answer that another request with the key of `attempt` was given a moment ago, if there was one; 409 while it still runs.
    async fn stored_response(&self, call: &Call, attempt: &Attempt) -> Result<Option<Reply>, Problem> {
        let Some(claim) = &attempt.0 else { return Ok(None) };
        match self.look_up(call, claim.clone()).await? {
            Lookup::Replay(reply) => Ok(Some(reply)),
            Lookup::Resume(..) => Err(in_progress()),
            Lookup::New(_) => Ok(None),
        }
    }

    /// Marks the key as in use by a request that is making `resource` and has more to do before it can answer. Goes into the transaction
    /// that makes it; the key has to be free.
    pub fn mark_in_progress(
        &self,
        call: &Call,
        attempt: &Attempt,
        resource: &str,
    ) -> Result<Option<Write<KeyTaken>>, Problem> {
        self.record(call, attempt, Some(resource.to_owned()), None, Expected::Free)
    }

    /// Keeps the answer of a request that is done in one transaction, and goes into that; the key has to be free.
    pub fn store_response(
        &self,
        call: &Call,
        attempt: &Attempt,
        reply: &Reply,
    ) -> Result<Option<Write<KeyTaken>>, Problem> {
        if attempt.is_derived() {
            return Ok(None);
        }
        self.record(call, attempt, None, Some(StoredReply::of(reply)), Expected::Free)
    }

    /// Keeps the answer of a request that was marked as running, or frees a derived key, unless a repeat that carried it on has answered already.
    pub fn finished(
        &self,
        call: &Call,
        attempt: &Attempt,
        reply: &Reply,
    ) -> Result<Option<Write<KeyTaken>>, Problem> {
        self.record(call, attempt, None, Some(StoredReply::of(reply)), Expected::Running)
    }

    /// Ends the lease of a request that was marked as running and can't be answered now, so that a repeat carries it on at once.
    pub fn release_lease(&self, call: &Call, attempt: &Attempt) -> Result<Option<Write<KeyTaken>>, Problem> {
        let Some(claim) = &attempt.0 else { return Ok(None) };
        let now = call.now.as_seconds();
        let end = Expression::update("SET leaseEnds = :now")
            .when("fingerprint = :fingerprint AND attribute_not_exists(answer)")
            .value(":now", now)?
            .value(":fingerprint", &claim.fingerprint)?;
        self.table.update(&claim.key, end, KeyTaken).map(Some)
    }

    fn record(
        &self,
        call: &Call,
        attempt: &Attempt,
        resource: Option<String>,
        answer: Option<StoredReply>,
        expected: Expected,
    ) -> Result<Option<Write<KeyTaken>>, Problem> {
        let Some(claim) = &attempt.0 else { return Ok(None) };
        let kept_for = match (claim.derived, &answer) {
            (false, _) => RETENTION,
            (true, None) => RESUMABLE_FOR,
            // Answered: the key is free at once.
            (true, Some(_)) => Duration::ZERO,
        };
        let record = Record {
            fingerprint: claim.fingerprint.clone(),
            lease_ends: call.now.plus(LEASE).as_seconds(),
            resource,
            answer: answer.filter(|_| !claim.derived),
            expires_at: call.now.plus(kept_for).as_seconds(),
        };
        self.table.put_when(&claim.key, &record, expected.condition(call, claim)?, KeyTaken).map(Some)
    }
}

/// Whether `problem` says that something is not as the request needs it.
fn is_about_state(problem: &Problem) -> bool {
    matches!(problem.kind, Kind::Conflict | Kind::Stale)
}

/// Whether the request has a key of its own.
pub fn is_keyed(request: &Request) -> bool {
    key(request).is_ok_and(|key| key.is_some())
}

/// The key of the request, if it has one.
fn claim(caller: &str, request: &Request, content: &[u8]) -> Result<Option<Claim>, Problem> {
    let Some(key) = key(request)? else { return Ok(None) };
    let key_of = |operation: &str| {
        let scope = digest(&[caller.as_bytes(), operation.as_bytes(), key.as_bytes()]);
        Key::new(format!("KEY#{scope}"), "RECORD")
    };
    // A content of the route's own is what it was; a body was taken byte by byte.
    let former_content = if content == request_value(request) { request.body() } else { content };
    let former = Former {
        key: key_of(&request.route),
        fingerprint: digest(&[request.path.as_bytes(), former_content]),
    };
    let fingerprint = digest(&[request.target().as_bytes(), content]);
    let key = key_of(&request.operation());
    Ok(Some(Claim { key, fingerprint, former: Some(former), derived: false, surface: Surface::of(request) }))
}

/// The key that a request without one is known by until it is answered.
fn derived(caller: &str, request: &Request, value: &[u8], salt: &str) -> Claim {
    let fingerprint = digest(&[request.target().as_bytes(), value, salt.as_bytes()]);
    let operation = request.operation();
    let scope = digest(&[caller.as_bytes(), operation.as_bytes(), b"derived", fingerprint.as_bytes()]);
    let key = Key::new(format!("KEY#{scope}"), "RECORD");
    Claim { key, fingerprint, former: None, derived: true, surface: Surface::of(request) }
}

/// The header `Idempotency-Key` of `request`. One that can't be understood is refused: a request that was meant to be made once would be made
/// as often as it is sent.
fn key(request: &Request) -> Result<Option<&str>, Problem> {
    let invalid = || {
        let detail = "The Idempotency-Key has to be 1 to 255 visible ASCII characters without commas and quotation marks, quoted or bare, and there once.";
        Problem::new(Kind::Malformed, "invalid_idempotency_key", detail)
    };
    let Some(given) = request.only_header("idempotency-key").map_err(|_| invalid())? else { return Ok(None) };
    let key = unquote(given);
    let printable = key.bytes().all(|byte| (0x21..=0x7e).contains(&byte));
    // The gateway joins headers of one name with commas: two keys are one text, with a comma in it.
    let is_key = (1..=MAX_KEY_LENGTH).contains(&key.len()) && printable && !key.contains([',', '"']);
    is_key.then_some(Some(key)).ok_or_else(invalid)
}

/// The header is a structured string by the draft; bare keys are common and taken as well.
fn unquote(given: &str) -> &str {
    given.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(given)
}

/// SHA-256 over the parts, each preceded by its length, so that no two lists of parts run together.
fn digest(parts: &[&[u8]]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hex::encode(hash.finalize())
}

fn judge(mut claim: Claim, record: Option<Record>, now: Timestamp) -> Result<Lookup, Problem> {
    let Some(record) = record.filter(|record| record.expires_at > now.as_seconds()) else {
        return Ok(Lookup::New(Attempt(Some(claim))));
    };
    let former = claim.former.as_ref().is_some_and(|former| former.fingerprint == record.fingerprint);
    if former {
        claim.fingerprint.clone_from(&record.fingerprint);
    }
    if record.fingerprint != claim.fingerprint {
        let detail = "This Idempotency-Key was used before with another request.";
        return Err(Problem::new(Kind::Invalid, KEY_REUSED, detail));
    }
    if let Some(answer) = record.answer {
        return Ok(Lookup::Replay(answer.replay(claim.surface)));
    }
    match record.resource {
        Some(resource) if record.lease_ends <= now.as_seconds() => {
            Ok(Lookup::Resume(Attempt(Some(claim)), resource))
        }
        _ => Err(in_progress()),
    }
}

/// Refuses a request without a key, on routes where one is required, or an `If-Match` in its place where those are honoured.
pub fn require_key(request: &Request) -> Result<(), Problem> {
    if key(request)?.is_some() {
        return Ok(());
    }
    let detail = "This is not idempotent by itself: send the header Idempotency-Key, or If-Match where the resource has an ETag.";
    Err(Problem::new(Kind::Malformed, "idempotency_key_required", detail))
}

/// The first request with the same key has not been answered yet.
pub fn in_progress() -> Problem {
    let detail = "The same request is still running.";
    Problem::conflict(IN_PROGRESS, detail).retry_after(1)
}

#[cfg(test)]
mod tests;
