//! Failing to start.

use std::fmt;

/// The reason for which a function can't start. Names the setting at fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InitError {
    /// The environment variable or secret at fault.
    pub setting: String,
    /// The fault of the setting.
    pub reason: String,
}

impl InitError {
    /// `setting` is wrong because of `reason`.
    pub fn new(setting: &str, reason: impl fmt::Display) -> Self {
        Self { setting: setting.to_owned(), reason: reason.to_string() }
    }
}

impl fmt::Display for InitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.setting, self.reason)
    }
}

impl std::error::Error for InitError {}
