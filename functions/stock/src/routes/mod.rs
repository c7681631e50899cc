//! One file for each route.

pub mod confirm_reservation;
pub mod create_reservation;
pub mod get_reservation;
pub mod put_stock;
pub mod release_reservation;
