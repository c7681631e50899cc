//! What the system tells about itself, and how it tells others what happened.
//!
//! | room | what is in it |
//! |---|---|
//! | [`document`] | the API document, and which routes it has |
//! | [`assets`] | the files of Swagger UI, which shows it |
//! | [`outbox`] | which events are published next, and what a failure holds back; pure |
//! | [`bus`] | the event bus |
//! | [`publish`] | emptying an outbox onto the bus, within the invocation's time |
//! | [`ready`] | asking everything behind us whether it answers |
//! | [`routes`] | one file for each route |
//! | [`triggers`] | one file for each function without a route |

pub mod assets;
pub mod bus;
pub mod document;
pub mod outbox;
pub mod publish;
pub mod ready;
pub mod routes;
pub mod triggers;
