//! Repeating an operation whose condition failed because others changed what it had read (optimistic concurrency).

use kernel::Problem;

use crate::metrics;

/// How often an operation is attempted, unless it says otherwise. Each failed attempt means that another request made a change.
pub const MAX_STALE_ATTEMPTS: u32 = 20;
/// The metric of attempts that were repeated.
const REPEATED: &str = "StaleRetries";

/// The attempts of one operation.
///
/// ```
/// # fn main() -> Result<(), kernel::Problem> {
/// let (mut retry, mut stored) = (platform::StaleRetry::of("the counter"), 0);
/// let read = loop {
///     retry.begin()?;
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

    /// Begins an attempt. 503 `unavailable` when as many as there may be were made already.
    pub fn begin(&mut self) -> Result<(), Problem> {
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
        self.begun += 1;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use kernel::Kind;

    use super::*;

    #[test]
    fn attempts_are_bounded() {
        let mut retry = StaleRetry::at_most(2, "the account");
        assert_eq!((retry.begin(), retry.begin()), (Ok(()), Ok(())));
        assert_eq!(retry.begin().unwrap_err().kind, Kind::Unavailable);
        assert_eq!(StaleRetry::of("the account").most, MAX_STALE_ATTEMPTS);
    }
}
