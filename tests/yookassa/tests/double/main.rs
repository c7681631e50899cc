//! The YooKassa stub itself, and Holdfast's client against it, over real HTTP.

#![expect(
    clippy::unwrap_used,
    reason = "tests fail by panicking; clippy takes the helpers of an integration test for other code"
)]

mod books;
mod client;
mod client_faults;
mod notifications;
mod program;
mod settling;
mod shop;
mod support;
mod temper_calls;
mod temper_notifications;
mod temper_states;
