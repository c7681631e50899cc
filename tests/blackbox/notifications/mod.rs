//! The messages that customers receive.

mod deliver_code;
mod get_notification;
mod note_delivery;
mod send_notification;
mod sending;
