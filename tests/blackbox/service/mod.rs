//! What the system tells about itself, and how it tells others what happened.

mod get_health;
mod get_ready;
mod losing_nothing;
mod publish_events;
mod redrive_dead_letters;
mod show_ops;
