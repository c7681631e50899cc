//! The functions with a route, one module for each.

pub mod get_jwks;
pub mod get_me;
pub mod log_in_by_email;
pub mod log_in_by_phone;
pub mod log_out;
pub mod refresh_session;
pub mod register_by_email;
pub mod register_by_phone;
mod registering;
mod user_answer;
