//! The orders of this surface, and how their states are spelled.

use kernel::Problem;
use orders::{Order, Orders, Status};

use crate::number::{OrderRef, User};

/// `status` as clients of this surface spell it. To them an order that was paid is paid, however far it has come since.
pub fn status_name(status: Status) -> &'static str {
    match status {
        Status::New => "new",
        Status::AwaitingPayment => "awaiting payment",
        Status::Failed => "failed",
        Status::Paid | Status::Confirmed | Status::Shipped | Status::Delivered => "payed",
        Status::Cancelled => "cancelled",
    }
}

/// The order, and whose it is. The orders of accounts are none of this surface's: they have customers without a number, and
/// are paid and cancelled where those log in.
pub async fn find(orders: &Orders, order: OrderRef) -> Result<(Order, User), Problem> {
    let number = order.number().ok_or_else(unknown)?;
    let order = orders.find(number.order_id()).await?.ok_or_else(unknown)?;
    let user = User::of(order.user_id).ok_or_else(unknown)?;
    Ok((order, user))
}

fn unknown() -> Problem {
    Problem::not_found("There is no such order.")
}
