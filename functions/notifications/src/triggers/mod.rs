//! One file for each function without a route.

pub mod notify_customer;
