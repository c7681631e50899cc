//! The reasons for which requests about stock are refused, and the problem of each.

use kernel::quantity::MAX_QUANTITY;
use kernel::{Kind, Problem, Sku};

use crate::allocation::Shortage;
use crate::reservation::{Reservation, ReservationEnded};
use crate::reserve::MAX_RESERVATION_LINES;
use crate::set::MAX_UNITS;
use crate::view::ReservationView;

/// No stock of this SKU was ever set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownStock(pub Sku);

/// Lines of one SKU that together exceed [`MAX_QUANTITY`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SumTooLarge {
    /// The position of the line that exceeds it.
    pub index: usize,
    /// The SKU.
    pub sku: Sku,
}

/// The reasons for which a warehouse's stock is not changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChangeRefusal {
    /// Less is available than is to be taken away.
    InsufficientStock(Shortage),
    /// The warehouse would have more than [`MAX_UNITS`].
    TooManyUnits,
}

/// The reasons for which a reservation is neither made nor found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReservationRefusal {
    /// There is no such reservation, or none that the caller may see.
    Unknown,
    /// It would have more than [`MAX_RESERVATION_LINES`].
    TooManyLines,
}

/// A reservation that did not make a transition.
#[derive(Debug, Clone)]
pub struct NotEnded {
    /// The reason.
    pub why: ReservationEnded,
    /// The reservation as it is.
    pub reservation: Reservation,
}

/// The reasons for which a stock row is not repaired.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RepairRefusal {
    /// The row does not exist, and no reservation holds units of it.
    UnknownRow,
    /// The row does not exist, and reservations hold units of it.
    RowMissing,
}

impl From<Shortage> for Problem {
    /// 409 `insufficient_stock` with the SKU, the units requested (`wanted`) and those available.
    fn from(Shortage { sku, wanted, available }: Shortage) -> Self {
        let detail = format!("Insufficient stock for SKU {sku}: {available} available, {wanted} requested.");
        Problem::conflict("insufficient_stock", detail)
            .with("sku", sku.as_str())
            .with("wanted", wanted)
            .with("available", available)
    }
}

impl From<UnknownStock> for Problem {
    fn from(UnknownStock(sku): UnknownStock) -> Self {
        Self::not_found(format!("Nothing was ever said of the stock of {sku}."))
    }
}

impl From<SumTooLarge> for Problem {
    fn from(SumTooLarge { index, sku }: SumTooLarge) -> Self {
        let detail = format!("adds up to more than {MAX_QUANTITY} of {sku}");
        Self::invalid(&format!("/items/{index}/quantity"), detail)
    }
}

impl From<ChangeRefusal> for Problem {
    fn from(refusal: ChangeRefusal) -> Self {
        match refusal {
            ChangeRefusal::InsufficientStock(shortage) => shortage.into(),
            ChangeRefusal::TooManyUnits => {
                Self::invalid("/delta", format!("leads to more than {MAX_UNITS} units"))
            }
        }
    }
}

impl From<ReservationRefusal> for Problem {
    fn from(refusal: ReservationRefusal) -> Self {
        match refusal {
            ReservationRefusal::Unknown => Self::not_found("There is no such reservation."),
            ReservationRefusal::TooManyLines => {
                let detail =
                    format!("A reservation holds at most {MAX_RESERVATION_LINES} different products.");
                Problem::new(Kind::Invalid, "too_many_lines", detail)
            }
        }
    }
}

impl From<NotEnded> for Problem {
    /// 409 with the reservation as it is.
    fn from(NotEnded { why, reservation }: NotEnded) -> Self {
        let (code, detail) = match why {
            ReservationEnded::BelongsToOrder => (
                "reservation_belongs_to_order",
                "The reservation is an order's own: it ends with the order's payment or cancellation."
                    .to_owned(),
            ),
            ReservationEnded::Expired => {
                ("reservation_expired", "The reservation's time is over.".to_owned())
            }
            ReservationEnded::Finalized => {
                let status = reservation.status.name();
                ("reservation_already_finalized", format!("The reservation is {status}, and that is final."))
            }
        };
        match serde_json::to_value(ReservationView::of(&reservation)) {
            Ok(view) => Problem::conflict(code, detail).with("reservation", view),
            Err(error) => Self::internal(error),
        }
    }
}

impl From<RepairRefusal> for Problem {
    fn from(refusal: RepairRefusal) -> Self {
        match refusal {
            RepairRefusal::UnknownRow => {
                Self::not_found("There is no such row, and nothing is set aside of it.")
            }
            RepairRefusal::RowMissing => {
                let detail = "The row is gone, and goods are set aside of it: restore it from a backup.";
                Problem::conflict("row_missing", detail)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use kernel::{OrderId, ReservationId, Timestamp};
    use serde_json::{Value, json};

    use super::*;
    use crate::reservation::{Origin, ReservationStatus};

    fn not_ended(why: ReservationEnded) -> NotEnded {
        let reservation = Reservation {
            id: ReservationId::derived("a"),
            order_id: OrderId::from_reference("6c1f0a52-93d4-4e0b-8a77-1d5e42b9c3f0").unwrap(),
            origin: Origin::Direct,
            owner_id: None,
            status: ReservationStatus::Released,
            takes: Vec::new(),
            created_at: Timestamp::from_millis(0),
            expires_at: None,
            finished_at: None,
        };
        NotEnded { why, reservation }
    }

    fn told(problem: impl Into<Problem>) -> String {
        let Problem { kind, code, detail, extensions, .. } = problem.into();
        let members: BTreeMap<String, Value> = extensions.into_iter().collect();
        format!("{kind:?} {code}: {detail} {}", json!(members))
    }

    #[test]
    fn every_refusal_has_its_problem() {
        let sku: Sku = "A-1".parse().unwrap();
        let shortage = Shortage { sku: sku.clone(), wanted: 5, available: 2 };
        let cases = [
            (
                told(ChangeRefusal::InsufficientStock(shortage)),
                r#"Conflict insufficient_stock: Insufficient stock for SKU A-1: 2 available, 5 requested. {"available":2,"sku":"A-1","wanted":5}"#,
            ),
            (told(UnknownStock(sku)), "NotFound not_found: Nothing was ever said of the stock of A-1. {}"),
            (told(ReservationRefusal::Unknown), "NotFound not_found: There is no such reservation. {}"),
            (
                told(ReservationRefusal::TooManyLines),
                "Invalid too_many_lines: A reservation holds at most 40 different products. {}",
            ),
            (
                told(RepairRefusal::UnknownRow),
                "NotFound not_found: There is no such row, and nothing is set aside of it. {}",
            ),
            (
                told(RepairRefusal::RowMissing),
                "Conflict row_missing: The row is gone, and goods are set aside of it: restore it from a backup. {}",
            ),
        ];
        for (told, expected) in cases {
            assert_eq!(told, expected);
        }
        let most = Problem::from(ChangeRefusal::TooManyUnits);
        assert_eq!(most, Problem::invalid("/delta", "leads to more than 1000000000 units"));
        let sum = Problem::from(SumTooLarge { index: 3, sku: "A-1".parse().unwrap() });
        assert_eq!(sum, Problem::invalid("/items/3/quantity", "adds up to more than 65535 of A-1"));
    }

    #[test]
    fn a_reservation_that_does_not_end_is_told_with_its_reason() {
        let cases = [
            (
                ReservationEnded::BelongsToOrder,
                "Conflict reservation_belongs_to_order: The reservation is an order's own: it ends with the order's payment or cancellation.",
            ),
            (ReservationEnded::Expired, "Conflict reservation_expired: The reservation's time is over."),
            (
                ReservationEnded::Finalized,
                "Conflict reservation_already_finalized: The reservation is released, and that is final.",
            ),
        ];
        for (why, expected) in cases {
            let refused = not_ended(why);
            let view = json!({"reservation": ReservationView::of(&refused.reservation)});
            assert_eq!(told(refused), format!("{expected} {view}"));
        }
    }
}
