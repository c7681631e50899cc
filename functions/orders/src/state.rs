//! The states of an order, and the transitions between them. Pure.
//!
//! A state carries the data that exists in it alone. A transition is a method of the state that it starts from; it consumes that state
//! and returns the one that it ends in, so that a transition which isn't drawn can't be written. [`crate::edges`] has the same drawing
//! as data.

use kernel::{ReservationId, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::edges::Status;

/// The longest reason a cancellation keeps, in characters.
pub const MAX_REASON_LENGTH: usize = 500;

/// The cause of a cancellation. Schemas of events have the descriptions in `schemars`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(description = "What brought a cancellation about. What somebody said about it is in no event.")]
pub enum Cause {
    /// Requested by a person.
    #[schemars(description = "Somebody asked for it: the event's actor.")]
    Requested,
    /// The payment was refused.
    Declined,
    /// It was not paid in time.
    Expired,
}

impl Cause {
    /// The cause in words, for an order's history when no reason was given.
    pub fn words(self) -> &'static str {
        match self {
            Self::Requested => "cancelled on request",
            Self::Declined => "payment declined",
            Self::Expired => "not paid in time",
        }
    }
}

/// The cause of a cancellation, with its reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Cancellation {
    /// The cause.
    pub cause: Cause,
    /// The reason that a person or the payment provider gave.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl Cancellation {
    /// The text for the order's history: the reason, or the cause in words.
    pub fn words(&self) -> &str {
        self.reason.as_deref().unwrap_or_else(|| self.cause.words())
    }
}

/// Placed without a reservation: the order waits until its stock is reserved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct New {}

/// Stock was insufficient. It may be reserved later, if the prices are still those of the order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failed {}

/// The customer can pay, until the time is over. The stock is reserved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AwaitingPayment {
    /// The reserved stock.
    pub reservation_id: ReservationId,
    /// The time at which the payment is due.
    pub expires_at: Timestamp,
}

/// The payment succeeded, and the stock is sold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Paid {
    /// The rows that the stock came from.
    pub reservation_id: ReservationId,
    /// The time at which the payment succeeded.
    pub paid_at: Timestamp,
}

/// The merchant has confirmed the order and will ship it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Confirmed {
    /// The data of the state before.
    #[serde(flatten)]
    pub paid: Paid,
    /// The time at which it was confirmed.
    pub confirmed_at: Timestamp,
}

/// The order is shipped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Shipped {
    /// The data of the state before.
    #[serde(flatten)]
    pub confirmed: Confirmed,
    /// The time at which it was shipped.
    pub shipped_at: Timestamp,
}

/// The order is delivered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Delivered {
    /// The data of the state before.
    #[serde(flatten)]
    pub shipped: Shipped,
    /// The time at which it was delivered.
    pub delivered_at: Timestamp,
}

/// There will be no delivery; stock that was reserved or sold went back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Cancelled {
    /// The cause and the reason.
    #[serde(flatten)]
    pub cancellation: Cancellation,
    /// The time of the cancellation.
    pub canceled_at: Timestamp,
}

impl Cancelled {
    fn new(cause: Cause, reason: Option<String>, at: Timestamp) -> Self {
        Self { cancellation: Cancellation { cause, reason }, canceled_at: at }
    }
}

impl New {
    /// The stock is reserved and the time to pay begins.
    pub(crate) fn reserve(self, reservation_id: ReservationId, expires_at: Timestamp) -> AwaitingPayment {
        let Self {} = self;
        AwaitingPayment { reservation_id, expires_at }
    }

    /// Stock is insufficient.
    pub(crate) fn mark_out_of_stock(self) -> Failed {
        let Self {} = self;
        Failed {}
    }

    /// Cancels the order on request.
    pub(crate) fn cancel(self, reason: Option<String>, at: Timestamp) -> Cancelled {
        let Self {} = self;
        Cancelled::new(Cause::Requested, reason, at)
    }

    /// The time in which its stock could be reserved is over.
    pub(crate) fn expire(self, at: Timestamp) -> Cancelled {
        let Self {} = self;
        Cancelled::new(Cause::Expired, None, at)
    }

    /// Changes the delivery address.
    pub(crate) fn edit_address(self) -> Self {
        self
    }
}

impl Failed {
    /// The time in which its stock could be reserved is over.
    pub(crate) fn expire(self, at: Timestamp) -> Cancelled {
        let Self {} = self;
        Cancelled::new(Cause::Expired, None, at)
    }

    /// The stock is available now and reserved, and the time to pay begins.
    pub(crate) fn reserve(self, reservation_id: ReservationId, expires_at: Timestamp) -> AwaitingPayment {
        let Self {} = self;
        AwaitingPayment { reservation_id, expires_at }
    }

    /// Changes the delivery address.
    pub(crate) fn edit_address(self) -> Self {
        self
    }
}

impl AwaitingPayment {
    /// The payment succeeded.
    pub(crate) fn pay(self, at: Timestamp) -> Paid {
        Paid { reservation_id: self.reservation_id, paid_at: at }
    }

    /// Cancels the order on request.
    pub(crate) fn cancel(self, reason: Option<String>, at: Timestamp) -> Cancelled {
        Cancelled::new(Cause::Requested, reason, at)
    }

    /// The time to pay is over.
    pub(crate) fn expire(self, at: Timestamp) -> Cancelled {
        Cancelled::new(Cause::Expired, None, at)
    }

    /// The payment was refused.
    pub(crate) fn decline(self, reason: Option<String>, at: Timestamp) -> Cancelled {
        Cancelled::new(Cause::Declined, reason, at)
    }

    /// Changes the delivery address.
    pub(crate) fn edit_address(self) -> Self {
        self
    }
}

impl Paid {
    /// The merchant confirms the order.
    pub(crate) fn confirm(self, at: Timestamp) -> Confirmed {
        Confirmed { paid: self, confirmed_at: at }
    }

    /// An operator cancels the order; the money is refunded.
    pub(crate) fn cancel_and_refund(self, reason: Option<String>, at: Timestamp) -> Cancelled {
        Cancelled::new(Cause::Requested, reason, at)
    }

    /// Changes the delivery address.
    pub(crate) fn edit_address(self) -> Self {
        self
    }
}

impl Confirmed {
    /// The order is shipped.
    pub(crate) fn ship(self, at: Timestamp) -> Shipped {
        Shipped { confirmed: self, shipped_at: at }
    }

    /// An operator cancels the order; the money is refunded.
    pub(crate) fn cancel_and_refund(self, reason: Option<String>, at: Timestamp) -> Cancelled {
        Cancelled::new(Cause::Requested, reason, at)
    }

    /// Changes the delivery address.
    pub(crate) fn edit_address(self) -> Self {
        self
    }
}

impl Shipped {
    /// The order is delivered.
    pub(crate) fn deliver(self, at: Timestamp) -> Delivered {
        Delivered { shipped: self, delivered_at: at }
    }
}

impl Cancelled {
    /// A late payment reinstates the order, if the stock could be reserved again.
    pub(crate) fn reinstate(self, reservation_id: ReservationId, at: Timestamp) -> Paid {
        Paid { reservation_id, paid_at: at }
    }
}

/// The state of an order, with its data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "snake_case")]
pub enum State {
    /// Placed without a reservation.
    New(New),
    /// The stock is reserved and the customer can pay.
    AwaitingPayment(AwaitingPayment),
    /// Paid for.
    Paid(Paid),
    /// Confirmed by the merchant.
    Confirmed(Confirmed),
    /// Shipped.
    Shipped(Shipped),
    /// Delivered.
    Delivered(Delivered),
    /// Cancelled.
    Cancelled(Cancelled),
    /// Stock was insufficient.
    Failed(Failed),
}

impl State {
    /// The name of the state.
    pub fn status(&self) -> Status {
        match self {
            Self::New(_) => Status::New,
            Self::AwaitingPayment(_) => Status::AwaitingPayment,
            Self::Paid(_) => Status::Paid,
            Self::Confirmed(_) => Status::Confirmed,
            Self::Shipped(_) => Status::Shipped,
            Self::Delivered(_) => Status::Delivered,
            Self::Cancelled(_) => Status::Cancelled,
            Self::Failed(_) => Status::Failed,
        }
    }

    /// The data of an order that was paid and not cancelled, with the times of the steps that followed.
    pub fn steps(&self) -> Steps {
        let paid = |paid: &Paid| Steps { paid_at: Some(paid.paid_at), ..Steps::default() };
        let confirmed =
            |state: &Confirmed| Steps { confirmed_at: Some(state.confirmed_at), ..paid(&state.paid) };
        let shipped =
            |state: &Shipped| Steps { shipped_at: Some(state.shipped_at), ..confirmed(&state.confirmed) };
        match self {
            Self::New(_) | Self::AwaitingPayment(_) | Self::Cancelled(_) | Self::Failed(_) => {
                Steps::default()
            }
            Self::Paid(state) => paid(state),
            Self::Confirmed(state) => confirmed(state),
            Self::Shipped(state) => shipped(state),
            Self::Delivered(state) => {
                Steps { delivered_at: Some(state.delivered_at), ..shipped(&state.shipped) }
            }
        }
    }
}

/// The times of an order's steps towards its customer; none of them for one that was cancelled.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Steps {
    /// The time at which the payment succeeded.
    pub paid_at: Option<Timestamp>,
    /// The time at which it was confirmed.
    pub confirmed_at: Option<Timestamp>,
    /// The time at which it was shipped.
    pub shipped_at: Option<Timestamp>,
    /// The time at which it was delivered.
    pub delivered_at: Option<Timestamp>,
}
