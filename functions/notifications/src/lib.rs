//! Messages to customers, by email and SMS.
//!
//! | module | contents |
//! |---|---|
//! | [`template`] | the templates, and which of their messages are necessary; pure |
//! | [`notice`] | the content of a message; pure |
//! | [`order_event`] | the order events that customers receive messages about, parsed from the bus; pure |
//! | [`order_link`] | requests for a link that opens an order of a guest: their budgets, and the queue's message |
//! | [`variables`] | the variables of a requested message; pure |
//! | [`merchant`] | the sender of the messages, from the template's parameters; pure |
//! | [`wording`] | money, times and other people's words, as a language writes them; pure |
//! | [`zone`] | times as a clock in a time zone shows them; pure |
//! | [`views`], [`templates`] | the texts, English and Russian, one file for each message and language in `templates/`; pure |
//! | [`recipient`] | recipients of messages, and their choice of channels; pure |
//! | [`message`] | the messages that an event causes for a person; pure |
//! | [`secret`] | the message that a code or reset token causes for a person; pure |
//! | [`requested`] | a requested message, as a queue carries it; pure |
//! | [`budget`] | daily budgets of messages, by account, recipient and in all; pure |
//! | [`rules`] | which numbers receive SMS, and the day's budgets, as the template sets them |
//! | [`sms`] | the length of SMS; pure |
//! | [`record`] | a stored message and its transitions; pure |
//! | [`events`] | the events of messages |
//! | [`store`] | the table: one item for each message, and the claim on it |
//! | [`carrier`] | sending, through SNS and SES |
//! | [`notify`] | notifying people |
//! | `ask` | requesting messages |
//! | [`report`] | delivery reports of SES |
//! | [`refusal`] | the reasons for which requests are refused, with their codes and texts; pure |
//! | [`routes`], [`triggers`] | one file for each function |
//!
//! # At most once, and never lost without a trace
//! A message's id is derived from the event and the channel, so a repeated event finds the outcome of the first one. Neither SNS nor SES detects
//! repeats, so a message is offered to a carrier again only when it was certainly not sent: no connection, a throttle, another refusal. Before
//! sending, the message is claimed for as long as the sending invocation can live; an attempt that did not send ends its claim. Every other
//! outcome is `unconfirmed` and final: an answer that was lost, an error on the carrier's side, and a claim that ran out, because its invocation
//! died or could not write down the outcome. A report of SES still decides it.
//!
//! # Secrets
//! Codes and reset tokens come through a queue of their own and pass through memory on their way to the carrier. The record of such a message
//! says only that it was sent.
//!
//! # Personal data
//! Names, addresses, phone numbers and rendered texts exist in memory, and those of requested messages in an encrypted queue until they are
//! sent. The journal and the logs have ids alone; the table has ids, and of an address or number a mask that can't be written to.

mod ask;
pub mod budget;
pub mod carrier;
pub mod events;
pub mod merchant;
pub mod message;
pub mod notice;
pub mod notify;
pub mod order_event;
pub mod order_link;
pub mod recipient;
pub mod record;
pub mod refusal;
pub mod report;
pub mod requested;
pub mod routes;
pub mod rules;
pub mod secret;
pub mod sms;
pub mod store;
pub mod template;
pub mod templates;
pub mod triggers;
pub mod variables;
pub mod views;
pub mod wording;
pub mod zone;

pub use notify::Notifier;
pub use order_event::{GuestFacts, OrderFacts};
pub use order_link::LinkRequest;
pub use recipient::Recipient;
pub use requested::Requested;
