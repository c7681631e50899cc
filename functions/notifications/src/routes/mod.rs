//! One file for each route.

pub mod get_notification;
pub mod send_notification;

use platform::function::Function;

/// The functions here.
pub const FUNCTIONS: &[Function] = &[
    Function::http("get-notification", |init| Box::pin(get_notification::init(init))),
    Function::http("send-notification", |init| Box::pin(send_notification::init(init))),
];
