//! The catalogue of events: every event, what it says as JSON Schema, and when it is told.
//!
//! Each context declares its events and writes them by these types; they are listed, described and published here. A black-box test holds every row
//! that the journal of a run has against its schema; a unit test holds `docs/events/` against the types.

mod example;

use kernel::cloud_event::ENVELOPE;
use kernel::event::EventDescription;
use schemars::Schema;
use schemars::generate::SchemaSettings;
use serde_json::{Value, json};

/// An event.
pub struct Described {
    /// `<context>.<what_happened>`.
    pub name: &'static str,
    /// The version of its data.
    pub version: u32,
    /// The occasion of the event.
    pub when: &'static str,
    data: Schema,
}

impl Described {
    fn of(event: &EventDescription) -> Self {
        let settings = SchemaSettings::draft2020_12().with(|settings| settings.inline_subschemas = true);
        let data = (event.schema)(settings.into_generator());
        Self { name: event.name, version: event.version, when: event.when, data }
    }

    /// The name on the bus.
    pub fn detail_type(&self) -> String {
        format!("{}.v{}", self.name, self.version)
    }

    /// The name of the file that its schema is published in.
    pub fn file(&self) -> String {
        format!("{}.schema.json", self.detail_type())
    }

    /// The schema of its `data`, under the id by which events name it as their `dataschema`. As it is published, an event's data also has the members
    /// of the older form.
    pub fn schema(&self) -> Value {
        let mut schema = self.data.as_value().clone();
        schema["properties"][ENVELOPE] = envelope();
        schema["$id"] = json!(format!("urn:holdfast:event:{}:v{}", self.name, self.version));
        schema["title"] = json!(self.detail_type());
        schema["examples"] = json!([self.example()]);
        schema
    }

    /// An example of its `data`.
    pub fn example(&self) -> Value {
        example::of(self.name, self.data.as_value())
    }
}

/// The schema of what an event's members were called before they were attributes of `CloudEvents`.
fn envelope() -> Value {
    let text = json!({"type": "string"});
    let count = json!({"type": "integer", "minimum": 1});
    json!({
        "description": "What the event's members were called in the older form (docs/events.md), for consumers of that one. It goes with a later release.",
        "type": "object",
        "properties": {
            "type": text, "version": count, "occurredAt": {"type": "string", "format": "date-time"}, "aggregateId": text, "sequence": count,
            "actor": {"type": "object"}, "correlationId": text,
        },
        "required": ["type", "version", "occurredAt", "aggregateId", "sequence", "actor", "correlationId"],
        "additionalProperties": false,
    })
}

/// Every event, context by context.
pub fn catalogue() -> Vec<Described> {
    let contexts = [
        orders::events::ALL,
        payments::events::ALL,
        identity::events::ALL,
        catalog::events::ALL,
        pricing::events::ALL,
        stock::events::ALL,
        notifications::events::ALL,
        webhooks::events::ALL,
        service::events::ALL,
    ];
    contexts.into_iter().flatten().map(Described::of).collect()
}

#[cfg(test)]
mod tests;
