//! One file for each route.

pub mod answer_unrouted;
pub mod get_api_document;
pub mod get_health;
pub mod get_ready;
