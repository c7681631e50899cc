//! The end of a run: faults stop, clients have gone, and only what runs by itself goes on, until nothing is due.

use std::time::Duration;

use kernel::{OrderId, PaymentId, Timestamp};
use serde_json::Value;

use crate::actor::Actor;
use crate::check;
use crate::effect::{Effect, Event, Reply};
use crate::lab::{Lab, SERVICE};
use crate::scenario::Scenario;

/// Rounds of schedules and consumers in which everything has to come to rest: a payment that no provider decides is polled 27 times.
const MAX_ROUNDS: usize = 90;
/// Deliveries of one notification. The provider stops after a day.
const DELIVERIES: usize = 3;

/// Lets everything come to rest; returns the properties that do not hold then.
pub async fn come_to_rest(lab: &Lab, scenario: &Scenario) -> Vec<String> {
    let service = Actor { machine: lab.machines[SERVICE].clone(), hub: lab.hub.clone(), slot: SERVICE };
    {
        let mut inner = lab.hub.lock();
        inner.scheduled = false;
        inner.waiting.clear();
        // No request is under way any more.
        let now = inner.world.now;
        inner.world.pass_to(now.plus(Duration::from_secs(15)));
    }
    for _ in 0..MAX_ROUNDS {
        consume(&service, scenario).await;
        let Some(next) = next_due(lab) else { break };
        {
            let mut inner = lab.hub.lock();
            inner.world.pass_to(next);
            let now = inner.world.now;
            inner.world.provider.rest(now);
        }
        work_off(&service).await;
    }
    consume(&service, scenario).await;
    check::finally(&lab.hub.lock().world, scenario)
}

/// Delivers what waits: notifications, and events of refunds that have begun.
async fn consume(service: &Actor, scenario: &Scenario) {
    let take = |event: Event| async move {
        if !service.hub.lock().world.can_happen(SERVICE, event) {
            return None;
        }
        match service.hub.ask(SERVICE, Effect::Event(event)).await {
            Reply::Happened(value) => Some(value),
            Reply::Answer { .. } | Reply::Nothing => None,
        }
    };
    while let Some(payment) = take(Event::RefundBegan).await {
        if let Some(payment) = payment.as_str().and_then(|id| id.parse().ok()) {
            service.done("send refunds", service.machine.finish_refunds(payment)).await;
        }
    }
    while let Some(notice) = take(Event::Notifies).await {
        if scenario.is_silent {
            continue;
        }
        let (event, id) =
            (notice["event"].as_str().unwrap_or_default(), notice["id"].as_str().unwrap_or_default());
        for _ in 0..DELIVERIES {
            if service.machine.notify(event, id).await.is_ok() {
                break;
            }
        }
    }
}

/// The next time at which an order expires or a payment is polled.
fn next_due(lab: &Lab) -> Option<Timestamp> {
    let inner = lab.hub.lock();
    let orders = inner.world.orders().filter_map(|order| time(order, "expiryKey"));
    let payments = inner.world.payments().filter_map(|payment| time(payment, "lookKey"));
    orders.chain(payments).min()
}

/// Expires and polls what is due. The schedules find it in indexes whose keys are these attributes.
async fn work_off(service: &Actor) {
    let (orders, payments) = {
        let inner = service.hub.lock();
        let now = inner.world.now;
        let due = |item: &&Value, key: &str| time(item, key).is_some_and(|due| due <= now);
        let orders = inner.world.orders().filter(|order| due(order, "expiryKey"));
        let orders: Vec<OrderId> = orders.filter_map(id).collect();
        let payments = inner.world.payments().filter(|payment| due(payment, "lookKey"));
        let payments: Vec<PaymentId> = payments.filter_map(id).collect();
        (orders, payments)
    };
    for order in orders {
        service.done("expire", service.machine.expire(order)).await;
    }
    for payment in payments {
        service.done("poll", service.machine.reconcile(payment)).await;
    }
}

fn time(item: &Value, name: &str) -> Option<Timestamp> {
    item[name].as_str()?.parse().ok()
}

fn id<T: std::str::FromStr>(item: &Value) -> Option<T> {
    item["id"].as_str()?.parse().ok()
}
