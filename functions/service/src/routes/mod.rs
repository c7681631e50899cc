//! One file for each route.

pub mod answer_unrouted;
pub mod get_api_document;
pub mod get_health;
pub mod get_ready;
pub mod redrive_dead_letters;
pub mod show_ops;
