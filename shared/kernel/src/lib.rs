//! The types that every context uses and none owns: ids, money, quantities, people's contacts and addresses, problems, time, pages and events.
//!
//! Nothing here does I/O or knows of AWS or HTTP. Randomness and the clock are the two exceptions that
//! make an id an id: they are read only in functions named `generate` and `now`.

pub mod address;
pub mod cloud_event;
pub mod contact;
mod decimal;
pub mod event;
pub mod faults;
pub mod ids;
pub mod money;
pub mod numbering;
pub mod page;
mod payment_status;
pub mod problem;
pub mod quantity;
pub mod sku;
pub mod text;
pub mod time;
pub mod trace;

pub use event::{Actor, Event, EventData, NewEvent};
pub use ids::{
    CartId, EventId, OrderId, OrderNumber, PaymentId, RefundId, ReservationId, SnapshotId, UserId,
};
pub use money::{Currency, Money};
pub use page::{Cursor, EncodedCursor, Limit, Page};
pub use payment_status::PaymentStatus;
pub use problem::{FieldError, InternalDetail, Kind, Problem};
pub use quantity::Quantity;
pub use sku::Sku;
pub use time::Timestamp;
pub use trace::Trace;
