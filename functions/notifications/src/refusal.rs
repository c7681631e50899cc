//! The reasons for which requests are refused, and their problems: the only place of this context's codes and texts.

use kernel::Problem;

/// The reasons for which a message is not returned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotificationRefusal {
    /// There is no such message, or none that the caller may know of.
    NotFound,
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
