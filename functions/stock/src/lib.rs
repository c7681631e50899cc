//! What can be sold, and what is set aside for whom.
//!
//! | room | what is in it |
//! |---|---|
//! | [`allocation`] | which rows an order takes its goods from; pure |
//! | [`reservation`] | goods set aside, and what can become of them; pure |
//! | [`store`] | the table: keys, items, expressions |
//! | [`set`] | setting and adjusting what a warehouse has |
//! | [`routes`] | one file for each route |
//!
//! Stock is never sold twice because every take is an update under the condition `available >= :quantity`, and all takes
//! of an order are one transaction. `available` never holds what is reserved: a reservation moves units from `available` to
//! `reserved`, a sale removes them from `reserved`, a release moves them back to the very rows they came from.

pub mod allocation;
pub mod reservation;
pub mod routes;
pub mod set;
pub mod store;

pub use allocation::{Line, Plan, Shortage, Take};
pub use reservation::{Origin, Reservation, ReservationStatus};
pub use store::{Stock, StockRefusal};
