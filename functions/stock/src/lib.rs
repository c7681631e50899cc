//! What can be sold, and what is set aside for whom.
//!
//! | room | what is in it |
//! |---|---|
//! | [`allocation`] | which rows an order takes its goods from; pure |
//! | [`strategy`] | which warehouses it is served from; pure |
//! | [`lanes`] | how a warehouse's units lie on its lanes; pure |
//! | [`warehouse`] | where goods are; pure |
//! | [`reservation`] | goods set aside, and what can become of them; pure |
//! | [`drift`] | whether rows say what reservations say; pure |
//! | [`contradiction`] | rows that refuse what a reservation took from them |
//! | [`store`] | the table: keys, items, expressions |
//! | [`writer`] | who changes stock |
//! | [`set`] | setting and adjusting what a warehouse has |
//! | [`arrange`] | changing lanes and thresholds |
//! | [`watch`] | saying that a SKU has become low |
//! | [`opening`] | what a warehouse begins with |
//! | [`reserve`], [`finish`] | making and ending reservations that are no order's own |
//! | [`view`] | a reservation as clients see it, and who may |
//! | [`sweep`] | finding reservations whose time is over |
//! | [`recount`] | looking at rows until it is clear whether they are right |
//! | [`check`], [`repair`] | finding rows that are wrong, and setting one right |
//! | [`routes`], [`triggers`] | one file for each function |
//!
//! Stock is never sold twice because every take is an update under the condition `available >= :quantity`, and all takes
//! of an order are one transaction. `available` never holds what is reserved: a reservation moves units from `available` to
//! `reserved`, a sale removes them from `reserved`, a release moves them back to the very rows they came from.

pub mod allocation;
mod answer;
pub mod arrange;
pub mod check;
pub mod contradiction;
pub mod drift;
pub mod finish;
pub mod lanes;
pub mod opening;
mod recount;
pub mod repair;
pub mod reservation;
pub mod reserve;
pub mod routes;
pub mod set;
pub mod stock_writer;
pub mod store;
pub mod strategy;
pub mod sweep;
pub mod triggers;
pub mod view;
pub mod warehouse;
pub mod watch;

pub use allocation::{Allocation, Line, Plan, Shortage};
pub use contradiction::{Contradiction, sole_contradiction};
pub use opening::Opening;
pub use reservation::{Origin, Reservation, ReservationStatus};
pub use stock_writer::StockWriter;
pub use store::{KnownStock, Stock, StockRefusal};
