//! The functions without a route.

pub mod create_client;
pub mod grant_scopes;
pub mod manage_clients;
