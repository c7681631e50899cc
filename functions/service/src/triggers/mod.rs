//! One file for each function without a route.

pub mod publish_events;

use platform::function::Function;

/// The functions here.
pub const FUNCTIONS: &[Function] =
    &[Function::stream("publish-events", |init| Box::pin(publish_events::init(init)))];
