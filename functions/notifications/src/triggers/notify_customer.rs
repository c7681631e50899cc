//! The queue of events that customers are told of, filled by a rule of the event bus.

use std::sync::Arc;

use kernel::{Event, Problem};
use platform::queue::{Handler, Message, handler};
use platform::{Call, Init, InitError};
use serde::Deserialize;

use crate::notify::Notifier;

/// What the function is called in logs.
pub const NAME: &str = "notify-customer";

/// An event as EventBridge hands it over; what is around it is of no interest.
#[derive(Deserialize)]
struct Envelope {
    detail: Event,
}

/// The consumer's handler.
pub async fn init(init: Init) -> Result<Handler, InitError> {
    Ok(handler(Notifier::connect(&init).await?, handle))
}

async fn handle(notifier: Arc<Notifier>, call: Call, message: Message) -> Result<(), Problem> {
    let Envelope { detail: event } = message.json()?;
    let call = Call { correlation_id: event.correlation_id.clone(), ..call };
    notifier.notify(&call, &event).await
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::order_event::{Change, OrderEvent};

    #[test]
    fn the_sample_event_is_what_the_queue_delivers() {
        let sample = include_str!("../../../../events/notify-customer.json");
        let sample: Value = serde_json::from_str(sample).unwrap();
        let body = sample["Records"][0]["body"].as_str().unwrap();
        let message = Message { id: "1".to_owned(), body: body.to_owned() };
        let Envelope { detail: event } = message.json().unwrap();
        let read = OrderEvent::of(&event).unwrap().unwrap();
        assert_eq!(read.order_id, read.number.order_id());
        assert_eq!(event.aggregate_id, format!("order/{}", read.order_id));
        assert!(matches!(read.change, Change::Placed(_)));
    }

    #[test]
    fn what_is_no_event_is_a_problem() {
        for body in ["", "{}", "{\"detail\": {\"id\": 1}}"] {
            let message = Message { id: "1".to_owned(), body: body.to_owned() };
            assert!(message.json::<Envelope>().is_err(), "{body}");
        }
    }
}
