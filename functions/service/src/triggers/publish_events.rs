//! The journal's stream onto the event bus: every row becomes one event, at least once, never zero times.

use std::sync::Arc;

use platform::stream::{Change, Handler, Stuck, handler};
use platform::{Call, Init, InitError};

use crate::bus::Bus;
use crate::outbox::Outbox;
use crate::publish::publish;

/// What the function is called in logs.
pub const NAME: &str = "publish-events";

/// The consumer's handler.
pub async fn init(init: Init) -> Result<Handler, InitError> {
    let bus = Bus::connect(&init)?;
    bus.open_connection().await;
    Ok(handler(bus, handle))
}

async fn handle(bus: Arc<Bus>, call: Call, changes: Vec<Change>) -> Result<(), Stuck> {
    publish(&bus, &call, Outbox::of(changes)).await
}
