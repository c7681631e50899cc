//! The reasons for which requests are refused, and their problems: the only place of this context's codes and texts.

use kernel::{Kind, Problem};

/// The reasons for which a message is not returned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotificationRefusal {
    /// There is no such message, or none that the caller may know of.
    NotFound,
}

/// Too many links to orders were requested.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooManyLookups {
    /// Seconds until another may be requested.
    pub wait: u32,
}

impl From<TooManyLookups> for Problem {
    fn from(refusal: TooManyLookups) -> Self {
        let wait = refusal.wait;
        let detail = format!("Too many orders were looked up. Try again in {wait} seconds.");
        Self::new(Kind::Throttled, "too_many_attempts", detail).retry_after(wait)
    }
}

impl From<NotificationRefusal> for Problem {
    fn from(refusal: NotificationRefusal) -> Self {
        match refusal {
            NotificationRefusal::NotFound => Problem::not_found("There is no such notification."),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_refusal_is_a_problem() {
        let not_found = Problem::not_found("There is no such notification.");
        assert_eq!(Problem::from(NotificationRefusal::NotFound), not_found);
    }
}
