//! One file for each function that is not a route.

pub mod check_stock_drift;
pub mod expire_reservation;
pub mod repair_stock_drift;
pub mod sweep_expired_reservations;
pub mod watch_stock;

use platform::function::Function;

/// The functions here.
pub const FUNCTIONS: &[Function] = &[
    Function::job("check-stock-drift", |init| Box::pin(check_stock_drift::init(init))),
    Function::queue("expire-reservation", |init| Box::pin(expire_reservation::init(init))),
    Function::job("repair-stock-drift", |init| Box::pin(repair_stock_drift::init(init))),
    Function::job("sweep-expired-reservations", |init| Box::pin(sweep_expired_reservations::init(init))),
    Function::stream("watch-stock", |init| Box::pin(watch_stock::init(init))),
];
