//! What can be sold, and what is set aside for whom.
//!
//! | room | what is in it |
//! |---|---|
//! | [`allocation`] | which rows an order takes its goods from; pure |
//! | [`strategy`] | which warehouses it is served from; pure |
//! | [`lanes`] | how a warehouse's units lie on its lanes; pure |
//! | [`warehouse`] | where goods are; pure |
//! | [`reservation`] | goods set aside, and what can become of them; pure |
//! | [`store`] | the table: keys, items, expressions |
//! | [`keeper`] | who changes stock |
//! | [`set`] | setting and adjusting what a warehouse has |
//! | [`arrange`] | changing lanes and thresholds |
//! | [`watch`] | saying that a SKU has become low |
//! | [`routes`], [`triggers`] | one file for each function |
//!
//! Stock is never sold twice because every take is an update under the condition `available >= :quantity`, and all takes
//! of an order are one transaction. `available` never holds what is reserved: a reservation moves units from `available` to
//! `reserved`, a sale removes them from `reserved`, a release moves them back to the very rows they came from.

pub mod allocation;
mod answer;
pub mod arrange;
pub mod keeper;
pub mod lanes;
pub mod reservation;
pub mod routes;
pub mod set;
pub mod store;
pub mod strategy;
pub mod triggers;
pub mod warehouse;
pub mod watch;

pub use allocation::{Line, Plan, Shortage, Take};
pub use reservation::{Origin, Reservation, ReservationStatus};
pub use store::{Stock, StockRefusal};
