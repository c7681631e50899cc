//! The customer's time to pay.

use std::time::Duration;

use kernel::Timestamp;
use orders::holds::Held;
use orders::lifetime::never;
use platform::{Init, InitError};

use crate::unpaid;

/// Seconds in which an order has to be paid when `PAYMENT_WINDOW_SECONDS` says nothing else.
pub const DEFAULT_WINDOW_SECONDS: u64 = 600;

/// The times to pay.
#[derive(Debug, Clone, Copy)]
pub struct Windows {
    payment: Duration,
    /// Of an order from a signed cart, whose clients know no payment; `None` where it never expires.
    snapshot: Option<Duration>,
}

impl Windows {
    /// Reads `PAYMENT_WINDOW_SECONDS`, and `SNAPSHOT_ORDER_WINDOW_SECONDS`, which is 0 for no end.
    pub fn from_init(init: &Init) -> Result<Self, InitError> {
        let seconds = init.optional("PAYMENT_WINDOW_SECONDS", DEFAULT_WINDOW_SECONDS)?;
        if seconds == 0 {
            return Err(InitError::new("PAYMENT_WINDOW_SECONDS", "must be at least 1"));
        }
        let snapshot = init.optional("SNAPSHOT_ORDER_WINDOW_SECONDS", 0)?;
        let snapshot = (snapshot > 0).then(|| Duration::from_secs(snapshot));
        Ok(Self { payment: Duration::from_secs(seconds), snapshot })
    }

    /// Returns the payment deadline of an order that is placed or reserved at `now`, from a signed cart or not. `held` is what its customer holds
    /// already.
    pub(crate) fn end(self, from_snapshot: bool, held: &[Held], now: Timestamp) -> Timestamp {
        let window = if from_snapshot { self.snapshot } else { Some(self.payment) };
        window.map_or_else(never, |window| now.plus(unpaid::window(held, window)))
    }
}
