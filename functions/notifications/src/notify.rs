//! Telling a customer of an event.

use futures_util::future::join_all;
use identity::Contacts;
use identity::delivery::SecretMessage;
use kernel::{Event, Problem};
use platform::{Call, Init, InitError};

use crate::carrier::{Carrier, NotSent};
use crate::message::{Body, Message, messages};
use crate::order_event::OrderEvent;
use crate::secret::secret_message;
use crate::sms;
use crate::store::{Claim, Outcome, Store};

/// Everything that telling takes.
pub struct Notifier {
    contacts: Contacts,
    store: Store,
    carrier: Carrier,
}

impl Notifier {
    /// Needs what [`Contacts`], [`Store`] and [`Carrier`] need.
    pub async fn connect(init: &Init) -> Result<Self, InitError> {
        let carrier = Carrier::connect(init)?;
        Ok(Self { contacts: Contacts::connect(init).await?, store: Store::connect(init).await?, carrier })
    }

    /// Tells the customer of `event` in every way they can be reached. When one way fails the others are still taken; the
    /// event then has to come again, and finds what was sent already.
    pub async fn notify(&self, call: &Call, event: &Event) -> Result<(), Problem> {
        let Some(order) = OrderEvent::of(event)? else {
            tracing::debug!(event_id = %event.id, detail_type = event.detail_type(), "nobody is told of this");
            return Ok(());
        };
        let Some(contact) = self.contacts.find(order.user_id).await? else {
            tracing::warn!(event_id = %event.id, user_id = %order.user_id, "there is nobody to tell");
            return Ok(());
        };
        let messages = messages(event.id, &order, &contact)?;
        let delivered = join_all(messages.iter().map(|message| self.deliver(call, message))).await;
        delivered.into_iter().collect()
    }

    /// Sends a secret to whom it is for. One that is good for nothing any more is not sent, and one for nobody neither.
    pub async fn tell_secret(&self, call: &Call, secret: &SecretMessage) -> Result<(), Problem> {
        if call.now >= secret.expires_at {
            tracing::warn!(notification_id = %secret.notification_id, "too old to be sent");
            return Ok(());
        }
        let contact = self.contacts.find(secret.user_id).await?;
        let Some(message) = contact.map(|contact| secret_message(secret, &contact)).transpose()?.flatten()
        else {
            tracing::debug!(notification_id = %secret.notification_id, "there is nobody to tell");
            return Ok(());
        };
        self.deliver(call, &message).await
    }

    async fn deliver(&self, call: &Call, message: &Message) -> Result<(), Problem> {
        if self.store.claim(call, message).await? == Claim::Settled {
            tracing::debug!(notification_id = %message.id, "sent before");
            return Ok(());
        }
        let outcome = match self.carrier.send(message).await {
            Ok(()) => Outcome::Sent,
            Err(NotSent::Refused(why)) => Outcome::Failed(why),
            Err(NotSent::Failed(problem)) => return Err(problem),
        };
        self.store.settle(call, message, &outcome).await?;
        log(message, &outcome);
        Ok(())
    }
}

fn log(message: &Message, outcome: &Outcome) {
    let (id, template) = (message.id, message.template);
    let event_id = message.event_id.map(tracing::field::display);
    let channel = message.body.channel().name();
    // What a text message costs.
    let segments = match &message.body {
        Body::Sms { text, .. } => Some(sms::segments(text)),
        Body::Email { .. } => None,
    };
    match outcome {
        Outcome::Sent => {
            tracing::info!(notification_id = %id, event_id, channel, template, segments, "sent");
        }
        Outcome::Failed(why) => {
            tracing::warn!(notification_id = %id, event_id, channel, template, why, "can't be sent");
        }
    }
}
