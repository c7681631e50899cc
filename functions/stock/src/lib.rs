//! Available stock and reservations.
//!
//! | module | contents |
//! |---|---|
//! | [`allocation`] | the rows from which an order's stock is taken; pure |
//! | [`strategy`] | the choice of the warehouses that serve an order; pure |
//! | [`lanes`] | the distribution of a warehouse's units over its lanes; pure |
//! | [`warehouse`] | names of warehouses; pure |
//! | [`reservation`] | reservations and their transitions; pure |
//! | [`drift`] | comparing stock rows with the live reservations; pure |
//! | [`contradiction`] | rows that contradict a reservation |
//! | [`events`] | the events of stock and reservations |
//! | [`store`] | the table: keys, items, expressions |
//! | [`stock_writer`] | the tables that a change of stock reads and writes |
//! | [`set`] | setting and adjusting the stock of a warehouse |
//! | [`arrange`] | changing lanes and thresholds |
//! | [`watch`] | publishing that a SKU has become low |
//! | [`opening`] | the units with which a warehouse begins |
//! | [`reserve`], [`finish`] | making and ending reservations that belong to no order of this system |
//! | [`view`] | the API's representation of a reservation, and who may read it |
//! | [`refusal`] | the reasons for which requests are refused, and the problem of each |
//! | [`sweep`] | finding expired reservations |
//! | [`recount`] | sampling rows until it is clear whether they are right |
//! | [`check`], [`repair`] | finding rows that are wrong, and correcting one |
//! | [`routes`], [`triggers`] | one file for each function |
//!
//! Stock is never sold twice because every allocation is an update under the condition `available >= :quantity`, and all
//! allocations of an order are one transaction. `available` never includes reserved units: a reservation moves units from
//! `available` to `reserved`, a sale removes them from `reserved`, a release moves them back to the very rows they came
//! from.

pub mod allocation;
mod answer;
pub mod arrange;
pub mod check;
pub mod contradiction;
pub mod drift;
pub mod events;
pub mod finish;
pub mod lanes;
pub mod opening;
mod recount;
pub mod refusal;
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
