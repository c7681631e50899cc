//! What customers are told, by email and SMS.
//!
//! | room | what is in it |
//! |---|---|
//! | [`template`] | which messages there are, and which of them a person may do without; pure |
//! | [`notice`] | what a message says; pure |
//! | [`order_event`] | the events that customers are told of, read out of what the bus delivers; pure |
//! | [`variables`] | what somebody who asks for a message fills in; pure |
//! | [`merchant`] | who sends the messages, as the template's parameters say; pure |
//! | [`wording`] | money, times and other people's words, as a language writes them; pure |
//! | [`zone`] | times as a clock in a time zone shows them; pure |
//! | [`views`], [`templates`] | the texts, English and Russian, one file for each message and language in `templates/`; pure |
//! | [`recipient`] | where a message goes, and who wants it; pure |
//! | [`message`] | which messages an event means for a person; pure |
//! | [`secret`] | the message that a code or reset token means for a person; pure |
//! | [`requested`] | a message that was asked for, as a queue carries it; pure |
//! | [`budget`] | how many messages a day may be sent, by account, recipient and in all; pure |
//! | [`rules`] | which numbers receive SMS, and the day's budgets, as the template sets them |
//! | [`sms`] | what a text message may be as long as; pure |
//! | [`record`] | a message as it is kept, and what may become of it; pure |
//! | [`store`] | the table: one item for each message, and who is sending it |
//! | [`carrier`] | sending, through SNS and SES |
//! | [`notify`] | telling people |
//! | `ask` | asking for a message |
//! | `links` | the origins that such a message may link to; pure |
//! | [`report`] | what SES reports of letters that it took |
//! | [`routes`], [`triggers`] | one file for each function |
//!
//! # At most once, and never lost without a trace
//! A message's id is derived from the event and the channel, so a repeated event finds what became of the first one. Neither SNS nor SES
//! can tell repeats, so a message is offered to a carrier again only when it was certainly not sent: no connection, a throttle, another refusal.
//! Before sending, the message is claimed for as long as the sending invocation can live; an attempt that did not send ends its claim.
//! Everything else is `unconfirmed` and final: an answer that was lost, an error on the carrier's side, and a claim that ran out, because its
//! invocation died or could not write down the outcome. A report of SES still decides it.
//!
//! # Secrets
//! Codes and reset tokens come through a queue of their own and pass through memory on their way to the carrier. What is
//! kept of such a message is that it was sent.
//!
//! # Personal data
//! Names, addresses, phone numbers and rendered texts exist in memory, and of messages that were asked for in an encrypted queue until they are
//! sent. The journal and the logs have ids alone; the table has ids, and of an address or number a mask that nobody could write to.

mod ask;
pub mod budget;
pub mod carrier;
mod links;
pub mod merchant;
pub mod message;
pub mod notice;
pub mod notify;
pub mod order_event;
pub mod recipient;
pub mod record;
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
pub use order_event::OrderFacts;
pub use requested::Requested;
