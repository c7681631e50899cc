//! The events: one for every change of state.

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::cloud_event::{EitherForm, Published};
use crate::ids::{EventId, UserId};
use crate::money::{MAX_AMOUNT, Money};
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

/// The data of an event. Each event has a type of its own, which [`events!`](crate::events) declares in the context that the event belongs to.
pub trait EventData: Serialize + JsonSchema {
    /// `<context>.<what_happened>`, for example `orders.order_placed`.
    const NAME: &'static str;
    /// The version of the data's shape.
    const VERSION: u32 = 1;
    /// The occasion of the event, for the catalogue.
    const WHEN: &'static str;
}

/// An event as the catalogue describes it.
#[derive(Debug, Clone, Copy)]
pub struct EventDescription {
    /// See [`EventData::NAME`].
    pub name: &'static str,
    /// See [`EventData::VERSION`].
    pub version: u32,
    /// See [`EventData::WHEN`].
    pub when: &'static str,
    /// Generates the schema of the data.
    pub schema: fn(SchemaGenerator) -> Schema,
}

impl EventDescription {
    /// The description of the event with this data.
    pub const fn of<D: EventData>() -> Self {
        let schema = SchemaGenerator::into_root_schema_for::<D>;
        Self { name: D::NAME, version: D::VERSION, when: D::WHEN, schema }
    }
}

/// Declares all events of a context, with their names and occasions, and lists them as `ALL`. `Paid(Step)` also declares the type `Paid`: an
/// event whose data has the shape `Step`, like others.
#[macro_export]
macro_rules! events {
    ($($data:ident$(($shape:ty))?: $name:literal, $when:literal;)+) => {
        $($($crate::events!(@shape $data $shape);)?
        impl $crate::EventData for $data {
            const NAME: &'static str = $name;
            const WHEN: &'static str = $when;
        })+

        /// Every event of the context.
        pub const ALL: &[$crate::event::EventDescription] = &[$($crate::event::EventDescription::of::<$data>()),+];
    };
    (@shape $data:ident $shape:ty) => {
        #[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
        pub struct $data(pub $shape);
    };
}

/// An amount of money in an event, in minor units of the event's currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(extend("minimum" = 0, "maximum" = MAX_AMOUNT))]
pub struct Amount(pub i64);

impl From<Money> for Amount {
    fn from(money: Money) -> Self {
        Self(money.amount())
    }
}

/// A number of units in an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(extend("minimum" = 0))]
pub struct Units(#[schemars(with = "i64")] pub u64);

/// A change of state before the journal gives it an id.
#[derive(Debug, Clone)]
pub struct NewEvent {
    /// `<context>.<what_happened>`.
    pub kind: &'static str,
    version: u32,
    /// The aggregate that changed, for example `order/<uuid>`.
    pub aggregate_id: String,
    /// The aggregate's version after the change.
    pub sequence: u64,
    /// The data that consumers need; never personal data.
    pub data: Value,
}

impl NewEvent {
    /// The event with this `data` on `aggregate_id`.
    pub fn new<D: EventData>(
        aggregate_id: impl Into<String>,
        sequence: u64,
        data: &D,
    ) -> Result<Self, Problem> {
        let data = serde_json::to_value(data).map_err(Problem::internal)?;
        Ok(Self { kind: D::NAME, version: D::VERSION, aggregate_id: aggregate_id.into(), sequence, data })
    }

    /// The event as it will be kept.
    pub fn occurred(self, at: Timestamp, actor: &Actor, correlation_id: &str) -> Event {
        Event {
            id: EventId::derived(&format!("event/{}/{}", self.aggregate_id, self.sequence)),
            kind: self.kind.to_owned(),
            version: self.version,
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
pub(crate) mod tests {
    use serde_json::json;

    use super::*;

    #[derive(Serialize, JsonSchema)]
    pub(crate) struct Placed {
        n: u32,
    }

    impl EventData for Placed {
        const NAME: &'static str = "orders.order_placed";
        const WHEN: &'static str = "an order was placed";
    }

    /// An event before it has an id.
    pub(crate) fn new_event() -> NewEvent {
        NewEvent::new("order/1", 1, &Placed { n: 1 }).unwrap()
    }

    #[test]
    fn an_event_carries_its_trace_and_is_not_lost_for_one_that_can_t_be_read() {
        let mut event = new_event().occurred(Timestamp::from_millis(1), &Actor::Provider, "a");
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
        let first = new_event().occurred(Timestamp::from_millis(1), &Actor::Provider, "a");
        let repeat = new_event().occurred(Timestamp::from_millis(2), &Actor::system("sweep"), "b");
        assert_eq!(first.id, repeat.id);
        assert_eq!(first.detail_type(), "orders.order_placed.v1");
        assert_eq!(first.context(), Some("orders"));
        assert_eq!(serde_json::from_value::<Event>(serde_json::to_value(&first).unwrap()).unwrap(), first);
    }
}
