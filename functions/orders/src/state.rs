//! The states of an order, and the edges between them. Pure.
//!
//! A state carries what is only true in it. An edge is a method of the state that it starts from; it consumes that state and gives the
//! one that it ends in, so that an edge which isn't drawn can't be written. [`crate::edges`] has the same drawing as data.

use kernel::{ReservationId, Timestamp};
use serde::{Deserialize, Serialize};

use crate::edges::Status;

/// The longest reason a cancellation keeps, in characters.
pub const MAX_REASON_LENGTH: usize = 500;

/// What brought a cancellation about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// Someone asked for it.
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

/// Why an order was cancelled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Cancellation {
    /// What brought it about.
    pub cause: Cause,
    /// What a person or the payment provider said about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl Cancellation {
    /// What the order's history says: the reason, or the cause in words.
    pub fn words(&self) -> &str {
        self.reason.as_deref().unwrap_or_else(|| self.cause.words())
    }
}

/// Placed, and nothing is set aside: it waits for someone to reserve its goods.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct New {}

/// Its goods could not be had. They may be reserved later, if they cost what the order says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failed {}

/// The customer can pay, until the time is over. The goods are set aside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AwaitingPayment {
    /// The goods.
    pub reservation_id: ReservationId,
    /// When the time to pay is over.
    pub expires_at: Timestamp,
}

/// The money and the goods have changed hands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Paid {
    /// From where the goods came.
    pub reservation_id: ReservationId,
    /// When the payment succeeded.
    pub paid_at: Timestamp,
}

/// The shop has looked at it and will send it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Confirmed {
    /// What was true before.
    #[serde(flatten)]
    pub paid: Paid,
    /// When it was confirmed.
    pub confirmed_at: Timestamp,
}

/// It has left the house.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Shipped {
    /// What was true before.
    #[serde(flatten)]
    pub confirmed: Confirmed,
    /// When it left.
    pub shipped_at: Timestamp,
}

/// The customer has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Delivered {
    /// What was true before.
    #[serde(flatten)]
    pub shipped: Shipped,
    /// When it arrived.
    pub delivered_at: Timestamp,
}

/// There will be no delivery; what was set aside or sold went back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Cancelled {
    /// Why.
    #[serde(flatten)]
    pub cancellation: Cancellation,
    /// When.
    pub canceled_at: Timestamp,
}

impl Cancelled {
    fn new(cause: Cause, reason: Option<String>, at: Timestamp) -> Self {
        Self { cancellation: Cancellation { cause, reason }, canceled_at: at }
    }
}

impl New {
    /// The goods are set aside and the time to pay begins.
    pub(crate) fn reserve(self, reservation_id: ReservationId, expires_at: Timestamp) -> AwaitingPayment {
        let Self {} = self;
        AwaitingPayment { reservation_id, expires_at }
    }

    /// The goods can't be had.
    pub(crate) fn mark_out_of_stock(self) -> Failed {
        let Self {} = self;
        Failed {}
    }

    /// Someone asks for an end.
    pub(crate) fn cancel(self, reason: Option<String>, at: Timestamp) -> Cancelled {
        let Self {} = self;
        Cancelled::new(Cause::Requested, reason, at)
    }

    /// The time in which its goods could be reserved is over.
    pub(crate) fn expire(self, at: Timestamp) -> Cancelled {
        let Self {} = self;
        Cancelled::new(Cause::Expired, None, at)
    }

    /// It goes elsewhere.
    pub(crate) fn edit_address(self) -> Self {
        self
    }
}

impl Failed {
    /// The time in which its goods could be reserved is over.
    pub(crate) fn expire(self, at: Timestamp) -> Cancelled {
        let Self {} = self;
        Cancelled::new(Cause::Expired, None, at)
    }

    /// The goods can be had now, are set aside, and the time to pay begins.
    pub(crate) fn reserve(self, reservation_id: ReservationId, expires_at: Timestamp) -> AwaitingPayment {
        let Self {} = self;
        AwaitingPayment { reservation_id, expires_at }
    }

    /// It goes elsewhere.
    pub(crate) fn edit_address(self) -> Self {
        self
    }
}

impl AwaitingPayment {
    /// The payment succeeded.
    pub(crate) fn pay(self, at: Timestamp) -> Paid {
        Paid { reservation_id: self.reservation_id, paid_at: at }
    }

    /// Someone asks for an end.
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

    /// It goes elsewhere.
    pub(crate) fn edit_address(self) -> Self {
        self
    }
}

impl Paid {
    /// The shop will send it.
    pub(crate) fn confirm(self, at: Timestamp) -> Confirmed {
        Confirmed { paid: self, confirmed_at: at }
    }

    /// An operator calls it off; the money goes back.
    pub(crate) fn cancel_and_refund(self, reason: Option<String>, at: Timestamp) -> Cancelled {
        Cancelled::new(Cause::Requested, reason, at)
    }

    /// It goes elsewhere.
    pub(crate) fn edit_address(self) -> Self {
        self
    }
}

impl Confirmed {
    /// It leaves the house.
    pub(crate) fn ship(self, at: Timestamp) -> Shipped {
        Shipped { confirmed: self, shipped_at: at }
    }

    /// An operator calls it off; the money goes back.
    pub(crate) fn cancel_and_refund(self, reason: Option<String>, at: Timestamp) -> Cancelled {
        Cancelled::new(Cause::Requested, reason, at)
    }

    /// It goes elsewhere.
    pub(crate) fn edit_address(self) -> Self {
        self
    }
}

impl Shipped {
    /// The customer has it.
    pub(crate) fn deliver(self, at: Timestamp) -> Delivered {
        Delivered { shipped: self, delivered_at: at }
    }
}

impl Cancelled {
    /// Money that came late buys the goods after all, when they could be set aside again.
    pub(crate) fn reinstate(self, reservation_id: ReservationId, at: Timestamp) -> Paid {
        Paid { reservation_id, paid_at: at }
    }
}

/// Where an order is in its life.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "snake_case")]
pub enum State {
    /// Placed without setting goods aside.
    New(New),
    /// The goods are set aside and the customer can pay.
    AwaitingPayment(AwaitingPayment),
    /// Paid for.
    Paid(Paid),
    /// The shop will send it.
    Confirmed(Confirmed),
    /// It has left the house.
    Shipped(Shipped),
    /// The customer has it.
    Delivered(Delivered),
    /// Cancelled.
    Cancelled(Cancelled),
    /// Its goods could not be had.
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

    /// What is true of an order that was paid and not cancelled, with the times of the steps that followed.
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

/// When an order took its steps towards its customer; none of them for one that was cancelled.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Steps {
    /// When the payment succeeded.
    pub paid_at: Option<Timestamp>,
    /// When it was confirmed.
    pub confirmed_at: Option<Timestamp>,
    /// When it left.
    pub shipped_at: Option<Timestamp>,
    /// When it arrived.
    pub delivered_at: Option<Timestamp>,
}
