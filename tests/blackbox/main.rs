//! Black-box tests: HTTP against the deployed stack with IAM enforced, as a client would speak to it.
//!
//! There is one file for each function, in the folder of its context, named after its binary; `repo_checks` holds the lists of binaries,
//! functions, samples, routes and test files against each other.

#![expect(
    clippy::unwrap_used,
    reason = "tests fail by panicking; clippy takes the helpers of an integration test for other code"
)]

mod harness;
mod repo_checks;

mod cart;
mod catalog;
mod commands;
mod identity;
mod journey;
mod loms;
mod notifications;
mod ordering;
mod orders;
mod payments;
mod pricing;
mod service;
mod stock;
mod telemetry;
mod text;
mod webhooks;
mod yookassa;
