//! One file for each function without a route.

pub mod deliver_code;
pub mod note_delivery;
