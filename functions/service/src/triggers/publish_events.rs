//! The journal's stream onto the event bus: every row becomes one event, at least once, never zero times.

use std::sync::Arc;

use platform::metrics::Metrics;
use platform::stream::{Change, Handler, Stuck, handler};
use platform::{Call, Init, InitError};

use crate::bus::Bus;
use crate::outbox::Outbox;
use crate::publish::publish;
use crate::tally::Tally;

/// What the function is called in logs.
pub const NAME: &str = "publish-events";

/// How old the oldest event of a batch was when the bus answered for it.
const LAG: &str = "PublisherLag";

struct Publisher {
    bus: Bus,
    metrics: Metrics,
}

/// The consumer's handler.
pub async fn init(init: Init) -> Result<Handler, InitError> {
    let bus = Bus::connect(&init)?;
    bus.open_connection().await;
    Ok(handler(Publisher { bus, metrics: Metrics::from_init(&init)? }, handle))
}

async fn handle(publisher: Arc<Publisher>, call: Call, changes: Vec<Change>) -> Result<(), Stuck> {
    let tally = Tally::of(&changes);
    let published = publish(&publisher.bus, &call, Outbox::of(changes)).await;
    if let Some(lag) = published.lag {
        publisher.metrics.milliseconds(LAG, lag);
    }
    publisher.metrics.count(&tally.settled(&published.verdict));
    published.verdict
}
