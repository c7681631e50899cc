//! The webhooks table.
//!
//! | item | key | attributes |
//! |---|---|---|
//! | an endpoint | `ENDPOINTS` / `ENDPOINT#<id>` | see [`Endpoint`](crate::endpoint::Endpoint) |
//! | how many there are | `ENDPOINTS` / `COUNT` | `number` |
//! | what became of somebody's right to register | `RIGHT#<account or client>` / `RIGHT` | `sequence`, `held`, `expiresAt`; see [`crate::rights`] |
//! | a delivery | `DELIVERY#<id>` / `DELIVERY` | see [`Delivery`](crate::delivery::Delivery); `endpointKey` and `createdKey` place it in the index `ByEndpoint`, and while it is pending `dueShard` and `nextAttemptAt` in the index `Due` |
//!
//! Endpoints are few and stand in one partition, so that the fan-out of an event reads all of them, consistently, in one query.

mod deliveries;
mod endpoints;
mod rights;

pub(crate) use deliveries::{DUE_SHARDS, Settling};
pub use endpoints::MAX_ENDPOINTS;

use platform::dynamo::Table;
use platform::{Init, InitError};

/// The reasons for which a write was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// There are as many endpoints as there may be.
    TooMany,
    /// Someone else changed the endpoint.
    EndpointChanged,
    /// The delivery is there already, or someone else has changed it.
    DeliveryChanged,
    /// The idempotency key was taken meanwhile.
    KeyTaken,
    /// The caller may no longer make the change.
    RightLost,
}

/// The webhooks table.
#[derive(Clone)]
pub struct Webhooks {
    table: Table,
}

impl Webhooks {
    /// The table named by `WEBHOOKS_TABLE`.
    pub async fn connect(init: &Init) -> Result<Self, InitError> {
        Ok(Self { table: init.table("WEBHOOKS_TABLE").await? })
    }
}
