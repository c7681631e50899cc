//! Notifying people of events, and sending requested messages.

use std::time::Duration;

use futures_util::future::join_all;
use identity::Contacts;
use identity::delivery::SecretMessage;
use kernel::{Event, Money, OrderNumber, Problem};
use platform::metrics::Metrics;
use platform::{Init, InitError, InvocationContext, aws};

use crate::budget::{Class, Scope};
use crate::carrier::{Carrier, NotSent};
use crate::merchant::Merchant;
use crate::message::{Addressee, Message, Text, guest_reader, messages};
use crate::notice::{Change, Content, Notice};
use crate::order_event::{GuestFacts, OrderEvent, OrderFacts};
use crate::order_link::LinkRequest;
use crate::record::{Notification, Outcome};
use crate::requested::Requested;
use crate::rules::Rules;
use crate::secret::secret_message;
use crate::sms;
use crate::store::{Claim, Store};

/// The reason of a message that came too late to be of any use.
const TOO_OLD: &str = "too old to be sent";
/// The reason of a message whose attempt ended without an outcome.
const OUTCOME_LOST: &str = "possibly sent: the attempt's outcome was lost";
/// Time that has to be left for an attempt: with less, Lambda might end the invocation while the carrier is being called, and whether the
/// message was sent would not be known.
const SEND_TIME: Duration = aws::ONCE_TIMEOUT;

/// Counts messages that were not sent because a budget of the day was used up.
const OVER_BUDGET: &str = "MessagesOverBudget";
/// Counts those of them whose budget is that of all messages of the class: it keeps messages from others than their cause, too.
const BUDGETS_SPENT: &str = "MessageBudgetsSpent";

/// Sends messages to customers.
pub struct Notifier {
    contacts: Contacts,
    store: Store,
    carrier: Carrier,
    rules: Rules,
    merchant: Merchant,
    metrics: Metrics,
}

impl Notifier {
    /// Needs the environment variables of [`Contacts`], [`Store`], [`Carrier`], [`Rules`], [`Merchant`] and [`Metrics`].
    pub async fn connect(init: &Init) -> Result<Self, InitError> {
        Ok(Self {
            contacts: Contacts::connect(init).await?,
            store: Store::connect(init).await?,
            carrier: Carrier::connect(init)?,
            rules: Rules::from_init(init)?,
            merchant: Merchant::from_init(init)?,
            metrics: Metrics::from_init(init)?,
        })
    }

    /// Notifies the customer of `event` on every channel on which they receive it; `facts` are added from the order. When one channel fails
    /// the others are still tried; the event then has to be delivered again, and messages that were sent already are found.
    pub async fn notify(
        &self,
        call: &InvocationContext,
        event: &Event,
        facts: OrderFacts,
    ) -> Result<(), Problem> {
        let (source, owner, guest) = (facts.source.clone(), facts.user_id, facts.guest.clone());
        let Some(order) = OrderEvent::of(event, facts)? else {
            tracing::debug!(event_id = %event.id, detail_type = event.detail_type(), "nobody is told of this");
            return Ok(());
        };
        let user_id = owner.unwrap_or(order.user_id);
        let contact = if guest.is_some() { None } else { self.contacts.find(user_id).await? };
        let account = contact.as_ref().map(Addressee::Account);
        let Some(addressee) = guest.as_ref().map(Addressee::Guest).or(account) else {
            tracing::warn!(event_id = %event.id, %user_id, "there is nobody to tell");
            return Ok(());
        };
        let order = OrderEvent { user_id, ..order };
        let messages = messages(event.id, order, &addressee, source.as_deref(), &self.merchant)?;
        if messages.is_empty() {
            tracing::info!(event_id = %event.id, %user_id, "nobody wants to hear of this");
        }
        let delivered = join_all(messages.iter().map(|message| self.deliver(call, message))).await;
        delivered.into_iter().collect()
    }

    /// True when messages can link to orders.
    pub fn links_to_orders(&self) -> bool {
        self.merchant.has_order_page()
    }

    /// Sends the link to the order `number` that `request` asks for to its `guest`, whose contact is the requested one.
    pub async fn send_link(
        &self,
        call: &InvocationContext,
        request: &LinkRequest,
        (number, total): (OrderNumber, Money),
        guest: &GuestFacts,
    ) -> Result<(), Problem> {
        let to = request.to()?;
        let content = Content::Order(Notice { number, total, change: Change::Link });
        let template = content.template();
        let message = Message {
            id: request.notification_id(),
            event_id: None,
            template,
            user_id: None,
            order_id: Some(number.order_id()),
            class: Class::of_order(template, false),
            source: request.source().map(str::to_owned),
            text: Text::of(&content, to.channel(), &guest_reader(guest), &self.merchant)?,
            to,
        };
        self.deliver(call, &message).await
    }

    /// Sends a secret to its owner. An expired secret is not sent, nor is one without a recipient.
    pub async fn tell_secret(&self, call: &InvocationContext, secret: SecretMessage) -> Result<(), Problem> {
        let notification_id = secret.notification_id;
        if call.now >= secret.expires_at {
            tracing::warn!(%notification_id, "too old to be sent");
            return Ok(());
        }
        let contact = self.contacts.find(secret.user_id).await?;
        let Some(message) =
            contact.map(|contact| secret_message(secret, &contact, &self.merchant)).transpose()?.flatten()
        else {
            tracing::debug!(%notification_id, "there is nobody to tell");
            return Ok(());
        };
        self.deliver(call, &message).await
    }

    /// Sends a requested message, unless its content has expired.
    pub async fn send_requested(
        &self,
        call: &InvocationContext,
        requested: &Requested,
    ) -> Result<(), Problem> {
        let message = requested.message(&self.merchant)?;
        if requested.expires_at.is_some_and(|expires_at| call.now >= expires_at) {
            let Some(kept) = self.claim(call, &message).await? else { return Ok(()) };
            return self.settle(call, &message, &kept, Outcome::Failed(TOO_OLD.to_owned())).await;
        }
        self.deliver(call, &message).await
    }

    async fn deliver(&self, call: &InvocationContext, message: &Message) -> Result<(), Problem> {
        let Some(kept) = self.claim(call, message).await? else { return Ok(()) };
        let sent = if call.remaining() < SEND_TIME {
            Err(NotSent::Failed(Problem::unavailable("no time is left to send the message")))
        } else {
            self.carrier.send(message).await
        };
        let outcome = match sent {
            Ok(()) => Outcome::Sent,
            Err(NotSent::Refused(why)) => Outcome::Failed(why),
            Err(NotSent::Unconfirmed(why)) => Outcome::Unconfirmed(why),
            Err(NotSent::Failed(problem)) => {
                self.release(call, message, &kept).await;
                return Err(problem);
            }
        };
        self.settle(call, message, &kept, outcome).await
    }

    /// Claims `message`; `None` where it is not to be sent. An attempt without an outcome may have sent it, so the message becomes
    /// `unconfirmed`.
    async fn claim(
        &self,
        call: &InvocationContext,
        message: &Message,
    ) -> Result<Option<Box<Notification>>, Problem> {
        // A message that was claimed before the rules forbade it has been decided about, and is found again by its id.
        let counters = match self.rules.check(&message.to) {
            Ok(()) => self.rules.counters(message, call.now),
            Err(why) => {
                log(message, &Outcome::Failed(why.to_string()));
                return self.store.refuse(call, message, &why.to_string()).await.map(|()| None);
            }
        };
        match self.store.claim(call, message, &counters).await? {
            Claim::Mine(kept) => Ok(Some(kept)),
            Claim::Lost(kept) => {
                let outcome = Outcome::Unconfirmed(OUTCOME_LOST.to_owned());
                self.settle(call, message, &kept, outcome).await.map(|()| None)
            }
            Claim::Settled => {
                tracing::debug!(notification_id = %message.id, "sent before");
                Ok(None)
            }
            Claim::OverBudget(scope) => {
                log(message, &Outcome::Failed(scope.reason().to_owned()));
                count_over_budget(self.metrics, scope);
                Ok(None)
            }
        }
    }

    /// Releases the claim on a message that was not sent, for the next attempt. Should that fail, the next one takes the message for possibly
    /// sent.
    async fn release(&self, call: &InvocationContext, message: &Message, kept: &Notification) {
        if let Err(problem) = self.store.release(call, message.id, kept).await {
            tracing::warn!(notification_id = %message.id, %problem, "the message stays claimed");
        }
    }

    async fn settle(
        &self,
        call: &InvocationContext,
        message: &Message,
        kept: &Notification,
        outcome: Outcome,
    ) -> Result<(), Problem> {
        log(message, &outcome);
        self.store.settle(call, message.id, kept, outcome).await.map(|_| ())
    }
}

/// Counts a message that a budget kept from being sent.
pub(crate) fn count_over_budget(metrics: Metrics, scope: Scope) {
    metrics.count(&[(OVER_BUDGET, 1), (BUDGETS_SPENT, u64::from(scope == Scope::Total))]);
}

fn log(message: &Message, outcome: &Outcome) {
    let (id, template) = (message.id, message.template.name());
    let event_id = message.event_id.map(tracing::field::display);
    let channel = message.to.channel().name();
    // The cost of an SMS.
    let segments = match &message.text {
        Text::Sms(text) => Some(sms::segments(text)),
        Text::Email { .. } => None,
    };
    match outcome {
        Outcome::Failed(why) => {
            tracing::warn!(notification_id = %id, event_id, channel, template, why, "can't be sent");
        }
        Outcome::Unconfirmed(why) => {
            tracing::warn!(notification_id = %id, event_id, channel, template, why, "possibly sent");
        }
        Outcome::Queued | Outcome::Sent | Outcome::Delivered => {
            tracing::info!(notification_id = %id, event_id, channel, template, segments, "sent");
        }
    }
}
