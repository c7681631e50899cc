//! Idempotence keys: what each was used for, what was answered, and for how long that is remembered.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::refusal::Refusal;

/// What a key was used for, and what was answered.
struct Remembered {
    request: String,
    answer: Result<Value, Refusal>,
    first_used: Instant,
}

/// Every key in use.
#[derive(Default)]
pub(crate) struct Keys(HashMap<String, Remembered>);

impl Keys {
    /// Returns the answer to the first request with `key`, or `None` for a new key. Another request under a known key is refused
    /// (yookassa.ru/developers/using-api/interaction-format, "Idempotence").
    pub(crate) fn recall(&self, key: &str, request: &str) -> Option<Result<Value, Refusal>> {
        let known = self.0.get(key)?;
        if known.request == request {
            return Some(known.answer.clone());
        }
        Some(Err(Refusal::of_header("Idempotence-Key", "Idempotence key duplicated")))
    }

    /// Stores the first answer. Refusals are stored like successes, the stricter reading of the rule.
    pub(crate) fn remember(&mut self, key: &str, request: String, answer: Result<Value, Refusal>) {
        let remembered = Remembered { request, answer, first_used: Instant::now() };
        self.0.insert(key.to_owned(), remembered);
    }

    /// Forgets keys that were first used at least `age` ago. Returns how many there were.
    pub(crate) fn forget(&mut self, age: Duration) -> usize {
        let before = self.0.len();
        self.0.retain(|_, remembered| remembered.first_used.elapsed() < age);
        before - self.0.len()
    }
}
