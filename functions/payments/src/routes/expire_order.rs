//! A message of the expiry queue: cancels the order, if it still waits and its time is over.

use std::sync::Arc;

use kernel::Problem;
use orders::Precondition;
use orders::sweep::ExpireOrder;
use platform::queue::{Handler, Message, handler};
use platform::{Call, Init, InitError};

use crate::settlement::{Cancelling, Settlement};

/// Makes the handler.
pub async fn init(init: Init) -> Result<Handler, InitError> {
    Ok(handler(Settlement::connect(&init).await?, handle))
}

async fn handle(settlement: Arc<Settlement>, call: Call, message: Message) -> Result<(), Problem> {
    let ExpireOrder { order_id } = message.json()?;
    let Some(order) = settlement.orders.find(order_id).await? else {
        // An id that no order has was never put into the queue by the sweep: the dead-letter queue shows it.
        return Err(Problem::internal(format!("there is no order {order_id}")));
    };
    if order.expires_at().is_none_or(|due| due > call.now) {
        return Ok(());
    }
    // An order that was paid or cancelled in the meantime needs nothing.
    settlement.cancel(&call, &Precondition::Any, order, &Cancelling::Expired).await.map(|_| ())
}
