//! Identity: accounts, passwords, sessions, scopes.
//!
//! | module | contents |
//! |---|---|
//! | [`contact`] | logins and languages |
//! | [`time_zone`] | the names of time zones; pure |
//! | [`preferences`] | the messages that a person wants to receive, and the channels |
//! | [`password`], [`password_rules`] | which passwords are taken, how they are hashed and compared |
//! | [`session`] | refresh tokens: which are good, which give a theft away |
//! | [`access`] | access tokens and the key that signs them |
//! | [`reauthentication`] | whether the caller is the owner at this moment |
//! | [`throttle`] | how often a password may be tried |
//! | [`code`] | one-time codes and reset tokens |
//! | [`logins`], `claims` | which logins open an account, and who has to give one up |
//! | `second_factor` | codes of an authenticator app and recovery codes: how they are kept, asked for and managed |
//! | [`client`] | machine clients and their secrets |
//! | `oauth` | the token endpoint's requests and errors, as RFC 6749 spells them |
//! | [`delivery`], [`account_notices`] | handing codes, and notices about accounts, to the context that sends messages |
//! | [`events`] | the events of accounts and machine clients |
//! | `address_book` | the addresses that a person saved, one of which is the default |
//! | `store` | the table: keys, items, expressions |
//! | `register`, `log_in`, `refresh`, `verify`, `sending`, `reset`, `change_password`, `sessions`, `own_logins`, `account`, `address_book`, `token`, `grant`, `create_client`, `clients` | the use cases |
//! | [`routes`], [`triggers`] | one module for each function |
//! | `refusal` | the reasons for which requests are refused, with their codes and texts; pure |
//! | [`contacts`] | how a person is reached, for the context that sends messages |
//! | [`numbering`] | which phone numbers receive SMS; pure |

pub mod access;
mod account;
pub mod account_notices;
mod address_book;
mod audit;
mod change_password;
mod claims;
pub mod client;
mod client_authentication;
mod clients;
pub mod code;
pub mod contact;
pub mod contacts;
mod create_client;
pub mod delivery;
pub mod events;
mod grant;
mod log_in;
pub mod logins;
pub mod numbering;
mod oauth;
mod own_logins;
pub mod password;
pub mod password_rules;
pub mod preferences;
pub mod reauthentication;
mod refresh;
mod refusal;
mod register;
mod reset;
pub mod routes;
pub mod second_factor;
mod sending;
pub mod session;
mod sessions;
mod store;
pub mod throttle;
pub mod time_zone;
mod token;
pub mod triggers;
mod verify;

pub use client_authentication::ClientAuthentication;
pub use contact::{Email, Locale, PersonName, Phone};
pub use contacts::{Contact, Contacts};
pub use preferences::Preferences;
pub use time_zone::TimeZoneName;
