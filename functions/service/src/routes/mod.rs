//! One file for each route.

pub mod get_health;
pub mod get_ready;
pub mod redrive_dead_letters;
pub mod show_ops;
