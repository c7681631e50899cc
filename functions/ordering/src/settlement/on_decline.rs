//! The configured handling of an order whose payment is declined.

use std::str::FromStr;

/// The handling of an order whose payment is declined.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum OnDecline {
    /// It is cancelled, and its goods are released.
    #[default]
    CancelOrder,
    /// It waits for another attempt until its time to pay is over.
    KeepOrder,
}

impl FromStr for OnDecline {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "cancel" => Ok(Self::CancelOrder),
            "keep" => Ok(Self::KeepOrder),
            _ => Err("must be cancel or keep"),
        }
    }
}
