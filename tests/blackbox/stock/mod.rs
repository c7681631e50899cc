//! What can be sold, and what is set aside for whom.

mod check_stock_drift;
mod confirm_reservation;
mod create_reservation;
mod expire_reservation;
mod get_reservation;
mod put_stock;
mod release_reservation;
mod repair_stock_drift;
mod reserving;
mod sweep_expired_reservations;
