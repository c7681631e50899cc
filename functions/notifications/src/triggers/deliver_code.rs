//! The consumer of the queue of codes and reset tokens, filled by the identity context and by requests for such a
//! message.

use std::sync::Arc;

use identity::delivery::SecretMessage;
use kernel::Problem;
use platform::queue::{Handler, Message, Postponing, handler};
use platform::{Init, InitError, InvocationContext};

use crate::notify::Notifier;
use crate::requested::Requested;

struct App {
    notifier: Notifier,
    postponing: Postponing,
}

/// The consumer's handler.
pub async fn init(init: Init) -> Result<Handler, InitError> {
    let postponing = Postponing::connect(&init, "SECRETS_QUEUE_URL")?;
    Ok(handler(App { notifier: Notifier::connect(&init).await?, postponing }, handle))
}

async fn handle(app: Arc<App>, call: InvocationContext, message: Message) -> Result<(), Problem> {
    let told = deliver(&app.notifier, &call, &message).await;
    app.postponing.after(&message, told).await
}

async fn deliver(notifier: &Notifier, call: &InvocationContext, message: &Message) -> Result<(), Problem> {
    match Requested::of(message) {
        Some(requested) => notifier.send_requested(call, &requested).await,
        None => notifier.tell_secret(call, read(message)?).await,
    }
}

/// Reads a message. The parser's error may quote the message, and with it the secret, so it is not repeated.
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
        let message = read(&Message::new("1", body)).unwrap();
        assert_eq!((message.channel, message.template), (Channel::Email, Template::VerificationCode));
        assert_eq!((message.variables.code.as_str(), message.variables.minutes), ("012345", 10));
    }

    #[test]
    fn what_is_no_message_is_not_quoted() {
        let message = Message::new("1", r#"{"variables": "012345"}"#.to_owned());
        let problem = read(&message).err().unwrap();
        assert!(!format!("{problem} {problem:?}").contains("012345"));
    }
}
