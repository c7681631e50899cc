//! Goods set aside for an order.

use kernel::{OrderId, ReservationId, Timestamp, UserId};
use serde::{Deserialize, Serialize};

use crate::allocation::Take;

/// What has become of a reservation. All but `Reserved` are final.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReservationStatus {
    /// The goods are set aside.
    Reserved,
    /// The goods are sold.
    Confirmed,
    /// The goods went back to where they came from.
    Released,
}

/// Who made a reservation, and so who ends it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// An order of this system; its payment or cancellation ends the reservation.
    Order,
    /// A client, for an order kept elsewhere or here.
    Direct,
}

/// Goods set aside for an order, and from where each of them was taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Reservation {
    /// Its id.
    pub id: ReservationId,
    /// The order that it is for.
    pub order_id: OrderId,
    /// The customer whose order it is, where that is known.
    pub owner_id: Option<UserId>,
    /// Who made it.
    pub origin: Origin,
    /// What has become of it.
    pub status: ReservationStatus,
    /// From where the goods came, and where a release puts them back.
    pub takes: Vec<Take>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When the goods go back by themselves; those of an order wait for the order.
    pub expires_at: Option<Timestamp>,
    /// When it reached a final status.
    pub finished_at: Option<Timestamp>,
}
