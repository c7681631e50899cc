//! Requests for a link that opens an order of a guest.
//!
//! A request is answered before anything is read of the order: it is counted and queued, for an order that exists as for one that does not. So neither
//! the answer nor its time shows whether a number and a contact belong together. The consumer reads the order, and sends the link to the contact that
//! the order has.

use std::time::Duration;

use kernel::ids::NotificationId;
use kernel::{OrderNumber, Problem};
use platform::dynamo::{Table, Updated};
use platform::queue::{self, Sender};
use platform::source::Source;
use platform::window::Window;
use platform::{Init, InitError, InvocationContext};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::recipient::{Channel, Recipient};
use crate::refusal::TooManyLookups;

/// The stretch of time in which lookups of one source address, and of all, are counted.
pub const LOOKUP_WINDOW: Duration = Duration::from_mins(15);
/// Lookups of one source address in a [`LOOKUP_WINDOW`].
pub const LOOKUPS_PER_ADDRESS: u32 = 10;
/// Lookups of all source addresses in a [`LOOKUP_WINDOW`].
pub const LOOKUPS_IN_ALL: u32 = 1_000;
/// The stretch of time in which lookups with one contact are counted.
pub const CONTACT_LOOKUP_WINDOW: Duration = Duration::from_hours(1);
/// Lookups with one contact in a [`CONTACT_LOOKUP_WINDOW`].
pub const LOOKUPS_PER_CONTACT: u32 = 3;

/// A request for a link, as the queue carries it. Not `Debug`: it has a contact.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LinkRequest {
    order_link: Wanted,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Wanted {
    notification_id: NotificationId,
    number: u64,
    channel: Channel,
    to: String,
    source: Option<String>,
}

impl LinkRequest {
    /// The request in a queue message, or `None` for something else.
    pub fn of(message: &queue::Message) -> Option<Self> {
        serde_json::from_str(&message.body).ok()
    }

    /// The id of the message with the link.
    pub fn notification_id(&self) -> NotificationId {
        self.order_link.notification_id
    }

    /// The order's number.
    pub fn number(&self) -> Option<OrderNumber> {
        OrderNumber::try_from(self.order_link.number).ok()
    }

    /// The contact that the request names.
    pub fn to(&self) -> Result<Recipient, Problem> {
        Recipient::parse(self.order_link.channel, &self.order_link.to).map_err(Problem::internal)
    }

    /// Stands for the source address of the request.
    pub fn source(&self) -> Option<&str> {
        self.order_link.source.as_deref()
    }
}

/// Counts and queues requests for links.
pub struct OrderLinks {
    table: Table,
    queue: Sender,
}

/// A counter as it is stored; nothing of it is needed.
#[derive(Deserialize)]
struct Counter {}

impl OrderLinks {
    /// Counts in the table named by `NOTIFICATIONS_TABLE`, and queues to `NOTIFIER_QUEUE_URL`.
    pub async fn connect(init: &Init) -> Result<Self, InitError> {
        let queue = Sender::connect(init, "NOTIFIER_QUEUE_URL")?;
        Ok(Self { table: init.table("NOTIFICATIONS_TABLE").await?, queue })
    }

    /// Takes a request from `source`; 429 with the time to wait when there were as many as there may be.
    pub async fn request(
        &self,
        call: &InvocationContext,
        source: Source,
        number: OrderNumber,
        to: &Recipient,
    ) -> Result<(), Problem> {
        let contact = hex::encode(Sha256::digest(to.as_str()));
        let window = |length, subject: String| Window::at(call.now, length, subject);
        let counted = [
            (window(LOOKUP_WINDOW, format!("lookup:address:{source}")), LOOKUPS_PER_ADDRESS),
            (window(CONTACT_LOOKUP_WINDOW, format!("lookup:contact:{contact}")), LOOKUPS_PER_CONTACT),
            (window(LOOKUP_WINDOW, "lookup:all".to_owned()), LOOKUPS_IN_ALL),
        ];
        for (window, limit) in counted {
            if let Updated::Refused(_) = window.take_place::<Counter>(&self.table, call, limit).await? {
                return Err(TooManyLookups { wait: window.seconds_left(call.now) }.into());
            }
        }
        let order_link = Wanted {
            notification_id: NotificationId::generate(),
            number: number.get(),
            channel: to.channel(),
            to: to.as_str().to_owned(),
            source: source.pseudonym(),
        };
        match self.queue.send(&[LinkRequest { order_link }]).await? {
            0 => Err(Problem::unavailable("the queue did not take the message")),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_comes_out_of_the_queue_as_it_went_in() {
        let body = r#"{"orderLink":{"notificationId":"36c4f99e-9b85-5833-b23d-83e41eb93cb2","number":42,"channel":"email","to":"a@example.com","source":null}}"#;
        let read = LinkRequest::of(&queue::Message::new("1", body.to_owned())).unwrap();
        assert_eq!(serde_json::to_string(&read).unwrap(), body);
        assert_eq!(read.to().ok().unwrap().as_str(), "a@example.com");
        for other in ["", "{}", r#"{"detail": {}}"#] {
            assert!(LinkRequest::of(&queue::Message::new("1", other.to_owned())).is_none(), "{other}");
        }
    }
}
