//! One file for each function without a route.

pub mod publish_events;
