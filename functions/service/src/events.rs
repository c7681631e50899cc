//! The events of operators' requests, and the data of each.
//!
//! The comments on types and members are published as the descriptions in their schemas (`docs/events`).

use kernel::event::Units;
use kernel::events;
use schemars::JsonSchema;
use serde::Serialize;

events! {
    RedriveStarted: "service.redrive_started", "an operator has what was given up sent again";
}

/// What consumers gave up is about to be sent to them again. The aggregate is `redrive/<id>`, which has no other event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RedriveStarted {
    /// From where.
    pub queues: Vec<Waiting>,
}

/// A queue of dead letters that something waits in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Waiting {
    /// What the template calls it.
    pub name: String,
    /// How many messages it had, as nearly as SQS knows.
    pub waiting: Units,
}
