//! Payments: the aggregate, its storage, and the payment providers.
//!
//! | module | contents |
//! |---|---|
//! | [`payment`], [`method`] | the payment aggregate and its transitions; pure |
//! | [`external`] | how money outside of this system was received; pure |
//! | [`events`] | the events of payments and refunds |
//! | [`store`] | the table: keys, items, writes |
//! | [`view`] | the API's representation of payments and refunds |
//! | [`provider`], [`receipt`] | the interface of a payment provider: requests and responses |
//! | [`providers`] | the configured provider |
//! | [`yookassa`] | the provider YooKassa |
//! | [`sandbox`], [`page`] | the built-in provider, and the page on which a person decides |
//! | [`callback`], [`notification`] | a provider's messages: signed callbacks, and notifications that an object has changed |
//! | [`refusal`] | the reasons for which requests are refused, and the problem of each |
//! | [`links`] | the addresses of this system's pages and callbacks |
//! | [`sweep`] | payments that are due for a poll |
//! | [`routes`] | one file for each route or trigger |
//!
//! A payment's effects on its order and on stock are decided in the `ordering` crate, which writes them in one transaction with the payment.

pub mod callback;
pub mod events;
pub mod external;
pub mod links;
pub mod method;
pub mod notification;
pub mod payment;
pub mod provider;
pub mod providers;
pub mod receipt;
pub mod refusal;
pub mod routes;
pub mod sandbox;
pub mod store;
pub mod sweep;
pub mod view;
pub mod yookassa;
