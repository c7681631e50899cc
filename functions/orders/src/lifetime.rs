//! The lifetime of an order whose stock was never reserved.

use std::time::Duration;

use kernel::Timestamp;
use platform::{Init, InitError};

/// Days after which a new or failed order expires when `UNRESERVED_ORDER_DAYS` is not set.
pub const DEFAULT_UNRESERVED_DAYS: u64 = 7;

/// The time in which the stock of a new or failed order can be reserved, from when it was placed: `UNRESERVED_ORDER_DAYS`.
pub fn unreserved_lifetime(init: &Init) -> Result<Duration, InitError> {
    match init.optional("UNRESERVED_ORDER_DAYS", DEFAULT_UNRESERVED_DAYS)? {
        days @ 1..=365 => Ok(Duration::from_hours(24 * days)),
        _ => Err(InitError::new("UNRESERVED_ORDER_DAYS", "must be 1 to 365")),
    }
}

/// The expiry time of an order that never expires: the last millisecond of the year 9999, as RFC 3339 writes times. The API does not show it.
pub fn never() -> Timestamp {
    Timestamp::from_millis(253_402_300_799_999)
}
