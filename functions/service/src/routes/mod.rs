//! One file for each route.

pub mod answer_unrouted;
pub mod get_api_document;
pub mod get_health;
pub mod get_ready;
pub mod redrive_dead_letters;
pub mod show_ops;

use platform::function::Function;

/// The functions here.
pub const FUNCTIONS: &[Function] = &[
    Function::http("answer-unrouted", |init| Box::pin(answer_unrouted::init(init))),
    Function::http("get-api-document", |init| Box::pin(get_api_document::init(init))),
    Function::http("get-health", |init| Box::pin(get_health::init(init))),
    Function::http("get-ready", |init| Box::pin(get_ready::init(init))),
    Function::http("redrive-dead-letters", |init| Box::pin(redrive_dead_letters::init(init))),
    Function::http("show-ops", |init| Box::pin(show_ops::init(init))),
];
