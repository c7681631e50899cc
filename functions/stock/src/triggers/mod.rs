//! One file for each function that is not a route.

pub mod check_stock_drift;
pub mod expire_reservation;
pub mod repair_stock_drift;
pub mod sweep_expired_reservations;
pub mod watch_stock;
