//! Payments, and what they do to orders. The one context that sees all of an order's parts.
//!
//! | room | what is in it |
//! |---|---|
//! | [`payment`], [`method`] | what a payment is, and the moves it can make; pure |
//! | [`store`] | the table: keys, items, writes |
//! | [`provider`], [`receipt`] | what the shop asks of a payment provider and what it hears back |
//! | [`providers`] | the one that this shop has |
//! | [`yookassa`] | the provider YooKassa |
//! | [`placing`] | from a cart, lines or a signed snapshot to an order |
//! | [`initiator`], [`paying`] | beginning a payment at the provider, with the order or later |
//! | [`refunds`] | sending money back on an operator's request |
//! | [`sweep`] | finding payments that the provider has to be asked about |
//! | [`settlement`] | what moves an order once it is placed, and what that does to payment and stock: one transaction each |
//! | [`outside`] | money that was received outside of this system |
//! | [`window`] | how long a customer has to pay |
//! | [`sandbox`], [`page`] | the provider that comes with the system, and the page on which a person decides |
//! | [`unpaid`] | limits on what customers hold without having paid |
//! | [`callback`] | signed messages from a provider |
//! | [`links`] | where this system's pages and callbacks are |
//! | [`routes`] | one file for each route or trigger |
//!
//! Nobody is charged twice: there is one payment for an order, claimed in the transaction that places it, and its id is the provider's
//! idempotence key. Nobody is charged for nothing: money that comes for an order that is gone buys the goods again or goes back.

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
