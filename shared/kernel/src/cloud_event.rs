//! An event as a `CloudEvent` 1.0: how it is published, and the two forms in which an event is read.
//!
//! The journal keeps an event by its own names. The bus and webhook endpoints get it by those of `CloudEvents`, which allows attributes in lower case
//! alone and no objects among them. Earlier the bus got both together; consumers of that form find its members in [`ENVELOPE`].

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::event::{Actor, Event};
use crate::ids::{EventId, UserId};
use crate::time::Timestamp;
use crate::trace::{Trace, lenient};

/// The version of `CloudEvents` that is spoken.
const SPEC_VERSION: &str = "1.0";
/// The member of a published event's `data` that has the members of the older form which no attribute may be called.
pub const ENVELOPE: &str = "envelope";

/// An event with the attributes of `CloudEvents` 1.0 (sections 3.1 and 3.2 of its specification), and with extensions for the rest.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Published<'a> {
    specversion: &'static str,
    id: EventId,
    #[serde(rename = "type")]
    kind: String,
    source: &'a str,
    time: Timestamp,
    subject: &'a str,
    datacontenttype: &'static str,
    dataschema: String,
    version: u32,
    sequence: u64,
    correlationid: &'a str,
    actorkind: ActorKind,
    #[serde(skip_serializing_if = "Option::is_none")]
    actorid: Option<UserId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    actorjob: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    traceparent: Option<&'a Trace>,
    data: Value,
}

/// The kind of an [`Actor`], as an attribute has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum ActorKind {
    Customer,
    Operator,
    Provider,
    System,
}

impl<'a> Published<'a> {
    /// `event` as `source` publishes it.
    pub(crate) fn of(event: &'a Event, source: &'a str) -> Self {
        let (actorkind, actorid, actorjob) = match &event.actor {
            Actor::Customer { id } => (ActorKind::Customer, Some(*id), None),
            Actor::Operator { id } => (ActorKind::Operator, Some(*id), None),
            Actor::Provider => (ActorKind::Provider, None, None),
            Actor::System { job } => (ActorKind::System, None, Some(job.as_str())),
        };
        Self {
            specversion: SPEC_VERSION,
            id: event.id,
            kind: event.detail_type(),
            source,
            time: event.occurred_at,
            subject: &event.aggregate_id,
            datacontenttype: "application/json",
            dataschema: format!("urn:holdfast:event:{}:v{}", event.kind, event.version),
            version: event.version,
            sequence: event.sequence,
            correlationid: &event.correlation_id,
            actorkind,
            actorid,
            actorjob,
            traceparent: event.trace.as_ref(),
            data: with_envelope(event),
        }
    }
}

/// The event's data, with the members of the older form beside it.
fn with_envelope(event: &Event) -> Value {
    let mut data = event.data.clone();
    if let Some(members) = data.as_object_mut() {
        let envelope = json!({
            "type": event.kind, "version": event.version, "occurredAt": event.occurred_at, "aggregateId": event.aggregate_id,
            "sequence": event.sequence, "actor": event.actor, "correlationId": event.correlation_id,
        });
        members.insert(ENVELOPE.to_owned(), envelope);
    }
    data
}

/// An event in either form: as the journal keeps it and the bus had it earlier, or as it is published now.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct EitherForm {
    id: EventId,
    #[serde(rename = "type")]
    kind: String,
    version: u32,
    sequence: u64,
    #[serde(rename = "traceparent", default, deserialize_with = "lenient")]
    trace: Option<Trace>,
    data: Value,
    occurred_at: Option<Timestamp>,
    aggregate_id: Option<String>,
    actor: Option<Actor>,
    correlation_id: Option<String>,
    time: Option<Timestamp>,
    subject: Option<String>,
    actorkind: Option<ActorKind>,
    actorid: Option<UserId>,
    actorjob: Option<String>,
    correlationid: Option<String>,
}

impl TryFrom<EitherForm> for Event {
    type Error = String;

    fn try_from(form: EitherForm) -> Result<Self, String> {
        let published = form.aggregate_id.is_none();
        let actor = match form.actor {
            Some(actor) => actor,
            None => actor(form.actorkind, form.actorid, form.actorjob)?,
        };
        let mut event = Self {
            id: form.id,
            kind: form.kind,
            version: form.version,
            occurred_at: form.occurred_at.or(form.time).ok_or("missing field `occurredAt` or `time`")?,
            aggregate_id: form
                .aggregate_id
                .or(form.subject)
                .ok_or("missing field `aggregateId` or `subject`")?,
            sequence: form.sequence,
            actor,
            correlation_id: form
                .correlation_id
                .or(form.correlationid)
                .ok_or("missing field `correlationId` or `correlationid`")?,
            trace: form.trace,
            data: form.data,
        };
        if published {
            if let Some(kind) = event.kind.strip_suffix(&format!(".v{}", event.version)) {
                event.kind = kind.to_owned();
            }
            if let Some(data) = event.data.as_object_mut() {
                data.remove(ENVELOPE);
            }
        }
        Ok(event)
    }
}

/// The actor that attributes tell of.
fn actor(kind: Option<ActorKind>, id: Option<UserId>, job: Option<String>) -> Result<Actor, String> {
    let id = id.ok_or("missing field `actorid`");
    Ok(match kind.ok_or("missing field `actor` or `actorkind`")? {
        ActorKind::Customer => Actor::Customer { id: id? },
        ActorKind::Operator => Actor::Operator { id: id? },
        ActorKind::Provider => Actor::Provider,
        ActorKind::System => Actor::System { job: job.ok_or("missing field `actorjob`")? },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::tests::new_event;

    fn event(actor: &Actor) -> Event {
        new_event().occurred(Timestamp::from_millis(1), actor, "a")
    }

    fn actors() -> [Actor; 4] {
        let id: UserId = "7d9f6f0e-52a5-4c1e-9a6e-0b1c2d3e4f50".parse().unwrap();
        [Actor::Customer { id }, Actor::Operator { id }, Actor::Provider, Actor::system("sweep")]
    }

    #[test]
    fn a_published_event_is_a_cloud_event_and_has_the_older_members_in_its_data() {
        let event = event(&Actor::system("sweep"));
        let published = serde_json::to_value(event.published("holdfast.orders")).unwrap();
        let wanted = json!({
            "specversion": "1.0", "id": event.id, "type": "orders.order_placed.v1", "source": "holdfast.orders",
            "time": "1970-01-01T00:00:00.001Z", "subject": "order/1", "datacontenttype": "application/json",
            "dataschema": "urn:holdfast:event:orders.order_placed:v1", "version": 1, "sequence": 1, "correlationid": "a",
            "actorkind": "system", "actorjob": "sweep",
            "data": {"n": 1, "envelope": {
                "type": "orders.order_placed", "version": 1, "occurredAt": "1970-01-01T00:00:00.001Z", "aggregateId": "order/1",
                "sequence": 1, "actor": {"kind": "system", "job": "sweep"}, "correlationId": "a",
            }},
        });
        assert_eq!(published, wanted);
    }

    #[test]
    fn attributes_have_names_and_values_that_cloud_events_allows() {
        for actor in actors() {
            let published = serde_json::to_value(event(&actor).published("holdfast.orders")).unwrap();
            for (name, value) in published.as_object().unwrap() {
                assert!(
                    name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit()),
                    "{name}"
                );
                assert!(name.len() <= 20, "{name}");
                assert!(name == "data" || value.is_string() || value.is_u64(), "{name}: {value}");
            }
        }
    }

    #[test]
    fn both_forms_are_read_as_the_event() {
        for actor in actors() {
            let event = event(&actor);
            let kept = serde_json::to_value(&event).unwrap();
            let published = serde_json::to_value(event.published("holdfast.orders")).unwrap();
            // What the bus had earlier.
            let mut both = kept.clone();
            both.as_object_mut().unwrap().extend(
                json!({
                    "specversion": "1.0", "source": "holdfast.orders", "time": event.occurred_at, "subject": "order/1",
                    "datacontenttype": "application/json", "dataschema": "urn:holdfast:event:orders.order_placed:v1",
                })
                .as_object()
                .unwrap()
                .clone(),
            );
            for form in [kept, both, published] {
                assert_eq!(serde_json::from_value::<Event>(form.clone()).unwrap(), event, "{form}");
            }
        }
    }

    #[test]
    fn what_an_event_lacks_is_named() {
        let published = serde_json::to_value(event(&Actor::Provider).published("holdfast.orders")).unwrap();
        for name in
            ["id", "type", "version", "time", "subject", "sequence", "correlationid", "actorkind", "data"]
        {
            let mut without = published.clone();
            without.as_object_mut().unwrap().remove(name);
            let refused = serde_json::from_value::<Event>(without).unwrap_err().to_string();
            assert!(refused.contains(name), "{name}: {refused}");
        }
    }
}
