//! Repeating an operation whose condition failed because others changed what it had read (optimistic concurrency).

use std::time::Duration;

use kernel::Problem;

use crate::backoff::full_jitter;
use crate::metrics;

/// The most attempts of an operation that sets no limit of its own. Each failed attempt means that another request made a change.
pub const MAX_STALE_ATTEMPTS: u32 = 40;
/// Attempts that follow each other at once: with two requests at work, one of them is enough.
const IMMEDIATE_ATTEMPTS: u32 = 3;
/// The pause before the first attempt after these is at most twice this.
const BASE_PAUSE: Duration = Duration::from_millis(10);
/// The longest pause: several times what an attempt takes, since an attempt that is refused keeps others waiting too.
const LONGEST_PAUSE: Duration = Duration::from_millis(320);
/// The metric of attempts that were repeated.
const REPEATED: &str = "StaleRetries";

/// The attempts of one operation.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), kernel::Problem> {
/// let (mut retry, mut stored) = (platform::StaleRetry::of("the counter"), 0);
/// let read = loop {
///     retry.begin().await?;
///     let read = stored;
///     stored += 1; // Another request, the first two times.
///     if read == 2 {
///         break read;
///     }
/// };
/// assert_eq!(read, 2);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct StaleRetry {
    what: &'static str,
    begun: u32,
    most: u32,
}

impl StaleRetry {
    /// An operation that changes `what`, a noun such as "the account".
    pub fn of(what: &'static str) -> Self {
        Self::at_most(MAX_STALE_ATTEMPTS, what)
    }

    /// As [`Self::of`], with a number of attempts of its own.
    pub fn at_most(attempts: u32, what: &'static str) -> Self {
        Self { what, begun: 0, most: attempts }
    }

    /// Begins an attempt, after a pause where several requests are at work. 503 `unavailable` when as many as there may be were made already.
    pub async fn begin(&mut self) -> Result<(), Problem> {
        if self.begun == self.most {
            let what = self.what;
            return Err(Problem::unavailable(format!(
                "{what} was changed by others in each of {} attempts",
                self.most
            )));
        }
        if self.begun > 0 {
            metrics::add(REPEATED, 1);
        }
        if let Some(waited) = self.begun.checked_sub(IMMEDIATE_ATTEMPTS) {
            tokio::time::sleep(full_jitter(BASE_PAUSE, LONGEST_PAUSE, waited + 1)).await;
        }
        self.begun += 1;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use kernel::Kind;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn attempts_are_bounded() {
        let mut retry = StaleRetry::at_most(5, "the account");
        for _ in 0..5 {
            assert_eq!(retry.begin().await, Ok(()));
        }
        assert_eq!(retry.begin().await.unwrap_err().kind, Kind::Unavailable);
        assert_eq!(StaleRetry::of("the account").most, MAX_STALE_ATTEMPTS);
    }
}
