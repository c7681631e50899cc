//! The body that is sent: the event as a `CloudEvent` in JSON, with the `timestamp` that Standard Webhooks recommends for a payload.

use kernel::cloud_event::Published;
use kernel::{Event, Problem, Timestamp};
use serde::Serialize;

/// The body of a delivery. It is made once, and each attempt sends the same bytes.
#[derive(Debug, Serialize)]
struct Envelope<'a> {
    #[serde(flatten)]
    event: Published<'a>,
    /// The time of the event, which `time` holds too.
    timestamp: Timestamp,
}

/// The request body for `event`. An event of no context is an internal error: the publisher lets none pass.
pub fn body(event: &Event) -> Result<String, Problem> {
    let context = event.context();
    let context = context.ok_or_else(|| Problem::internal(format!("event {} is of no context", event.id)))?;
    let source = format!("holdfast.{context}");
    let envelope = Envelope { event: event.published(&source), timestamp: event.occurred_at };
    serde_json::to_string(&envelope).map_err(Problem::internal)
}

#[cfg(test)]
pub(crate) mod tests {
    use kernel::EventId;
    use serde_json::{Value, json};

    use super::*;

    /// The event `kind` of `aggregate`, as the journal keeps it.
    pub(crate) fn event(kind: &str, aggregate: &str, sequence: u64, data: &Value) -> Event {
        let id = EventId::derived(&format!("event/{aggregate}/{sequence}"));
        serde_json::from_value(json!({
            "id": id, "type": kind, "version": 1, "occurredAt": "2023-11-14T22:13:20.007Z", "aggregateId": aggregate,
            "sequence": sequence, "actor": {"kind": "provider"}, "correlationId": "c-1", "data": data,
        }))
        .unwrap()
    }

    fn order_event(kind: &str) -> Event {
        event(kind, "order/7", 3, &json!({"totalAmount": 7_500}))
    }

    #[test]
    fn the_body_is_what_receivers_were_promised() {
        let event = order_event("orders.order_paid");
        let body: Value = serde_json::from_str(&body(&event).unwrap()).unwrap();
        let at = "2023-11-14T22:13:20.007Z";
        let wanted = json!({
            "specversion": "1.0", "id": event.id, "type": "orders.order_paid.v1", "source": "holdfast.orders", "time": at,
            "subject": "order/7", "datacontenttype": "application/json", "dataschema": "urn:holdfast:event:orders.order_paid:v1",
            "version": 1, "sequence": 3, "correlationid": "c-1", "actorkind": "provider", "timestamp": at,
            "data": {"totalAmount": 7_500, "envelope": {
                "type": "orders.order_paid", "version": 1, "occurredAt": at, "aggregateId": "order/7", "sequence": 3,
                "actor": {"kind": "provider"}, "correlationId": "c-1",
            }},
        });
        assert_eq!(body, wanted);
    }

    #[test]
    fn an_event_of_no_context_is_not_sent() {
        assert!(body(&order_event("order_paid")).is_err());
    }
}
