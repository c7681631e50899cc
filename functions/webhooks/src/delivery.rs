//! One event on its way to one endpoint, and what an attempt makes of it.

use std::time::Duration;

use kernel::ids::{WebhookDeliveryId, WebhookEndpointId};
use kernel::{Event, EventId, Problem, Timestamp};
use serde::{Deserialize, Serialize};

use crate::envelope;
use crate::schedule::next_wait;

/// The time for which a delivery is kept.
pub const RETENTION: Duration = Duration::from_hours(30 * 24);
/// The most attempts that a delivery's log shows; the oldest make room.
pub const MAX_LOGGED_ATTEMPTS: usize = 30;
/// The most that two machines' clocks may differ on the time at which an attempt is due.
const CLOCK_SKEW: Duration = Duration::from_secs(1);
/// The status of a receiver that accepts no further deliveries (RFC 9110 section 15.5.11).
const GONE: u16 = 410;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// It waits for its next attempt, or is being made.
    Pending,
    /// The endpoint accepted it.
    Delivered,
    /// It was given up.
    Failed,
    /// Its endpoint was disabled or removed while it waited.
    Canceled,
}

/// The reason for which an attempt had no response. No further detail is published: a network's own errors are not for the caller
/// that chose the address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// No answer came in time.
    TimedOut,
    /// The URL, or an address that its host resolves to, may not be sent to.
    AddressNotAllowed,
    /// The host could not be found or connected to, TLS included.
    CouldNotConnect,
    /// The connection broke, or what came was no HTTP.
    ConnectionBroken,
}

/// The outcome of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// With a response.
    Answered {
        /// Its status.
        status: u16,
        /// The time after which the receiver accepts another attempt, from `Retry-After`.
        retry_after: Option<Duration>,
    },
    /// Without one.
    Failed(Fault),
}

/// An attempt, as the log shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Attempt {
    /// The time at which it began.
    pub at: Timestamp,
    /// The status of the response.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status_code: Option<u16>,
    /// The fault of an attempt without a response.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<Fault>,
    /// The duration, in milliseconds.
    pub duration_ms: u64,
}

impl Attempt {
    /// The attempt that began at `at` and ended so.
    pub fn of(outcome: Outcome, at: Timestamp, took: Duration) -> Self {
        let (status_code, error) = match outcome {
            Outcome::Answered { status, .. } => (Some(status), None),
            Outcome::Failed(fault) => (None, Some(fault)),
        };
        Self { at, status_code, error, duration_ms: u64::try_from(took.as_millis()).unwrap_or(u64::MAX) }
    }
}

/// The step that follows an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Nothing: it is delivered.
    Delivered,
    /// Another attempt after this time.
    Again(Duration),
    /// It is given up.
    GivenUp,
    /// It is given up, and its endpoint accepts no further deliveries.
    Gone,
}

/// Returns the step that follows attempt number `tries` of a schedule, which ended with `outcome`; `drawn` from 0 to 1,000 is for the jitter.
pub fn judge(outcome: Outcome, tries: u32, drawn: u64) -> Next {
    let asked = match outcome {
        Outcome::Answered { status: 200..=299, .. } => return Next::Delivered,
        Outcome::Answered { status: GONE, .. } => return Next::Gone,
        Outcome::Answered { retry_after, .. } => retry_after,
        Outcome::Failed(_) => None,
    };
    next_wait(tries, asked, drawn).map_or(Next::GivenUp, Next::Again)
}

/// A delivery.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Delivery {
    /// Derived from event and endpoint.
    pub id: WebhookDeliveryId,
    /// The endpoint that it goes to.
    pub endpoint_id: WebhookEndpointId,
    /// The event that it delivers.
    pub event_id: EventId,
    /// The event's type, with its version.
    pub event_type: String,
    /// The body of the request.
    pub body: String,
    pub status: Status,
    /// Attempts begun since the schedule began.
    pub tries: u32,
    /// The attempts that ended, oldest first.
    pub attempts: Vec<Attempt>,
    /// The time at which the next attempt is due, while the delivery is pending; an attempt that is being made moves it to the end of its claim.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_attempt_at: Option<Timestamp>,
    /// The time at which the delivery was created.
    pub created_at: Timestamp,
    /// The time at which it was delivered or given up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
    /// DynamoDB deletes it some time after this; until then it is ignored. Seconds since 1970.
    pub expires_at: i64,
}

impl Delivery {
    /// A delivery of `event` to the endpoint, due at once.
    pub fn new(event: &Event, endpoint_id: WebhookEndpointId, now: Timestamp) -> Result<Self, Problem> {
        Ok(Self {
            id: WebhookDeliveryId::derived(&format!("webhook-delivery/{}/{endpoint_id}", event.id)),
            endpoint_id,
            event_id: event.id,
            event_type: event.detail_type(),
            body: envelope::body(event)?,
            status: Status::Pending,
            tries: 0,
            attempts: Vec::new(),
            next_attempt_at: Some(now),
            created_at: now,
            ended_at: None,
            expires_at: now.plus(RETENTION).as_seconds(),
        })
    }

    /// The time for which an attempt is planned, if one is due at `now`.
    pub fn due(&self, now: Timestamp) -> Option<Timestamp> {
        let planned = self.next_attempt_at.filter(|_| self.status == Status::Pending)?;
        (planned <= now.plus(CLOCK_SKEW)).then_some(planned)
    }

    /// The log with one attempt more.
    pub fn logged(&self, attempt: Attempt) -> Vec<Attempt> {
        let kept = self.attempts.len().saturating_sub(MAX_LOGGED_ATTEMPTS - 1);
        self.attempts.iter().skip(kept).cloned().chain(std::iter::once(attempt)).collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::envelope::tests;
    use crate::schedule::MAX_ATTEMPTS;

    fn answered(status: u16) -> Outcome {
        Outcome::Answered { status, retry_after: None }
    }

    fn delivery(event: &str, endpoint: WebhookEndpointId) -> Delivery {
        let event = tests::event("orders.order_paid", event, 1, &serde_json::json!({}));
        Delivery::new(&event, endpoint, Timestamp::from_millis(1_000_000)).unwrap()
    }

    #[test]
    fn an_event_has_one_delivery_to_an_endpoint() {
        let (one, other) = (WebhookEndpointId::generate(), WebhookEndpointId::generate());
        assert_eq!(delivery("order/1", one).id, delivery("order/1", one).id);
        assert_ne!(delivery("order/1", one).id, delivery("order/1", other).id);
        assert_ne!(delivery("order/1", one).id, delivery("order/2", one).id);
    }

    #[test]
    fn only_a_2xx_delivers_and_only_a_410_ends_it_for_good() {
        for status in 100..=599 {
            let next = judge(answered(status), 1, 0);
            match status {
                200..=299 => assert_eq!(next, Next::Delivered),
                410 => assert_eq!(next, Next::Gone),
                _ => assert_eq!(next, Next::Again(Duration::from_secs(5)), "{status}"),
            }
        }
        for fault in
            [Fault::TimedOut, Fault::AddressNotAllowed, Fault::CouldNotConnect, Fault::ConnectionBroken]
        {
            assert_eq!(
                judge(Outcome::Failed(fault), MAX_ATTEMPTS - 1, 0),
                Next::Again(Duration::from_hours(24))
            );
            assert_eq!(judge(Outcome::Failed(fault), MAX_ATTEMPTS, 0), Next::GivenUp);
        }
    }

    #[test]
    fn it_is_due_at_its_time_while_it_is_pending() {
        let mut delivery = delivery("order/1", WebhookEndpointId::generate());
        let at = Timestamp::from_millis(1_000_000);
        assert_eq!(delivery.due(at), Some(at));
        assert_eq!(delivery.due(at.minus(Duration::from_secs(2))), None);
        delivery.status = Status::Canceled;
        assert_eq!(delivery.due(at), None);
    }

    proptest! {
        /// However attempts end, a delivery ends after at most ten of them.
        #[test]
        fn every_delivery_ends(statuses in proptest::collection::vec(100u16..600, 1..20), drawn: u64) {
            let mut tries = 0;
            for status in statuses {
                tries += 1;
                prop_assert!(tries <= MAX_ATTEMPTS);
                match judge(answered(status), tries, drawn) {
                    Next::Again(wait) => prop_assert!(wait >= Duration::from_secs(5)),
                    _ => break,
                }
            }
        }

        #[test]
        fn the_log_keeps_the_latest(count in 0usize..80) {
            let mut delivery = delivery("order/1", WebhookEndpointId::generate());
            for at in 0..count {
                let at = Timestamp::from_millis(i64::try_from(at).unwrap());
                delivery.attempts = delivery.logged(Attempt::of(answered(500), at, Duration::ZERO));
            }
            prop_assert_eq!(delivery.attempts.len(), count.min(MAX_LOGGED_ATTEMPTS));
            let last = delivery.attempts.last().map(|attempt| attempt.at.as_millis());
            prop_assert_eq!(last, i64::try_from(count).unwrap().checked_sub(1).filter(|at| *at >= 0));
        }
    }
}
