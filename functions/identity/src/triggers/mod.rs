//! The functions without a route.

pub mod grant_scopes;
