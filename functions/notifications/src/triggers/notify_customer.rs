//! The queue of events that customers are told of, filled by a rule of the event bus.

use std::sync::Arc;

use kernel::Problem;
use platform::queue::{Handler, Message, handler};
use platform::{Call, Init, InitError};

use crate::notify::Notifier;

/// What the function is called in logs.
pub const NAME: &str = "notify-customer";

/// The consumer's handler.
pub async fn init(init: Init) -> Result<Handler, InitError> {
    Ok(handler(Notifier::connect(&init).await?, handle))
}

async fn handle(notifier: Arc<Notifier>, call: Call, message: Message) -> Result<(), Problem> {
    let (call, event) = message.event(call)?;
    notifier.notify(&call, &event).await
}

#[cfg(test)]
mod tests {
    use kernel::Actor;
    use serde_json::Value;

    use super::*;
    use crate::order_event::{Change, OrderEvent};

    fn call() -> Call {
        Call::new(0, "invocation".to_owned(), Actor::system(NAME))
    }

    #[test]
    fn the_sample_event_is_what_the_queue_delivers() {
        let sample = include_str!("../../../../events/notify-customer.json");
        let sample: Value = serde_json::from_str(sample).unwrap();
        let body = sample["Records"][0]["body"].as_str().unwrap();
        let message = Message { id: "1".to_owned(), body: body.to_owned() };
        let (call, event) = message.event(call()).unwrap();
        assert_eq!(call.correlation_id, event.correlation_id);
        let read = OrderEvent::of(&event).unwrap().unwrap();
        assert_eq!(read.order_id, read.number.order_id());
        assert_eq!(event.aggregate_id, format!("order/{}", read.order_id));
        assert!(matches!(read.change, Change::Placed(_)));
    }

    #[test]
    fn what_is_no_event_is_a_problem() {
        for body in ["", "{}", "{\"detail\": {\"id\": 1}}"] {
            let message = Message { id: "1".to_owned(), body: body.to_owned() };
            assert!(message.event(call()).is_err(), "{body}");
        }
    }
}
