//! One file for each route.

pub mod get_notification;
pub mod send_notification;
