//! The consumer of the queue of order events for customers, filled by a rule of the event bus, and of requested messages.

use std::sync::Arc;

use kernel::Problem;
use orders::relevance::INITIATION_PAUSE;
use platform::queue::{Handler, Message, Postponing, handler};
use platform::{Init, InitError, InvocationContext};

use crate::notify::{NotifyOutcome, OrderNotifier};

struct App {
    teller: OrderNotifier,
    postponing: Postponing,
}

/// Makes the handler.
pub async fn init(init: Init) -> Result<Handler, InitError> {
    let postponing = Postponing::connect(&init, "NOTIFIER_QUEUE_URL")?;
    Ok(handler(App { teller: OrderNotifier::connect(&init).await?, postponing }, handle))
}

async fn handle(app: Arc<App>, call: InvocationContext, message: Message) -> Result<(), Problem> {
    let told = match app.teller.tell(call, &message).await {
        Ok(NotifyOutcome::TooEarly) => {
            app.postponing.postpone(&message, INITIATION_PAUSE).await;
            return Err(Problem::unavailable("the order's payment is being initiated"));
        }
        Ok(NotifyOutcome::Done) => Ok(()),
        Err(problem) => Err(problem),
    };
    app.postponing.after(&message, told).await
}

#[cfg(test)]
mod tests {
    use kernel::Actor;
    use serde_json::Value;

    use super::*;

    fn call() -> InvocationContext {
        InvocationContext::new(0, "invocation".to_owned(), Actor::system("notify-customer"))
    }

    #[test]
    fn the_sample_event_is_what_the_queue_delivers() {
        let sample = include_str!("../../../../events/notify-customer.json");
        let sample: Value = serde_json::from_str(sample).unwrap();
        let body = sample["Records"][0]["body"].as_str().unwrap();
        let (call, event) = Message::new("1", body.to_owned()).event(call()).unwrap();
        assert_eq!(call.correlation_id, event.correlation_id);
        assert_eq!(event.detail_type(), "orders.order_placed.v1");
        assert_eq!(event.aggregate_id, format!("order/{}", event.data["orderId"].as_str().unwrap()));
    }

    #[test]
    fn what_is_no_event_is_a_problem() {
        for body in ["", "{}", "{\"detail\": {\"id\": 1}}"] {
            assert!(Message::new("1", body.to_owned()).event(call()).is_err(), "{body}");
        }
    }
}
