//! Accounts, passwords, sessions and scopes.

mod get_jwks;
mod get_me;
mod grant_scopes;
mod log_in_by_email;
mod log_in_by_phone;
mod log_out;
mod logging_in;
mod refresh_session;
mod register_by_email;
mod register_by_phone;
mod registering;
