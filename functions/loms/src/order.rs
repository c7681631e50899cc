//! The orders of this surface, and the names of their statuses.

use kernel::Problem;
use orders::refusal::AccessRefusal;
use orders::{Order, Orders, Status};

use crate::number::{OrderRef, User};

/// `status` as clients of this surface spell it. To them an order that was paid is paid, even when it has advanced since.
pub fn status_name(status: Status) -> &'static str {
    match status {
        Status::New => "new",
        Status::AwaitingPayment => "awaiting payment",
        Status::Failed => "failed",
        Status::Paid | Status::Confirmed | Status::Shipped | Status::Delivered => "payed",
        Status::Cancelled => "cancelled",
    }
}

/// The order, and its owner. The orders of accounts are not visible on this surface: their customers have no number, and pay and cancel them where
/// they log in.
pub async fn find(orders: &Orders, order: OrderRef) -> Result<(Order, User), Problem> {
    let number = order.number().ok_or(AccessRefusal::UnknownOrder)?;
    let order = orders.find(number.order_id()).await?.ok_or(AccessRefusal::UnknownOrder)?;
    let user = User::of(order.user_id).ok_or(AccessRefusal::UnknownOrder)?;
    Ok((order, user))
}
