//! Identity: accounts, passwords, sessions, scopes.
//!
//! | room | what is in it |
//! |---|---|
//! | [`contact`] | names, email addresses, phone numbers and languages, normalised and checked |
//! | [`password`] | which passwords are taken, how they are hashed and compared |
//! | [`session`] | refresh tokens: which are good, which give a theft away |
//! | [`access`] | access tokens and the key that signs them |
//! | [`throttle`] | how often a password may be tried |
//! | `store` | the table: keys, items, expressions |
//! | `register`, `log_in`, `refresh`, `grant` | the use cases |
//! | [`routes`], [`triggers`] | one module for each function |
//! | [`contacts`] | how a person is reached, for the context that sends messages |

pub mod access;
pub mod contact;
pub mod contacts;
mod grant;
mod log_in;
pub mod password;
mod refresh;
mod register;
pub mod routes;
pub mod session;
mod store;
pub mod throttle;
pub mod triggers;

pub use contact::{Email, Locale, PersonName, Phone};
pub use contacts::{Contact, Contacts};
