//! The API's representation of a reservation, and who may read it.

use kernel::{OrderId, Problem, ReservationId, Sku, Timestamp};
use platform::auth::{Principal, Scope};
use serde::Serialize;

use crate::refusal::ReservationRefusal;
use crate::reservation::Reservation;
use crate::store::Stock;

/// The API's representation of a reservation. It does not show from which warehouses the units came.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ReservationView {
    reservation_id: ReservationId,
    order_id: OrderId,
    status: &'static str,
    items: Vec<Item>,
    created_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    finished_at: Option<Timestamp>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Item {
    product_id: Sku,
    reserved_quantity: u64,
}

impl ReservationView {
    /// Renders `reservation`.
    pub fn of(reservation: &Reservation) -> Self {
        let items = reservation.items().into_iter();
        Self {
            reservation_id: reservation.id,
            order_id: reservation.order_id,
            status: reservation.status.name(),
            items: items
                .map(|(sku, reserved_quantity)| Item { product_id: sku.clone(), reserved_quantity })
                .collect(),
            created_at: reservation.created_at,
            expires_at: reservation.expires_at,
            finished_at: reservation.finished_at,
        }
    }
}

/// The reservation that `id`, as a client sent it, names.
pub(crate) async fn load(stock: &Stock, id: &str) -> Result<Reservation, Problem> {
    let id = id.parse().map_err(|_| ReservationRefusal::Unknown)?;
    stock.reservation(id).await?.ok_or_else(|| ReservationRefusal::Unknown.into())
}

/// Customers see the stock reserved for their own orders; operators see all.
pub(crate) fn may_see(caller: &Principal, reservation: &Reservation) -> Result<(), ReservationRefusal> {
    let operator = [Scope::StockWrite, Scope::OrdersRead].iter().any(|scope| caller.scopes.contains(*scope));
    let may = operator || reservation.owner_id == Some(caller.user);
    if may { Ok(()) } else { Err(ReservationRefusal::Unknown) }
}
