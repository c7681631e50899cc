//! The deployed functions and the YooKassa stub, over real HTTP: the customers' requests, the provider's actions, and the ledgers of both in the end.
//!
//! These tests need the YooKassa stub for the stack's provider, so they are ignored where the sandbox is it. `make test` runs them in its second
//! phase, those of receipts in a third, and docs/payments.md says how to run them by hand ("The YooKassa stub"). They run side by side against one stub: each has a price of its
//! own, by which its calls at the stub can be recognised.

mod complaints;
mod double;
mod faults;
mod journey;
mod late;
mod notifications;
mod receipts;
mod refunds;
mod silence;
mod two_stages;
