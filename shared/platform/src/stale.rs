//! Repeating an operation whose condition failed because others changed what it had read (optimistic concurrency).

use std::time::Duration;

use kernel::Problem;

use crate::backoff::full_jitter;
use crate::{InvocationContext, metrics};

/// The most attempts of an operation that sets no limit of its own. Each failed attempt means that another request made a change.
pub const MAX_STALE_ATTEMPTS: u32 = 40;
/// Attempts that follow each other at once: with two requests at work, one of them is enough.
const IMMEDIATE_ATTEMPTS: u32 = 3;
/// The pause before the first attempt after these is at most twice this.
const BASE_PAUSE: Duration = Duration::from_millis(10);
/// The longest pause: several times what an attempt takes, since an attempt that is refused keeps others waiting too.
const LONGEST_PAUSE: Duration = Duration::from_millis(320);
/// An attempt is repeated while this is left of the invocation: what is begun later would be cut off by Lambda, which the caller sees as a 502.
const TIME_OF_AN_ATTEMPT: Duration = Duration::from_secs(2);
/// The metric of attempts that were repeated.
const REPEATED: &str = "StaleRetries";

/// The attempts of one operation.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), kernel::Problem> {
/// # let call = platform::InvocationContext::new(u64::MAX, String::new(), kernel::Actor::system("example"));
/// let (mut retry, mut stored) = (platform::StaleRetry::of("the counter", &call), 0);
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
pub struct StaleRetry<'a> {
    what: &'static str,
    call: &'a InvocationContext,
    begun: u32,
    most: u32,
}

impl<'a> StaleRetry<'a> {
    /// An operation of `call` that changes `what`, a noun such as "the account".
    pub fn of(what: &'static str, call: &'a InvocationContext) -> Self {
        Self::at_most(MAX_STALE_ATTEMPTS, what, call)
    }

    /// As [`Self::of`], with a number of attempts of its own.
    pub fn at_most(attempts: u32, what: &'static str, call: &'a InvocationContext) -> Self {
        Self { what, call, begun: 0, most: attempts }
    }

    /// Begins an attempt, after a pause where several requests are at work. 503 `unavailable` when as many as there may be were made already, or when
    /// the time of the invocation does not suffice for one more.
    pub async fn begin(&mut self) -> Result<(), Problem> {
        if self.begun == self.most {
            return Err(self.exhausted());
        }
        if self.begun > 0 {
            metrics::add(REPEATED, 1);
        }
        if let Some(waited) = self.begun.checked_sub(IMMEDIATE_ATTEMPTS) {
            tokio::time::sleep(full_jitter(BASE_PAUSE, LONGEST_PAUSE, waited + 1)).await;
        }
        if self.begun > 0 && self.call.remaining() < TIME_OF_AN_ATTEMPT {
            return Err(self.exhausted());
        }
        self.begun += 1;
        Ok(())
    }

    fn exhausted(&self) -> Problem {
        let (what, begun) = (self.what, self.begun);
        Problem::unavailable(format!("{what} was changed by others in each of {begun} attempts"))
    }
}

#[cfg(test)]
mod tests {
    use kernel::{Actor, Kind, Timestamp};

    use super::*;

    fn call_with(left: Duration) -> InvocationContext {
        let end = Timestamp::now().plus(left).as_millis();
        InvocationContext::new(end.try_into().unwrap(), "c".to_owned(), Actor::system("test"))
    }

    #[tokio::test(start_paused = true)]
    async fn attempts_are_bounded() {
        let call = call_with(Duration::from_mins(1));
        let mut retry = StaleRetry::at_most(5, "the account", &call);
        for _ in 0..5 {
            assert_eq!(retry.begin().await, Ok(()));
        }
        assert_eq!(retry.begin().await.unwrap_err().kind, Kind::Unavailable);
        assert_eq!(StaleRetry::of("the account", &call).most, MAX_STALE_ATTEMPTS);
    }

    #[tokio::test]
    async fn what_would_be_cut_off_is_not_begun() {
        let call = call_with(Duration::from_secs(1));
        let mut retry = StaleRetry::of("the account", &call);
        assert_eq!(retry.begin().await, Ok(()), "nothing was tried yet");
        let problem = retry.begin().await.unwrap_err();
        assert_eq!(problem.kind, Kind::Unavailable);
    }
}
