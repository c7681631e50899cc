//! One file for each route.

pub mod get_health;
pub mod get_ready;
