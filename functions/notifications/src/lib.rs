//! What customers are told, by email and SMS.
//!
//! | room | what is in it |
//! |---|---|
//! | [`order_event`] | the events that customers are told of, read out of what the bus delivers; pure |
//! | [`wording`] | money, times and other people's words, as a language writes them; pure |
//! | [`templates`] | the texts, English and Russian, one file for each event and language in `templates/`; pure |
//! | [`message`] | which messages an event means for a person; pure |
//! | [`secret`] | the message that a code or reset token means for a person; pure |
//! | [`sms`] | what a text message may be as long as; pure |
//! | [`store`] | the table: one item for each message, and who is sending it |
//! | [`carrier`] | sending, through SNS |
//! | [`notify`] | telling a customer of an event |
//! | [`triggers`] | one file for each function without a route |
//!
//! # At least once, and hardly ever twice
//! A message's id is derived from the event and the channel, so a repeated event finds what became of the first one: what was
//! sent, or was refused for good, is not sent again. Before sending, the message is claimed for as long as the
//! sending invocation can live. An invocation that dies between sending and noting leaves a claim that runs out, and then the
//! message is sent again: SNS can't tell repeats of a standard topic or of an SMS, and a customer who hears twice is
//! better served than one who never hears.
//!
//! # Secrets
//! Codes and reset tokens come through a queue of their own and pass through memory on their way to the carrier. What is
//! kept of such a message is that it was sent.
//!
//! # Personal data
//! Names, addresses, phone numbers and rendered texts exist in memory alone: the table, the journal and the logs have ids.

pub mod carrier;
pub mod message;
pub mod notify;
pub mod order_event;
pub mod secret;
pub mod sms;
pub mod store;
pub mod templates;
pub mod triggers;
pub mod wording;
