//! Goods set aside, and what can become of them. Pure.
//!
//! | from \ to | confirm | release | expire |
//! |---|---|---|---|
//! | reserved | confirmed; once its time is over, refused | released | expired, once its time is over |
//! | confirmed | nothing | refused | nothing |
//! | released | refused | nothing | nothing |
//! | expired | refused | nothing | nothing |
//! | returned | refused | nothing | nothing |
//!
//! A move that has been made before is made again without doing anything, so that whoever lost an answer may ask again. The goods of a released and
//! of an expired reservation are back where they came from, so releasing an expired one asks for nothing more. Goods that were sold come back only
//! with an order that is cancelled before it is sent: its confirmed reservation is then returned.

use std::collections::BTreeMap;

use kernel::{OrderId, ReservationId, Sku, Timestamp, UserId};
use serde::{Deserialize, Serialize};

use crate::allocation::Allocation;

/// What has become of a reservation. All but `Reserved` are final, except that an order's `Confirmed` one may become `Returned`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReservationStatus {
    /// The goods are set aside.
    Reserved,
    /// The goods are sold.
    Confirmed,
    /// The goods went back to where they came from.
    Released,
    /// Nobody wanted them in time: the goods went back to where they came from.
    Expired,
    /// They were sold, and went back to where they came from before they were sent.
    Returned,
}

impl ReservationStatus {
    /// The name that clients see.
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

/// Who made a reservation, and so who may end it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// An order of this system, in the transaction that placed it. It ends with the order's payment or cancellation and in no other way.
    Order,
    /// A client, by the reservation routes.
    Direct,
}

/// Goods set aside for an order, and from where each of them was taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Reservation {
    /// Its id.
    pub id: ReservationId,
    /// The order that it is for; the same order may have several.
    pub order_id: OrderId,
    /// Who made it.
    pub origin: Origin,
    /// The customer whose order it is, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner_id: Option<UserId>,
    /// What has become of it.
    pub status: ReservationStatus,
    /// From where the goods came, and where a release puts them back.
    pub takes: Vec<Allocation>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When its goods go back by themselves; never without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    /// When it was confirmed or its goods went back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<Timestamp>,
}

/// What someone wants to become of a reservation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Move {
    /// The goods are sold.
    Confirm,
    /// The goods are not wanted any more.
    Release,
    /// The time is over.
    Expire,
}

/// How a reservation ends.
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

/// Why a move can't be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// The reservation is an order's and ends with it.
    BelongsToOrder,
    /// It came too late: the goods went back, or will within the minute.
    Expired,
    /// The reservation has ended the other way.
    Finalized,
}

impl Reservation {
    /// What `wanted` makes of the reservation at `now`; `None` when there is nothing to do.
    pub fn step(&self, wanted: Move, now: Timestamp) -> Result<Option<Ending>, Refused> {
        use ReservationStatus::{Confirmed, Expired, Released, Reserved, Returned};
        if self.origin == Origin::Order {
            return Err(Refused::BelongsToOrder);
        }
        let due = self.expires_at.is_some_and(|at| at <= now);
        match (self.status, wanted) {
            (Reserved, Move::Confirm) if due => Err(Refused::Expired),
            (Reserved, Move::Confirm) => Ok(Some(Ending::Confirmed)),
            (Reserved, Move::Release) => Ok(Some(Ending::Released)),
            (Reserved, Move::Expire) => Ok(due.then_some(Ending::Expired)),
            (Confirmed, Move::Confirm | Move::Expire)
            | (Released | Expired | Returned, Move::Release | Move::Expire) => Ok(None),
            // The same answer before and after the sweep came by.
            (Expired, Move::Confirm) => Err(Refused::Expired),
            (Released | Returned, Move::Confirm) | (Confirmed, Move::Release) => Err(Refused::Finalized),
        }
    }

    /// The reservation after it has ended at `at`.
    #[must_use]
    pub fn ended(self, ending: Ending, at: Timestamp) -> Self {
        Self { status: ending.status(), finished_at: Some(at), ..self }
    }

    /// How many of each SKU, wherever they were taken from.
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

    /// Every status with every move, before, at and after the end of its time, and without one.
    #[test]
    fn every_move_from_every_status_is_what_the_table_says() {
        use Move::{Confirm, Expire, Release};
        use ReservationStatus::{Confirmed, Expired, Released, Reserved, Returned};
        let nothing = Ok(None);
        let (late, ended) = (Err(Refused::Expired), Err(Refused::Finalized));
        let table = [
            // status, move, while there is time, once its time is over
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
                assert_eq!(made, Err(Refused::BelongsToOrder), "{status:?} {wanted:?}");
            }
        }
    }

    /// Whatever is asked in whatever order: a reservation ends once, and stays as it ended.
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
