//! What is sent: the event, in the structure that Standard Webhooks recommends for a payload.

use kernel::{Actor, Event, EventId, Problem, Timestamp};
use serde::Serialize;
use serde_json::Value;

/// The body of a delivery. It is made once, and each attempt sends the same bytes.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Envelope<'a> {
    /// Which event: the same as in the header `webhook-id`.
    id: EventId,
    /// Its type with the version of `data`'s shape, as endpoints ask for it.
    #[serde(rename = "type")]
    kind: String,
    /// When it happened.
    timestamp: Timestamp,
    aggregate_id: &'a str,
    /// Which of the aggregate's changes it was: receivers put events in order by it.
    sequence: u64,
    actor: &'a Actor,
    correlation_id: &'a str,
    data: &'a Value,
}

/// The body that tells `event`.
pub fn body(event: &Event) -> Result<String, Problem> {
    let envelope = Envelope {
        id: event.id,
        kind: event.detail_type(),
        timestamp: event.occurred_at,
        aggregate_id: &event.aggregate_id,
        sequence: event.sequence,
        actor: &event.actor,
        correlation_id: &event.correlation_id,
        data: &event.data,
    };
    serde_json::to_string(&envelope).map_err(Problem::internal)
}

#[cfg(test)]
mod tests {
    use kernel::NewEvent;
    use serde_json::json;

    use super::*;

    #[test]
    fn the_body_is_what_receivers_were_promised() {
        let event = NewEvent::new("orders.order_paid", "order/7", 3, &json!({"totalAmount": 7_500})).unwrap();
        let event = event.occurred(Timestamp::from_millis(1_700_000_000_007), &Actor::Provider, "c-1");
        let body: Value = serde_json::from_str(&body(&event).unwrap()).unwrap();
        let wanted = json!({
            "id": event.id, "type": "orders.order_paid.v1", "timestamp": "2023-11-14T22:13:20.007Z",
            "aggregateId": "order/7", "sequence": 3, "actor": {"kind": "provider"}, "correlationId": "c-1",
            "data": {"totalAmount": 7_500},
        });
        assert_eq!(body, wanted);
    }
}
