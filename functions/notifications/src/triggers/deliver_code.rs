//! The queue of codes and reset tokens, filled by the identity context.

use std::sync::Arc;

use identity::delivery::SecretMessage;
use kernel::Problem;
use platform::queue::{Handler, Message, handler};
use platform::{Call, Init, InitError};

use crate::notify::Notifier;

/// What the function is called in logs.
pub const NAME: &str = "deliver-code";

/// The consumer's handler.
pub async fn init(init: Init) -> Result<Handler, InitError> {
    Ok(handler(Notifier::connect(&init).await?, handle))
}

async fn handle(notifier: Arc<Notifier>, call: Call, message: Message) -> Result<(), Problem> {
    notifier.tell_secret(&call, &read(&message)?).await
}

/// Reads a message. What the parser says of one that is none may quote it, and with it the secret, so it is not repeated.
fn read(message: &Message) -> Result<SecretMessage, Problem> {
    message.json().map_err(|_| Problem::internal("not a message with a secret"))
}

#[cfg(test)]
mod tests {
    use identity::delivery::{Channel, Template};
    use serde_json::Value;

    use super::*;

    #[test]
    fn the_sample_is_what_the_queue_delivers() {
        let sample = include_str!("../../../../events/deliver-code.json");
        let sample: Value = serde_json::from_str(sample).unwrap();
        let body = sample["Records"][0]["body"].as_str().unwrap().to_owned();
        let message = read(&Message { id: "1".to_owned(), body }).unwrap();
        assert_eq!((message.channel, message.template), (Channel::Email, Template::VerificationCode));
        assert_eq!((message.variables.code.as_str(), message.variables.minutes), ("012345", 10));
    }

    #[test]
    fn what_is_no_message_is_not_quoted() {
        let message = Message { id: "1".to_owned(), body: r#"{"variables": "012345"}"#.to_owned() };
        let problem = read(&message).err().unwrap();
        assert!(!format!("{problem} {problem:?}").contains("012345"));
    }
}
