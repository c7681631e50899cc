//! Reservations and their transitions. Pure.
//!
//! | from \ to | confirm | release | expire |
//! |---|---|---|---|
//! | reserved | confirmed; once its time is over, refused | released | expired, once its time is over |
//! | confirmed | nothing | refused | nothing |
//! | released | refused | nothing | nothing |
//! | expired | refused | nothing | nothing |
//! | returned | refused | nothing | nothing |
//!
//! A transition that has been made before succeeds again without any effect, so that a client that lost a response can retry. The stock of a
//! released and of an expired reservation has returned to the rows it came from, so releasing an expired one does nothing more. Stock that was sold
//! returns only with an order that is cancelled before it is shipped: its confirmed reservation is then returned.

use std::collections::BTreeMap;

use kernel::{OrderId, ReservationId, Sku, Timestamp, UserId};
use serde::{Deserialize, Serialize};

use crate::allocation::Allocation;

/// The status of a reservation. All but `Reserved` are final, except that an order's `Confirmed` one may become `Returned`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReservationStatus {
    /// The stock is reserved.
    Reserved,
    /// The stock is sold.
    Confirmed,
    /// The stock went back to the rows it came from.
    Released,
    /// The reservation expired: the stock went back to the rows it came from.
    Expired,
    /// The stock was sold, and went back to the rows it came from before it was shipped.
    Returned,
}

impl ReservationStatus {
    /// The name in the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::Reserved => "reserved",
            Self::Confirmed => "confirmed",
            Self::Released => "released",
            Self::Expired => "expired",
            Self::Returned => "returned",
        }
    }
}

/// The owner of a reservation: the party that made it and may end it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// An order of this system, in the transaction that placed it. It ends with the order's payment or cancellation and in no other way.
    Order,
    /// A client, by the reservation routes.
    Direct,
}

/// Stock reserved for an order, and the rows from which it was taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Reservation {
    /// The reservation's id.
    pub id: ReservationId,
    /// The order that the reservation is for; the same order may have several.
    pub order_id: OrderId,
    /// The party that made it.
    pub origin: Origin,
    /// The customer who placed the order, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner_id: Option<UserId>,
    /// The status.
    pub status: ReservationStatus,
    /// The rows that the stock came from, to which a release returns it.
    pub takes: Vec<Allocation>,
    /// The time at which the reservation was made.
    pub created_at: Timestamp,
    /// The time at which the reservation expires; without it, it never does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    /// The time at which it was confirmed or its stock went back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<Timestamp>,
}

/// A requested transition of a reservation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Move {
    /// Confirm: the stock is sold.
    Confirm,
    /// Release: the stock is no longer needed.
    Release,
    /// Expire: the reservation's time is over.
    Expire,
}

/// The way in which a reservation ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// See [`ReservationStatus::Confirmed`].
    Confirmed,
    /// See [`ReservationStatus::Released`].
    Released,
    /// See [`ReservationStatus::Expired`].
    Expired,
}

impl Ending {
    /// The status of a reservation that ended so.
    pub fn status(self) -> ReservationStatus {
        match self {
            Self::Confirmed => ReservationStatus::Confirmed,
            Self::Released => ReservationStatus::Released,
            Self::Expired => ReservationStatus::Expired,
        }
    }
}

/// The reason for which a transition can't be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReservationEnded {
    /// The reservation is an order's and ends with it.
    BelongsToOrder,
    /// The confirmation came too late: the stock went back, or will within the minute.
    Expired,
    /// The reservation has ended in another way.
    Finalized,
}

impl Reservation {
    /// The end that `wanted` brings to the reservation at `now`; `None` when there is nothing to do.
    pub fn step(&self, wanted: Move, now: Timestamp) -> Result<Option<Ending>, ReservationEnded> {
        use ReservationStatus::{Confirmed, Expired, Released, Reserved, Returned};
        if self.origin == Origin::Order {
            return Err(ReservationEnded::BelongsToOrder);
        }
        let due = self.expires_at.is_some_and(|at| at <= now);
        match (self.status, wanted) {
            (Reserved, Move::Confirm) if due => Err(ReservationEnded::Expired),
            (Reserved, Move::Confirm) => Ok(Some(Ending::Confirmed)),
            (Reserved, Move::Release) => Ok(Some(Ending::Released)),
            (Reserved, Move::Expire) => Ok(due.then_some(Ending::Expired)),
            (Confirmed, Move::Confirm | Move::Expire)
            | (Released | Expired | Returned, Move::Release | Move::Expire) => Ok(None),
            // Returns the same result before and after the sweep.
            (Expired, Move::Confirm) => Err(ReservationEnded::Expired),
            (Released | Returned, Move::Confirm) | (Confirmed, Move::Release) => {
                Err(ReservationEnded::Finalized)
            }
        }
    }

    /// The reservation after it has ended at `at`.
    #[must_use]
    pub fn ended(self, ending: Ending, at: Timestamp) -> Self {
        Self { status: ending.status(), finished_at: Some(at), ..self }
    }

    /// The quantity of each SKU, regardless of the rows it was taken from.
    pub fn items(&self) -> BTreeMap<&Sku, u64> {
        let mut items = BTreeMap::new();
        for take in &self.takes {
            *items.entry(&take.sku).or_default() += u64::from(take.quantity.get());
        }
        items
    }
}

#[cfg(test)]
mod tests {
    use kernel::Quantity;

    use super::*;
    use crate::allocation::StockLocation;

    const CREATED: i64 = 1_700_000_000_000;

    fn reservation(status: ReservationStatus, expires_at: Option<i64>) -> Reservation {
        Reservation {
            id: ReservationId::derived("a"),
            order_id: OrderId::derived("b"),
            origin: Origin::Direct,
            owner_id: None,
            status,
            takes: Vec::new(),
            created_at: Timestamp::from_millis(CREATED),
            expires_at: expires_at.map(Timestamp::from_millis),
            finished_at: None,
        }
    }

    /// Every status with every transition, before, at and after the end of its time, and without one.
    #[test]
    fn every_move_from_every_status_is_what_the_table_says() {
        use Move::{Confirm, Expire, Release};
        use ReservationStatus::{Confirmed, Expired, Released, Reserved, Returned};
        let nothing = Ok(None);
        let (late, ended) = (Err(ReservationEnded::Expired), Err(ReservationEnded::Finalized));
        let table = [
            // status, transition, while there is time, once its time is over
            (Reserved, Confirm, Ok(Some(Ending::Confirmed)), late),
            (Reserved, Release, Ok(Some(Ending::Released)), Ok(Some(Ending::Released))),
            (Reserved, Expire, nothing, Ok(Some(Ending::Expired))),
            (Confirmed, Confirm, nothing, nothing),
            (Confirmed, Release, ended, ended),
            (Confirmed, Expire, nothing, nothing),
            (Released, Confirm, ended, ended),
            (Released, Release, nothing, nothing),
            (Released, Expire, nothing, nothing),
            (Expired, Confirm, late, late),
            (Expired, Release, nothing, nothing),
            (Expired, Expire, nothing, nothing),
            (Returned, Confirm, ended, ended),
            (Returned, Release, nothing, nothing),
            (Returned, Expire, nothing, nothing),
        ];
        for (status, wanted, in_time, over) in table {
            let end = CREATED + 1_000;
            for (expires_at, now, expected) in [
                (None, i64::MAX, in_time),
                (Some(end), end - 1, in_time),
                (Some(end), end, over),
                (Some(end), end + 1, over),
            ] {
                let reservation = reservation(status, expires_at);
                let made = reservation.step(wanted, Timestamp::from_millis(now));
                assert_eq!(made, expected, "{status:?} {wanted:?} {expires_at:?} {now}");
                let of_order = Reservation { origin: Origin::Order, ..reservation };
                let made = of_order.step(wanted, Timestamp::from_millis(now));
                assert_eq!(made, Err(ReservationEnded::BelongsToOrder), "{status:?} {wanted:?}");
            }
        }
    }

    /// Any transitions in any order: a reservation ends once, and stays as it ended.
    #[test]
    fn a_final_state_is_final() {
        use ReservationStatus::{Confirmed, Expired, Released, Returned};
        for status in [Confirmed, Released, Expired, Returned] {
            for wanted in [Move::Confirm, Move::Release, Move::Expire] {
                for expires_at in [None, Some(CREATED)] {
                    let made = reservation(status, expires_at).step(wanted, Timestamp::from_millis(CREATED));
                    assert!(!matches!(made, Ok(Some(_))), "{status:?} {wanted:?}: {made:?}");
                }
            }
        }
    }

    #[test]
    fn items_are_added_up_over_the_rows_they_came_from() {
        let take = |sku: &str, lane, count| Allocation {
            sku: sku.parse().unwrap(),
            place: StockLocation { warehouse: "msk-1".parse().unwrap(), lane },
            quantity: Quantity::new(count).unwrap(),
        };
        let mut reserved = reservation(ReservationStatus::Reserved, None);
        reserved.takes = vec![take("B", 0, 2), take("A", 1, 60_000), take("A", 0, 60_000)];
        let items: Vec<(&str, u64)> =
            reserved.items().into_iter().map(|(sku, count)| (sku.as_str(), count)).collect();
        assert_eq!(items, [("A", 120_000), ("B", 2)]);
    }
}
