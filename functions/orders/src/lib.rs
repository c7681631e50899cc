//! Orders: their states, storage and API.
//!
//! | module | contents |
//! |---|---|
//! | [`order`] | an order and its transitions; pure |
//! | [`state`], [`edges`] | its states, and the transitions between them; pure |
//! | [`address`], [`buyer`], [`order_pricing`], [`payment`] | parts of an order |
//! | [`order_token`] | the secrets that open an order of a guest |
//! | [`draft`] | lines with names and prices, and the allocation of their stock |
//! | [`store`] | the table: keys, indexes, reads and writes |
//! | `record` | the form of a stored order, and the forms that it had |
//! | [`filter`], [`listing`] | filters of order lists, and their pages |
//! | [`events`] | the events of an order |
//! | [`export`] | a list as CSV |
//! | [`counts`] | the number of orders placed in each of the last hours |
//! | [`history`] | the history of an order |
//! | [`derivation`] | the derivation of its prices, for operators |
//! | [`view`] | the API's representation of an order |
//! | [`holds`] | limits on what an account and a source address hold without having paid; pure |
//! | [`lifetime`] | the lifetime of an order whose stock was never reserved |
//! | [`refusal`] | the reasons for which requests are refused, and the problem of each |
//! | [`relevance`] | deciding whether an event is still true when its customer is about to receive a message; pure |
//! | [`rewrite`] | writing orders of older forms in the newest one |
//! | [`sweep`] | finding orders that have expired |
//! | [`routes`] | one file for each route |
//!
//! Placing, paying and cancelling change stock, carts and payments in the same transaction. This crate gives its part of such a
//! transaction; the `ordering` crate puts the parts together.

mod record;

pub mod address;
pub mod buyer;
pub mod counts;
pub mod derivation;
pub mod details;
pub mod draft;
pub mod edges;
pub mod events;
pub mod export;
pub mod filter;
pub mod history;
pub mod holds;
pub mod lifetime;
pub mod listing;
pub mod order;
pub mod order_pricing;
pub mod order_token;
pub mod payment;
pub mod refusal;
pub mod relevance;
pub mod rewrite;
pub mod routes;
pub mod state;
pub mod store;
pub mod sweep;
pub mod view;

pub use address::Address;
pub use buyer::Buyer;
pub use details::Details;
pub use draft::PricedLine;
pub use edges::{Command, Status};
pub use holds::Holder;
pub use order::{Editor, Order, Placement, Transition, WrongState};
pub use order_pricing::Pricing;
pub use order_token::OrderToken;
pub use payment::PaymentSummary;
pub use state::{Cancellation, Cause, State};
pub use store::{OrderRefusal, Orders};
