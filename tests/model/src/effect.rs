//! The steps of a run: what is asked of the outside, and what becomes of it.

use std::fmt;
use std::time::Duration;

use kernel::{Timestamp, UserId};
use serde_json::Value;

/// A request that leaves a use case, or something that happens outside of all of them.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// A request to AWS, by its `X-Amz-Target`.
    Aws {
        /// The service's version and the operation.
        target: String,
        /// The request's body.
        body: Value,
    },
    /// A request to the payment provider.
    Provider(ProviderRequest),
    /// Something that is no request.
    Event(Event),
}

/// A request to the provider's API, below `/v3/`.
#[derive(Debug, Clone, PartialEq)]
pub struct ProviderRequest {
    /// `GET` or `POST`.
    pub method: String,
    /// The path after `/v3/`.
    pub path: String,
    /// The query, not decoded.
    pub query: String,
    /// The header `Idempotence-Key`, empty on a read.
    pub key: String,
    /// The body, `null` on a read.
    pub body: Value,
}

/// Something that happens outside of the system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// An order of the user is stored.
    OrderIsThere(UserId),
    /// The actor in this slot has come to its end without an answer that its client could use: the client tries again.
    Repeats(usize),
    /// The payer agrees on the provider's page.
    Pays(UserId),
    /// The payer refuses on the provider's page.
    Declines(UserId),
    /// The provider delivers its oldest notification.
    Notifies,
    /// The time of the user's order to be paid is over. No request is under way then: none runs that long.
    TimeIsOver(UserId),
    /// Time passes, longer than a request runs.
    Passes(Duration),
    /// The stream delivers that a refund has begun.
    RefundBegan,
}

/// What becomes of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// It is done, and answered.
    Done,
    /// It is not done, and the answer says so.
    NotDone,
    /// It is done, and the answer is lost.
    Lost,
    /// The answer is lost, and it is done later or in the end.
    Late,
    /// The answer is lost, and it is never done.
    Vanished,
    /// It is not done, and the process dies.
    DiesBefore,
    /// It is done, and the process dies.
    DiesAfter,
    /// The provider refuses for good.
    Refused,
    /// The provider declines the payment.
    Declined,
    /// The provider leaves the payment or the refund undecided.
    Undecided,
    /// The provider calls the refund off.
    CalledOff,
}

impl Outcome {
    /// The name in a printed schedule's steps.
    pub fn name(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::NotDone => "not done",
            Self::Lost => "done, answer lost",
            Self::Late => "answer lost, done later",
            Self::Vanished => "answer lost, never done",
            Self::DiesBefore => "not done, process dies",
            Self::DiesAfter => "done, process dies",
            Self::Refused => "refused",
            Self::Declined => "declined",
            Self::Undecided => "left undecided",
            Self::CalledOff => "called off",
        }
    }
}

/// Fates of a read from DynamoDB or the provider. A read that is lost is a read that was not made.
const READ: [Outcome; 2] = [Outcome::Done, Outcome::NotDone];
/// Fates of a write to DynamoDB.
const WRITE: [Outcome; 6] =
    [Outcome::Done, Outcome::NotDone, Outcome::Lost, Outcome::Late, Outcome::DiesBefore, Outcome::DiesAfter];
/// Fates of any change at the provider.
const CHANGE: [Outcome; 7] = [
    Outcome::Done,
    Outcome::NotDone,
    Outcome::Lost,
    Outcome::Late,
    Outcome::Vanished,
    Outcome::Refused,
    Outcome::DiesAfter,
];

impl Effect {
    /// What can become of this step; the first is what becomes of it when nothing goes wrong.
    pub fn outcomes(&self) -> Vec<Outcome> {
        match self {
            Self::Aws { .. } if self.is_write() => WRITE.to_vec(),
            Self::Aws { .. } => READ.to_vec(),
            Self::Provider(request) => request.outcomes(),
            // A message that is lost.
            Self::Event(Event::Notifies | Event::RefundBegan) => vec![Outcome::Done, Outcome::NotDone],
            Self::Event(_) => vec![Outcome::Done],
        }
    }

    /// Whether it is the write that answers a request for good, together with nothing that the request makes.
    pub fn is_last_of_a_request(&self) -> bool {
        let Self::Aws { body, .. } = self else { return false };
        let mut actions = body["TransactItems"].as_array().into_iter().flatten();
        let keeps = actions.any(|action| action["Put"]["TableName"] == "IdempotencyTable");
        keeps && !tables(body).iter().any(|table| table == "Journal")
    }

    /// Whether it changes a table.
    pub fn is_write(&self) -> bool {
        let Self::Aws { target, .. } = self else { return false };
        ["TransactWriteItems", "UpdateItem"].iter().any(|operation| target.ends_with(operation))
    }
}

impl ProviderRequest {
    fn outcomes(&self) -> Vec<Outcome> {
        if self.method == "GET" {
            return READ.to_vec();
        }
        let mut outcomes = CHANGE.to_vec();
        match self.path.as_str() {
            "payments" => outcomes.extend([Outcome::Declined, Outcome::Undecided]),
            "refunds" => outcomes.extend([Outcome::Undecided, Outcome::CalledOff]),
            _ => {}
        }
        outcomes
    }
}

impl fmt::Display for Effect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Aws { target, body } => {
                let operation = target.rsplit('.').next().unwrap_or_default();
                write!(f, "{operation} {}", tables(body).join(" "))
            }
            Self::Provider(ProviderRequest { method, path, .. }) => write!(f, "{method} {path}"),
            Self::Event(event) => write!(f, "{event:?}"),
        }
    }
}

/// The tables that a request names, in its order.
fn tables(body: &Value) -> Vec<String> {
    let mut names = Vec::new();
    let mut note = |name: &str| {
        let name = name.trim_end_matches("Table").to_owned();
        if !names.contains(&name) {
            names.push(name);
        }
    };
    if let Some(name) = body["TableName"].as_str() {
        note(name);
    }
    body["RequestItems"].as_object().into_iter().flatten().for_each(|(name, _)| note(name));
    for action in body["TransactItems"].as_array().into_iter().flatten() {
        let action = action.as_object().and_then(|action| action.values().next());
        action.and_then(|action| action["TableName"].as_str()).into_iter().for_each(&mut note);
    }
    names
}

/// What comes back of a step.
#[derive(Debug, Clone)]
pub enum Reply {
    /// An answer of AWS or of the provider.
    Answer {
        /// The HTTP status.
        status: u16,
        /// The body.
        body: String,
    },
    /// No answer. It is not known what was done.
    Nothing,
    /// An event happened; holds what it is about.
    Happened(Value),
}

/// A change that was sent, whose answer is lost, and that is not made yet.
#[derive(Debug, Clone)]
pub struct Belated {
    /// The change.
    pub effect: Effect,
    /// The time at which it was sent.
    pub sent_at: Timestamp,
}
