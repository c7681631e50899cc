//! The reasons for which a request is refused because of its key.

use kernel::{Kind, Problem};

/// The code of a key that was used for another request.
pub const KEY_REUSED: &str = "idempotency_key_reused";

/// The reasons for which a request is refused because of its key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyRefusal {
    /// The first request with the key has not been answered yet.
    InProgress,
    /// The key was used for another request.
    Reused,
}

impl From<KeyRefusal> for Problem {
    fn from(refusal: KeyRefusal) -> Self {
        match refusal {
            KeyRefusal::InProgress => {
                Problem::conflict("idempotency_in_progress", "The same request is still running.")
                    .retry_after(1)
            }
            KeyRefusal::Reused => {
                let detail = "This Idempotency-Key was used before with another request.";
                Problem::new(Kind::Invalid, KEY_REUSED, detail)
            }
        }
    }
}

/// The error of looking up a key.
#[derive(Debug)]
pub enum LookupError {
    /// The key refuses the request.
    Refused(KeyRefusal),
    /// The record could not be read.
    Failed(Problem),
}

impl From<KeyRefusal> for LookupError {
    fn from(refusal: KeyRefusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<Problem> for LookupError {
    fn from(problem: Problem) -> Self {
        Self::Failed(problem)
    }
}

impl From<LookupError> for Problem {
    fn from(error: LookupError) -> Self {
        match error {
            LookupError::Refused(refusal) => refusal.into(),
            LookupError::Failed(problem) => problem,
        }
    }
}
