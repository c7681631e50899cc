//! What the system tells about itself, and how it tells others what happened.

mod get_health;
mod get_ready;
mod losing_nothing;
mod publish_events;
