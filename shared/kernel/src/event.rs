//! The events: one for every change of state.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::cloud_event::{EitherForm, Published};
use crate::ids::{EventId, UserId};
use crate::problem::Problem;
use crate::time::Timestamp;
use crate::trace::Trace;

/// The author of a change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Actor {
    /// A customer, on something of their own.
    Customer {
        /// The customer's account.
        id: UserId,
    },
    /// An operator or a machine client, by a scope.
    Operator {
        /// The operator's account.
        id: UserId,
    },
    /// The payment provider, through a callback.
    Provider,
    /// A scheduled or queued job of this system.
    System {
        /// The job's name.
        job: String,
    },
}

impl Actor {
    /// The job of this system named `job`.
    pub fn system(job: &str) -> Self {
        Self::System { job: job.to_owned() }
    }
}

/// A change of state, as it is kept in the journal. It is read from there and as it is [published](Published).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", try_from = "EitherForm")]
pub struct Event {
    /// Derived from aggregate and sequence: the same change always has the same id, and consumers tell repeats by it.
    pub id: EventId,
    /// `<context>.<what_happened>`, for example `orders.order_placed`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The version of `data`'s shape.
    pub version: u32,
    /// The time of the change.
    pub occurred_at: Timestamp,
    /// The aggregate that changed, for example `order/<uuid>`.
    pub aggregate_id: String,
    /// The aggregate's version after the change; counts from 1 without gaps.
    pub sequence: u64,
    /// The author of the change.
    pub actor: Actor,
    /// Ties together everything that one request set off.
    pub correlation_id: String,
    /// The position of the change in a trace, under the name that the tracing extension of `CloudEvents` gives it.
    #[serde(rename = "traceparent", skip_serializing_if = "Option::is_none")]
    pub trace: Option<Trace>,
    /// The data that consumers need.
    pub data: Value,
}

impl Event {
    /// The name on the bus: `<context>.<what_happened>.v<version>`.
    pub fn detail_type(&self) -> String {
        format!("{}.v{}", self.kind, self.version)
    }

    /// The context that it comes from; `None` for an event of none.
    pub fn context(&self) -> Option<&str> {
        self.kind.split_once('.').map(|(context, _)| context).filter(|context| !context.is_empty())
    }

    /// The event as `source` publishes it.
    pub fn published<'a>(&'a self, source: &'a str) -> Published<'a> {
        Published::of(self, source)
    }
}

/// A change of state before the journal gives it an id.
#[derive(Debug, Clone)]
pub struct NewEvent {
    /// `<context>.<what_happened>`.
    pub kind: &'static str,
    /// The aggregate that changed, for example `order/<uuid>`.
    pub aggregate_id: String,
    /// The aggregate's version after the change.
    pub sequence: u64,
    /// The data that consumers need; never personal data.
    pub data: Value,
}

impl NewEvent {
    /// An event of `kind` on `aggregate_id`; `data` is any serialisable shape.
    pub fn new<T: Serialize>(
        kind: &'static str,
        aggregate_id: impl Into<String>,
        sequence: u64,
        data: &T,
    ) -> Result<Self, Problem> {
        let data = serde_json::to_value(data).map_err(Problem::internal)?;
        Ok(Self { kind, aggregate_id: aggregate_id.into(), sequence, data })
    }

    /// The event as it will be kept.
    pub fn occurred(self, at: Timestamp, actor: &Actor, correlation_id: &str) -> Event {
        Event {
            id: EventId::derived(&format!("event/{}/{}", self.aggregate_id, self.sequence)),
            kind: self.kind.to_owned(),
            version: 1,
            occurred_at: at,
            aggregate_id: self.aggregate_id,
            sequence: self.sequence,
            actor: actor.clone(),
            correlation_id: correlation_id.to_owned(),
            trace: None,
            data: self.data,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_event_carries_its_trace_and_is_not_lost_for_one_that_can_t_be_read() {
        let event = NewEvent::new("orders.order_placed", "order/1", 1, &json!({"n": 1})).unwrap();
        let mut event = event.occurred(Timestamp::from_millis(1), &Actor::Provider, "a");
        event.trace =
            Trace::from_header("Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1");
        let mut published = serde_json::to_value(event.published("holdfast.orders")).unwrap();
        assert_eq!(published["traceparent"], "00-5759e988bd862e3fe1be46a994272793-53995c3f42cd8ad8-01");
        assert_eq!(serde_json::from_value::<Event>(published.clone()).unwrap(), event);
        published["traceparent"] = json!("of another making");
        assert_eq!(serde_json::from_value::<Event>(published).unwrap(), Event { trace: None, ..event });
    }

    #[test]
    fn the_same_change_has_the_same_id() {
        let event = || NewEvent::new("orders.order_placed", "order/1", 1, &json!({"n": 1})).unwrap();
        let first = event().occurred(Timestamp::from_millis(1), &Actor::Provider, "a");
        let repeat = event().occurred(Timestamp::from_millis(2), &Actor::system("sweep"), "b");
        assert_eq!(first.id, repeat.id);
        assert_eq!(first.detail_type(), "orders.order_placed.v1");
        assert_eq!(first.context(), Some("orders"));
        assert_eq!(serde_json::from_value::<Event>(serde_json::to_value(&first).unwrap()).unwrap(), first);
    }
}
