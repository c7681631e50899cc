//! The history of an order, read from its journal. Pure.

use kernel::{Actor, Event, EventData as _, Timestamp, UserId};
use serde::Serialize;
use serde_json::Value;

use crate::events::{CustomerForgotten, OrderCanceled, OrderFailed};
use crate::order::Order;
use crate::state::{Cancellation, Cause, State};

/// One change.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    /// The order's version after the change; counts from 1 without gaps.
    sequence: u64,
    /// The event, for example `orders.order_placed`.
    #[serde(rename = "type")]
    kind: String,
    /// The time of the change.
    at: Timestamp,
    /// The actor.
    by: By,
    /// The reason, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<String>,
    /// The event's ids, amounts and times.
    data: Value,
}

/// The kind of actor that made a change.
#[derive(Debug, PartialEq, Eq, Serialize)]
struct By {
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<UserId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    job: Option<String>,
}

/// The `events` of `order` that the caller may read. Customers see that an operator or a job made the change; only operators see which one.
pub fn entries(order: &Order, events: Vec<Event>, to_operator: bool) -> Vec<Entry> {
    let entry = |event: Event| Entry {
        why: why(order, &event),
        by: by(event.actor, to_operator),
        sequence: event.sequence,
        kind: event.kind,
        at: event.occurred_at,
        data: event.data,
    };
    events.into_iter().map(entry).collect()
}

fn by(actor: Actor, to_operator: bool) -> By {
    let (kind, id, job) = match actor {
        Actor::Customer { id } => ("customer", Some(id), None),
        Actor::Operator { id } => ("operator", Some(id).filter(|_| to_operator), None),
        Actor::Provider => ("provider", None, None),
        Actor::System { job } => ("system", None, Some(job).filter(|_| to_operator)),
    };
    By { kind, id, job }
}

/// The reason for a change. A person's words about a cancellation are in the order and never in an event, so that they can be forgotten; they are
/// returned with the cancellation that the order is in.
fn why(order: &Order, event: &Event) -> Option<String> {
    match event.kind.as_str() {
        OrderCanceled::NAME => {
            if let Some(cancellation) = cancellation(order, event) {
                return Some(cancellation.words().to_owned());
            }
            let cause: Cause = serde_json::from_value(event.data["cause"].clone()).ok()?;
            Some(cause.words().to_owned())
        }
        OrderFailed::NAME => Some("the goods could not be had".to_owned()),
        CustomerForgotten::NAME => Some("the account was deleted".to_owned()),
        _ => None,
    }
}

/// The cancellation of `order` that `event` records, while it is the one that the order is in.
pub fn cancellation<'a>(order: &'a Order, event: &Event) -> Option<&'a Cancellation> {
    match &order.state {
        State::Cancelled(state)
            if event.kind == OrderCanceled::NAME && state.canceled_at == event.occurred_at =>
        {
            Some(&state.cancellation)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use kernel::{Currency, Money, OrderNumber};
    use serde_json::json;

    use super::*;
    use crate::order::{Forgetting, Placement, Transition};

    fn at(second: i64) -> Timestamp {
        Timestamp::from_millis(second * 1_000)
    }

    fn placed() -> (Order, Event) {
        let placement = Placement {
            number: OrderNumber::try_from(42).unwrap(),
            user_id: UserId::derived("customer"),
            lines: Vec::new(),
            total: Money::new(5, Currency::from_code("RUB").unwrap()).unwrap(),
            address: None,
            details: crate::Details::default(),
            cart_snapshot: None,
            holder: None,
            ends_at: None,
            from_cart: false,
            pricing: None,
            buyer: crate::buyer::Buyer::default(),
        };
        let (order, event) = Order::place(placement, None, at(1), at(601)).unwrap();
        let customer = Actor::Customer { id: order.user_id };
        (order, event.occurred(at(1), &customer, "c"))
    }

    fn told(order: &Order, event: Event, to_operator: bool) -> Value {
        serde_json::to_value(entries(order, vec![event], to_operator).remove(0)).unwrap()
    }

    #[test]
    fn a_change_is_told_with_its_author() {
        let (order, event) = placed();
        let data = event.data.clone();
        let entry = json!({
            "sequence": 1, "type": "orders.order_placed", "at": "1970-01-01T00:00:01.000Z",
            "by": {"kind": "customer", "id": UserId::derived("customer")}, "data": data,
        });
        assert_eq!(told(&order, event, false), entry);
    }

    #[test]
    fn customers_do_not_learn_which_operator_or_job_it_was() {
        let id = UserId::derived("operator");
        assert_eq!(by(Actor::Operator { id }, false), By { kind: "operator", id: None, job: None });
        assert_eq!(by(Actor::Operator { id }, true), By { kind: "operator", id: Some(id), job: None });
        let system = Actor::system("expire-order");
        assert_eq!(by(system.clone(), false), By { kind: "system", id: None, job: None });
        assert_eq!(by(system, true).job.as_deref(), Some("expire-order"));
        assert_eq!(by(Actor::Provider, true), By { kind: "provider", id: None, job: None });
    }

    #[test]
    fn the_reason_is_told_of_the_cancellation_that_it_was_given_for() {
        let (order, _) = placed();
        let first = order.expire(at(2)).unwrap();
        let expired = first.event.occurred(at(2), &Actor::system("expire-order"), "c");
        let revived = first.order.reinstate(at(3)).unwrap().order;
        let Transition { order, event, .. } =
            revived.cancel_and_refund(Some("out of paint".to_owned()), at(4)).unwrap();
        let canceled = event.occurred(at(4), &Actor::Operator { id: UserId::derived("o") }, "c");
        assert_eq!(told(&order, expired.clone(), false)["why"], "not paid in time");
        assert_eq!(cancellation(&order, &expired), None, "the order was revived since");
        let reason = cancellation(&order, &canceled).and_then(|cancellation| cancellation.reason.as_deref());
        assert_eq!(reason, Some("out of paint"));
        assert_eq!(told(&order, canceled.clone(), false)["why"], "out of paint");
        let Forgetting::Taken(forgotten) = order.forget_customer(at(5)).unwrap() else { panic!() };
        let forgotten = forgotten.order;
        assert_eq!(told(&forgotten, canceled, false)["why"], "cancelled on request");
    }
}
