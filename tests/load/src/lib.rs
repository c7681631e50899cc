//! The system's own use cases under load: races, ratios, and expiry at scale.
//!
//! What runs is what is deployed: the crates of `functions/` over `platform`'s DynamoDB client, by HTTP, on the tables of `template.yaml`. Only Lambda and the gateway are
//! missing. `docs/bench.md` says what is measured, what has to hold and what came out.
//!
//! | room | what is in it |
//! |---|---|
//! | [`server`] | a DynamoDB in this process that keeps the real one's rules |
//! | [`tables`] | the tables of `template.yaml`, and the variables that name them to functions |

pub mod server;
pub mod tables;

use std::fmt;

/// Why a run could not be made or did not hold.
#[derive(Debug)]
pub struct Failure(String);

impl Failure {
    /// With `reason` in words.
    pub fn new(reason: impl fmt::Display) -> Self {
        Self(reason.to_string())
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Failure {}
