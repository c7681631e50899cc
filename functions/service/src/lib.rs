//! The system's own routes (document, health, console), and the publisher of its events.
//!
//! | module | contents |
//! |---|---|
//! | [`document`] | the API document, and which routes it has |
//! | [`assets`] | the files of Swagger UI, which shows it |
//! | [`outbox`] | which events are published next, and what a failure holds back; pure |
//! | [`bus`] | the event bus |
//! | [`publish`] | emptying an outbox onto the bus, within the invocation's time |
//! | [`dead_letters`], [`redrive`] | what was given up, and sending it again |
//! | [`events`] | the events of operators' requests |
//! | [`ops`] | the operator's page |
//! | [`ready`] | asking everything behind us whether it answers |
//! | [`tally`] | what published events count as; pure |
//! | [`refusal`] | the reasons for which requests are refused, with their codes and texts; pure |
//! | [`routes`] | one file for each route |
//! | [`triggers`] | one file for each function without a route |

pub mod assets;
pub mod bus;
pub mod dead_letters;
pub mod document;
pub mod events;
pub mod ops;
pub mod outbox;
pub mod publish;
pub mod ready;
pub mod redrive;
pub mod refusal;
pub mod routes;
pub mod tally;
pub mod triggers;
