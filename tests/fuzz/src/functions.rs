//! The functions of all contexts, by the kinds of their events.

use std::sync::LazyLock;

use platform::function::{Function, Start, Trigger};
use platform::{http, job, queue, stream};

static ALL: &[&[Function]] = &[
    cart::routes::FUNCTIONS,
    catalog::routes::FUNCTIONS,
    identity::routes::FUNCTIONS,
    identity::triggers::FUNCTIONS,
    loms::routes::FUNCTIONS,
    notifications::routes::FUNCTIONS,
    notifications::triggers::FUNCTIONS,
    ordering::routes::FUNCTIONS,
    orders::routes::FUNCTIONS,
    payments::routes::FUNCTIONS,
    pricing::routes::FUNCTIONS,
    service::routes::FUNCTIONS,
    service::triggers::FUNCTIONS,
    stock::routes::FUNCTIONS,
    stock::triggers::FUNCTIONS,
    webhooks::routes::FUNCTIONS,
    webhooks::triggers::FUNCTIONS,
];

/// Functions of one kind, with their names.
pub type Starts<H> = LazyLock<Vec<(&'static str, Start<H>)>>;

/// Functions with a route.
pub static ROUTES: Starts<http::Handler> = LazyLock::new(|| {
    of(|trigger| if let Trigger::Http(start) = trigger { Some(start) } else { None })
});
/// Consumers of queues.
pub static QUEUES: Starts<queue::Handler> = LazyLock::new(|| {
    of(|trigger| if let Trigger::Queue(start) = trigger { Some(start) } else { None })
});
/// Consumers of streams.
pub static STREAMS: Starts<stream::Handler> = LazyLock::new(|| {
    of(|trigger| if let Trigger::Stream(start) = trigger { Some(start) } else { None })
});
/// Jobs.
pub static JOBS: Starts<job::Handler> = LazyLock::new(|| {
    of(|trigger| {
        if let Trigger::Job(start) | Trigger::SecretJob(start) = trigger { Some(start) } else { None }
    })
});

fn of<H>(start: fn(Trigger) -> Option<Start<H>>) -> Vec<(&'static str, Start<H>)> {
    let all = ALL.iter().copied().flatten();
    all.filter_map(|function| Some((function.name, start(function.trigger)?))).collect()
}
