//! What the system tells about itself, and how it tells others what happened.

mod answer_unrouted;
mod get_api_document;
mod get_health;
mod get_ready;
mod publish_events;
