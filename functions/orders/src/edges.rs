//! The states and the transitions between them by name, and the drawing of them all as data.
//!
//! The diagram in `docs/orders.md` is made from [`EDGES`], and a test holds every pair of state and command against it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The name of a state. Schemas of events have the descriptions in `schemars`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// See [`crate::State::New`].
    #[schemars(description = "Placed, and nothing is set aside.")]
    New,
    /// See [`crate::State::AwaitingPayment`].
    #[schemars(description = "The goods are set aside.")]
    AwaitingPayment,
    /// See [`crate::State::Paid`].
    #[schemars(description = "Paid for.")]
    Paid,
    /// See [`crate::State::Confirmed`].
    #[schemars(description = "The shop will send it.")]
    Confirmed,
    /// See [`crate::State::Shipped`].
    #[schemars(description = "It has left the house.")]
    Shipped,
    /// See [`crate::State::Delivered`].
    #[schemars(description = "The customer has it.")]
    Delivered,
    /// See [`crate::State::Cancelled`].
    #[schemars(description = "Called off.")]
    Cancelled,
    /// See [`crate::State::Failed`].
    #[schemars(description = "Its goods could not be had.")]
    Failed,
}

impl Status {
    /// Every status there is.
    pub const ALL: [Self; 8] = [
        Self::New,
        Self::AwaitingPayment,
        Self::Paid,
        Self::Confirmed,
        Self::Shipped,
        Self::Delivered,
        Self::Cancelled,
        Self::Failed,
    ];

    /// The name that clients see.
    pub fn name(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::AwaitingPayment => "awaiting_payment",
            Self::Paid => "paid",
            Self::Confirmed => "confirmed",
            Self::Shipped => "shipped",
            Self::Delivered => "delivered",
            Self::Cancelled => "cancelled",
            Self::Failed => "failed",
        }
    }
}

/// The name of a transition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Command {
    /// Reserve the stock and let the time to pay begin.
    Reserve,
    /// Stock is insufficient.
    RunShort,
    /// Change the delivery address.
    EditAddress,
    /// The payment succeeded.
    Pay,
    /// Cancel before payment.
    Cancel,
    /// The time to pay, or to reserve, is over.
    Expire,
    /// The payment was refused.
    Decline,
    /// The merchant confirms the order.
    Confirm,
    /// The order is shipped.
    Ship,
    /// The order is delivered.
    Deliver,
    /// Cancel before shipping and refund the payment.
    CancelPaid,
    /// A late payment reinstates the order.
    Revive,
}

impl Command {
    /// Every command there is.
    pub const ALL: [Self; 12] = [
        Self::Reserve,
        Self::RunShort,
        Self::EditAddress,
        Self::Pay,
        Self::Cancel,
        Self::Expire,
        Self::Decline,
        Self::Confirm,
        Self::Ship,
        Self::Deliver,
        Self::CancelPaid,
        Self::Revive,
    ];

    /// The name in the diagram and in logs.
    pub fn name(self) -> &'static str {
        match self {
            Self::Reserve => "reserve",
            Self::RunShort => "run_short",
            Self::EditAddress => "edit_address",
            Self::Pay => "pay",
            Self::Cancel => "cancel",
            Self::Expire => "expire",
            Self::Decline => "decline",
            Self::Confirm => "confirm",
            Self::Ship => "ship",
            Self::Deliver => "deliver",
            Self::CancelPaid => "cancel_paid",
            Self::Revive => "revive",
        }
    }
}

/// A transition that exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Edge {
    /// The status before.
    pub from: Status,
    /// The command.
    pub command: Command,
    /// The status after.
    pub to: Status,
}

const fn edge(from: Status, command: Command, to: Status) -> Edge {
    Edge { from, command, to }
}

/// Every transition that exists.
pub const EDGES: [Edge; 21] = [
    edge(Status::New, Command::Reserve, Status::AwaitingPayment),
    edge(Status::New, Command::RunShort, Status::Failed),
    edge(Status::New, Command::EditAddress, Status::New),
    edge(Status::New, Command::Cancel, Status::Cancelled),
    edge(Status::New, Command::Expire, Status::Cancelled),
    edge(Status::Failed, Command::Reserve, Status::AwaitingPayment),
    edge(Status::Failed, Command::Expire, Status::Cancelled),
    edge(Status::Failed, Command::EditAddress, Status::Failed),
    edge(Status::AwaitingPayment, Command::EditAddress, Status::AwaitingPayment),
    edge(Status::AwaitingPayment, Command::Pay, Status::Paid),
    edge(Status::AwaitingPayment, Command::Cancel, Status::Cancelled),
    edge(Status::AwaitingPayment, Command::Expire, Status::Cancelled),
    edge(Status::AwaitingPayment, Command::Decline, Status::Cancelled),
    edge(Status::Paid, Command::Confirm, Status::Confirmed),
    edge(Status::Paid, Command::CancelPaid, Status::Cancelled),
    edge(Status::Paid, Command::EditAddress, Status::Paid),
    edge(Status::Confirmed, Command::Ship, Status::Shipped),
    edge(Status::Confirmed, Command::CancelPaid, Status::Cancelled),
    edge(Status::Confirmed, Command::EditAddress, Status::Confirmed),
    edge(Status::Shipped, Command::Deliver, Status::Delivered),
    edge(Status::Cancelled, Command::Revive, Status::Paid),
];

#[cfg(test)]
#[path = "edges_tests.rs"]
mod tests;
