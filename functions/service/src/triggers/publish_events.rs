//! The journal's stream onto the event bus: every row becomes one event, at least once, never zero times.

use std::sync::Arc;

use kernel::Problem;
use platform::metrics::Metrics;
use platform::stream::{Change, Handler, Parked, Parking, Stuck, handler};
use platform::{Init, InitError, InvocationContext};

use crate::bus::Bus;
use crate::outbox::Outbox;
use crate::publish::publish;
use crate::tally::Tally;

/// The age of the oldest event of a batch at the bus's response to it.
const LAG: &str = "PublisherLag";

struct Publisher {
    bus: Bus,
    metrics: Metrics,
    parking: Parking,
}

/// The consumer's handler.
pub async fn init(init: Init) -> Result<Handler, InitError> {
    let bus = Bus::connect(&init)?;
    bus.open_connection().await;
    let parking = Parking::connect(&init, "PUBLISHER_FAILURES_URL")?;
    Ok(handler(Publisher { bus, metrics: Metrics::from_init(&init)?, parking }, handle))
}

async fn handle(
    publisher: Arc<Publisher>,
    call: InvocationContext,
    changes: Vec<Change>,
) -> Result<(), Stuck> {
    let tally = Tally::of(&changes);
    let by_stream = changes.iter().any(|change| change.stream.is_some());
    let published = publish(&publisher.bus, &call, Outbox::of(changes)).await;
    if let Some(lag) = published.lag {
        publisher.metrics.milliseconds(LAG, lag);
    }
    let parked = if by_stream {
        publisher.parking.park(&call, &published.parked).await
    } else {
        reported(&published.parked)
    };
    // What is not parked comes again, from the first of it on.
    let verdict = parked.and(published.verdict);
    publisher.metrics.count(&tally.settled(&published.parked, &verdict));
    verdict
}

/// A direct caller gets the position of the first row that can never be published, and nothing is parked.
fn reported(never: &[Parked]) -> Result<(), Stuck> {
    match never.first() {
        None => Ok(()),
        Some(Parked { sequence_number, reason, .. }) => {
            Err(Stuck { sequence_number: sequence_number.clone(), problem: Problem::internal(reason) })
        }
    }
}
