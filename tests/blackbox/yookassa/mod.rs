//! The deployed functions and `YooKassa`'s double, over real HTTP: what customers do, what the provider does, and what both have in the end.
//!
//! These tests need the YooKassa stub for the stack's provider, so they are ignored where the sandbox is it. `make test` runs them in its second
//! phase, and docs/payments.md says how to run them by hand ("The YooKassa stub"). They run side by side against one double: each has a price of its own, by
//! which the YooKassa stub tells its calls from the others'.

mod complaints;
mod double;
mod faults;
mod journey;
mod late;
mod notifications;
mod refunds;
mod silence;
mod two_stages;
