//! The state of a request under its key, and its outcome.

use kernel::{Kind, Problem};
use serde::{Deserialize, Serialize};
use serde_json::value::{RawValue, to_raw_value};

use super::{Attempt, LookupError};
use crate::http::{Request, Response, StoredResponse, Surface};

/// The JSON representation of a resource as an outcome: for routes whose every response is that.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct View(Box<RawValue>);

impl View {
    /// Serialises `view`, with its members in their order.
    pub fn of(view: &impl Serialize) -> Result<Self, Problem> {
        to_raw_value(view).map(Self).map_err(Problem::internal)
    }
}

/// The state of a request under its idempotency key.
#[derive(Debug)]
pub enum Lookup<T> {
    /// The first request with the key, or one without a key.
    New(Attempt),
    /// A repeat of a request that stopped half way, after it made `resource`.
    Resume(Attempt, String),
    /// A repeat of a request whose outcome is stored.
    Replay(Stored<T>),
}

/// A stored outcome.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stored<T> {
    /// The outcome.
    Outcome(T),
    /// The response to the first request, as an earlier release stored it.
    Response(StoredResponse),
}

/// The error of a use case that runs under a key.
pub trait Refusal: From<LookupError> {
    /// True when the state that the request found is the reason: a request with the same key may have made that state a moment ago.
    fn is_about_state(&self) -> bool;
}

impl Refusal for Problem {
    fn is_about_state(&self) -> bool {
        matches!(self.kind, Kind::Conflict | Kind::Stale)
    }
}

/// The result of a request that is the first of its kind.
#[derive(Debug)]
pub enum Done<T, E = Problem> {
    /// It is done.
    Finished(T),
    /// It has begun under the key, and ends with this error.
    Failed(E),
    /// A request with the same key was faster; nothing is done.
    KeyTaken,
}

impl<T, E> From<Result<T, E>> for Done<T, E> {
    fn from(ended: Result<T, E>) -> Self {
        ended.map_or_else(Self::Failed, Self::Finished)
    }
}

/// The outcome of a request under its key.
#[derive(Debug)]
pub enum Completion<T> {
    /// Of this request.
    First(T),
    /// Of an earlier request with its key.
    Repeated(Stored<T>),
}

impl<T> Completion<T> {
    /// The same with another outcome, made by `change`. A response that an earlier release stored stays as it is.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Completion<U> {
        match self {
            Self::First(outcome) => Completion::First(change(outcome)),
            Self::Repeated(Stored::Outcome(outcome)) => {
                Completion::Repeated(Stored::Outcome(change(outcome)))
            }
            Self::Repeated(Stored::Response(response)) => Completion::Repeated(Stored::Response(response)),
        }
    }

    /// The response to `request`, as `render` renders the outcome. A repeat is marked, and 200 where the first response was 201. An outcome that is
    /// rendered as a problem about the state of something is the stored response to a repeat, and no error of it.
    pub fn reply(
        self,
        request: &Request,
        render: impl FnOnce(T) -> Result<Response, Problem>,
    ) -> Result<Response, Problem> {
        match self {
            Self::First(outcome) => render(outcome),
            Self::Repeated(Stored::Response(response)) => Ok(response.replay(Surface::of(request))),
            Self::Repeated(Stored::Outcome(outcome)) => match render(outcome) {
                Ok(reply) => Ok(reply.repeated()),
                Err(problem) if problem.is_about_state() => Ok(request.render_problem(&problem).repeated()),
                Err(problem) => Err(problem),
            },
        }
    }
}
