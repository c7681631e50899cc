//! Storing reservations: creation, end and look-up.
//!
//! A live reservation is in the index `Live`, spread over [`LIVE_SHARDS`] partitions, under the time at which it expires. It leaves the
//! index in the transaction that ends it.

use kernel::{OrderId, Problem, ReservationId, Timestamp, UserId};
use platform::InvocationContext;
use platform::dynamo::{Expression, Key, Write};
use serde::Serialize;

use super::rows::change;
use super::{Stock, StockRefusal, place_key};
use crate::allocation::Plan;
use crate::contradiction::Contradiction;
use crate::drift::StockRowKey;
use crate::reservation::{Ending, Origin, Reservation, ReservationStatus};

/// Partitions that live reservations are spread over, so that under load not all of them are written to one.
pub(crate) const LIVE_SHARDS: u64 = 8;
/// The prefix of the sort key of reservations that never expire.
const NEVER: &str = "9999-12-31T23:59:59.999Z";

/// A reservation's item, with its index keys.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Written<'a> {
    #[serde(flatten)]
    reservation: &'a Reservation,
    live_shard: Option<String>,
    live_key: Option<String>,
}

impl<'a> Written<'a> {
    fn new(reservation: &'a Reservation) -> Self {
        let live = reservation.status == ReservationStatus::Reserved;
        Self {
            reservation,
            live_shard: live.then(|| live_shard(reservation.id.shard(LIVE_SHARDS))),
            live_key: live.then(|| live_key(reservation.expires_at, reservation.id)),
        }
    }
}

impl Stock {
    /// Reserves the stock of `plan` for the order of `owner`.
    pub fn reserve(
        &self,
        call: &InvocationContext,
        id: ReservationId,
        order_id: OrderId,
        owner: Option<UserId>,
        plan: &Plan,
    ) -> Result<Vec<Write<StockRefusal>>, Problem> {
        let reservation = Reservation {
            id,
            order_id,
            owner_id: owner,
            origin: Origin::Order,
            status: ReservationStatus::Reserved,
            takes: plan.takes.clone(),
            created_at: call.now,
            expires_at: None,
            finished_at: None,
        };
        self.set_aside(&reservation)
    }

    /// Creates a reservation, and reserves its stock.
    pub(crate) fn set_aside(&self, reservation: &Reservation) -> Result<Vec<Write<StockRefusal>>, Problem> {
        self.take(reservation, "available = available - :q, reserved = reserved + :q")
    }

    /// Sells the stock of `plan` at once, for an order of `owner` that is paid already.
    pub fn buy(
        &self,
        call: &InvocationContext,
        id: ReservationId,
        order_id: OrderId,
        owner: Option<UserId>,
        plan: &Plan,
    ) -> Result<Vec<Write<StockRefusal>>, Problem> {
        let reservation = Reservation {
            id,
            order_id,
            owner_id: owner,
            origin: Origin::Order,
            status: ReservationStatus::Confirmed,
            takes: plan.takes.clone(),
            created_at: call.now,
            expires_at: None,
            finished_at: Some(call.now),
        };
        self.take(&reservation, "available = available - :q")
    }

    /// Puts a new reservation, and changes each row that it takes from by the assignments `set`.
    fn take(&self, reservation: &Reservation, set: &str) -> Result<Vec<Write<StockRefusal>>, Problem> {
        let key = reservation_key(reservation.id);
        let put = self.table.put_new(&key, &Written::new(reservation), StockRefusal::ReservationChanged)?;
        let mut writes = vec![put];
        for take in &reservation.takes {
            let units = change(set).when("available >= :q").value(":q", take.quantity)?;
            let key = place_key(&take.sku, &take.place);
            writes.push(self.table.update(&key, units, StockRefusal::Taken(take.sku.clone()))?);
        }
        Ok(writes)
    }

    /// Sells the stock: the units are removed from `reserved`.
    pub fn confirm(
        &self,
        call: &InvocationContext,
        reservation: &Reservation,
    ) -> Result<Vec<Write<StockRefusal>>, Problem> {
        self.finish(call, reservation, Ending::Confirmed)
    }

    /// Releases the stock: the units go back to the very rows they came from.
    pub fn release(
        &self,
        call: &InvocationContext,
        reservation: &Reservation,
    ) -> Result<Vec<Write<StockRefusal>>, Problem> {
        self.finish(call, reservation, Ending::Released)
    }

    /// Returns sold stock that was never shipped to the very rows it came from, where it is available again.
    pub fn take_back(
        &self,
        call: &InvocationContext,
        reservation: &Reservation,
    ) -> Result<Vec<Write<StockRefusal>>, Problem> {
        let turn = (ReservationStatus::Confirmed, ReservationStatus::Returned);
        let back = change("available = available + :q").when("attribute_exists(available)");
        self.turn(call, reservation, turn, &back)
    }

    /// Ends a reservation that is still `reserved`, and removes its units from `reserved` of its rows.
    pub(crate) fn finish(
        &self,
        call: &InvocationContext,
        reservation: &Reservation,
        ending: Ending,
    ) -> Result<Vec<Write<StockRefusal>>, Problem> {
        let set = match ending {
            Ending::Confirmed => "reserved = reserved - :q",
            Ending::Released | Ending::Expired => "reserved = reserved - :q, available = available + :q",
        };
        let turn = (ReservationStatus::Reserved, ending.status());
        self.turn(call, reservation, turn, &change(set).when("reserved >= :q"))
    }

    /// Changes the status of a reservation to a final one, and makes the change `of_row` of its `:q` units on each row that it took from.
    fn turn(
        &self,
        call: &InvocationContext,
        reservation: &Reservation,
        (from, to): (ReservationStatus, ReservationStatus),
        of_row: &Expression,
    ) -> Result<Vec<Write<StockRefusal>>, Problem> {
        let end = Expression::update("SET #status = :to, finishedAt = :now REMOVE liveShard, liveKey")
            .when("#status = :from")
            .name("#status", "status")
            .value(":to", to)?
            .value(":now", call.now)?
            .value(":from", from)?;
        let key = reservation_key(reservation.id);
        let mut writes = vec![self.table.update(&key, end, StockRefusal::ReservationChanged)?];
        for take in &reservation.takes {
            let units = of_row.clone().value(":q", take.quantity)?;
            let contradiction = Contradiction {
                spot: StockRowKey { sku: take.sku.clone(), place: take.place.clone() },
                reservation_id: reservation.id,
                status: from,
            };
            let key = place_key(&take.sku, &take.place);
            writes.push(self.table.update(&key, units, StockRefusal::Contradicted(contradiction))?);
        }
        Ok(writes)
    }

    /// Moves a live reservation in the index to `until`. Its own expiry time stays as it is.
    pub(crate) fn postpone_expiry(
        &self,
        id: ReservationId,
        until: Timestamp,
    ) -> Result<Write<StockRefusal>, Problem> {
        let later = Expression::update("SET liveKey = :key")
            .when("#status = :reserved")
            .name("#status", "status")
            .value(":key", live_key(Some(until), id))?
            .value(":reserved", ReservationStatus::Reserved)?;
        self.table.update(&reservation_key(id), later, StockRefusal::ReservationChanged)
    }

    /// The reservation with this id.
    pub async fn reservation(&self, id: ReservationId) -> Result<Option<Reservation>, Problem> {
        self.table.get(&reservation_key(id)).await
    }
}

pub(super) fn reservation_key(id: ReservationId) -> Key {
    Key::new(format!("RESERVATION#{id}"), "RESERVATION")
}

pub(super) fn live_shard(shard: u64) -> String {
    format!("LIVE#{shard}")
}

fn live_key(expires_at: Option<Timestamp>, id: ReservationId) -> String {
    match expires_at {
        Some(time) => format!("{time}#{id}"),
        None => format!("{NEVER}#{id}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_what_they_were() {
        let id: ReservationId = "6c1f0a52-93d4-4e0b-8a77-1d5e42b9c3f0".parse().unwrap();
        let key = Key::new("RESERVATION#6c1f0a52-93d4-4e0b-8a77-1d5e42b9c3f0", "RESERVATION");
        assert_eq!(reservation_key(id), key);
        assert_eq!(live_shard(id.shard(LIVE_SHARDS)), "LIVE#0");
        assert_eq!(live_key(None, id), format!("9999-12-31T23:59:59.999Z#{id}"));
        let time = Timestamp::from_millis(1_700_000_000_007);
        assert_eq!(live_key(Some(time), id), format!("2023-11-14T22:13:20.007Z#{id}"));
    }
}
