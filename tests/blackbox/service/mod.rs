//! The system's reports about itself, and the events by which it notifies others of changes.

mod answer_unrouted;
mod get_api_document;
mod get_health;
mod get_ready;
mod jobs_that_fail;
mod losing_nothing;
mod publish_events;
mod redrive_dead_letters;
mod show_ops;
mod telling_again;
