//! How long a customer has to pay.

use std::time::Duration;

use platform::{Init, InitError};

/// Seconds in which an order has to be paid when `PAYMENT_WINDOW_SECONDS` says nothing else.
pub const DEFAULT_WINDOW_SECONDS: u64 = 600;

/// The time from setting the goods of an order aside until it expires: `PAYMENT_WINDOW_SECONDS`.
pub fn payment_window(init: &Init) -> Result<Duration, InitError> {
    match init.optional("PAYMENT_WINDOW_SECONDS", DEFAULT_WINDOW_SECONDS)? {
        0 => Err(InitError::new("PAYMENT_WINDOW_SECONDS", "must be at least 1")),
        seconds => Ok(Duration::from_secs(seconds)),
    }
}
