//! What can be sold, and what is set aside for whom.
//!
//! | room | what is in it |
//! |---|---|
//! | [`allocation`] | which rows an order takes its goods from; pure |
//! | [`reservation`] | goods set aside, and what can become of them; pure |
//! | [`drift`] | whether rows say what reservations say; pure |
//! | [`store`] | the table: keys, items, expressions |
//! | [`set`] | setting and adjusting what a warehouse has |
//! | [`reserve`], [`finish`] | making and ending reservations that are no order's own |
//! | [`view`] | a reservation as clients see it, and who may |
//! | [`sweep`] | finding reservations whose time is over |
//! | [`check`], [`recount`], [`repair`] | recounting what is set aside, and setting a row right |
//! | [`routes`] | one file for each route |
//! | [`triggers`] | one file for each function without a route |
//!
//! Stock is never sold twice because every take is an update under the condition `available >= :quantity`, and all takes
//! of an order are one transaction. `available` never holds what is reserved: a reservation moves units from `available` to
//! `reserved`, a sale removes them from `reserved`, a release moves them back to the very rows they came from.

pub mod allocation;
pub mod check;
pub mod drift;
pub mod finish;
mod recount;
pub mod repair;
pub mod reservation;
pub mod reserve;
pub mod routes;
pub mod set;
pub mod store;
pub mod sweep;
pub mod triggers;
pub mod view;

pub use allocation::{Line, Plan, Shortage, Take};
pub use reservation::{Origin, Reservation, ReservationStatus};
pub use reserve::{Outcome, Reservations, Wish};
pub use store::{Stock, StockRefusal};
