//! What is called by something else than a route.

pub mod watch_stock;
