//! The order.
//!
//! | room | what is in it |
//! |---|---|
//! | [`order`] | what an order is, and the moves it can make; pure |
//! | [`state`], [`edges`] | its states, and the edges between them; pure |
//! | [`address`], [`payment`] | parts of an order |
//! | [`access`] | finding the order that a request names, and who may see it or change it |
//! | [`draft`] | lines with names and prices, and where the goods come from |
//! | [`store`] | the table: keys, indexes, reads and writes |
//! | `record` | the form of a stored order, and the forms that it had |
//! | [`filter`], [`listing`] | which orders a list is of, and its pages |
//! | [`export`] | a list as CSV |
//! | [`counts`] | how many orders were placed in each of the last hours |
//! | [`history`] | everything that happened to an order |
//! | [`view`] | an order as clients see it |
//! | [`holds`] | what an account and a source address hold without having paid, and what they may; pure |
//! | [`lifetime`] | how long an order lives whose goods nobody has reserved |
//! | [`relevance`] | whether an event is still true when its customer is about to receive a message; pure |
//! | [`tell`] | telling customers what happened to their orders, with the reason that only the order knows |
//! | [`forget`] | taking the person off the orders of an account that was deleted |
//! | [`rewrite`] | writing orders of older forms in the newest one |
//! | [`sweep`] | finding orders whose time to be paid is over |
//! | [`routes`] | one file for each route |
//!
//! Placing, paying and cancelling change stock, carts and payments in the same transaction. This crate gives its part of such a
//! transaction; the `payments` crate, which sees all of them, puts the parts together.

mod record;

pub mod access;
pub mod address;
pub mod counts;
pub mod draft;
pub mod edges;
pub mod export;
pub mod filter;
pub mod forget;
pub mod history;
pub mod holds;
pub mod lifetime;
pub mod listing;
pub mod order;
pub mod payment;
pub mod relevance;
pub mod rewrite;
pub mod routes;
pub mod state;
pub mod store;
pub mod sweep;
pub mod tell;
pub mod view;

pub use address::Address;
pub use draft::PricedLine;
pub use edges::{Command, Status};
pub use holds::Holder;
pub use order::{Editor, Order, Placement, Transition, WrongState};
pub use payment::{PaymentStatus, PaymentSummary};
pub use state::{Cancellation, Cause, State};
pub use store::{OrderRefusal, Orders};
