//! Payments and their effects on orders. The one context that sees all of an order's parts.
//!
//! | module | contents |
//! |---|---|
//! | [`payment`], [`method`] | the payment aggregate and its transitions; pure |
//! | [`store`] | the table: keys, items, writes |
//! | [`provider`], [`receipt`] | the interface of a payment provider: requests and responses |
//! | [`providers`] | the configured provider |
//! | [`yookassa`] | the provider YooKassa |
//! | [`placing`] | from a cart, lines or a signed snapshot to an order |
//! | [`initiator`], [`paying`] | payment initiation, with the order or later |
//! | [`refunds`] | refunds that an operator requests |
//! | [`sweep`] | payments that are due for a poll |
//! | [`settlement`] | the transitions of a placed order and their effects on payment and stock: one transaction each |
//! | [`outside`] | money that was received outside of this system |
//! | [`window`] | the customer's time to pay |
//! | [`sandbox`], [`page`] | the built-in provider, and the page on which a person decides |
//! | [`unpaid`] | limits on what customers hold without having paid |
//! | [`callback`] | signed messages from a provider |
//! | [`links`] | the addresses of this system's pages and callbacks |
//! | [`routes`] | one file for each route or trigger |
//!
//! No customer is charged twice: there is one payment for an order, claimed in the transaction that places it, and its id is the provider's
//! idempotence key. No customer is charged for nothing: money that comes for an order that has ended re-reserves the goods or is refunded.

pub mod callback;
pub mod initiator;
pub mod links;
pub mod method;
pub mod outside;
pub mod page;
pub mod paying;
pub mod payment;
pub mod placing;
pub mod provider;
pub mod providers;
pub mod receipt;
pub mod refunds;
pub mod routes;
pub mod sandbox;
pub mod settlement;
pub mod store;
pub mod sweep;
pub mod unpaid;
pub mod window;
pub mod yookassa;
