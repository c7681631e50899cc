//! Black-box tests: HTTP against the deployed stack with IAM enforced, as a client would speak to it.
//!
//! There is one file for each function, in the folder of its context, named after its binary; `house` holds the lists of binaries,
//! functions, samples, routes and test files against each other.

mod harness;
mod house;

mod journey;
mod orders;
mod payments;
