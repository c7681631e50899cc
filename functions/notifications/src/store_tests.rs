//! Keys, items and what a claim that is found means.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::*;
use crate::message::Body;

fn at(second: i64) -> Timestamp {
    Timestamp::from_millis(1_700_000_000_000 + second * 1_000)
}

fn message() -> Message {
    let id = "36c4f99e-9b85-5833-b23d-83e41eb93cb2";
    Message {
        id: id.parse().unwrap(),
        event_id: Some(id.parse().unwrap()),
        template: "order_paid",
        user_id: id.parse().unwrap(),
        order_id: Some(id.parse().unwrap()),
        body: Body::Sms { to: "+79161234567".parse().unwrap(), text: "Order 42 is paid".to_owned() },
    }
}

#[test]
fn keys_are_what_they_were() {
    let key = key(message().id);
    assert_eq!(key, Key::new("NOTIFICATION#36c4f99e-9b85-5833-b23d-83e41eb93cb2", "NOTIFICATION"));
}

#[test]
fn the_item_has_ids_and_states_and_nothing_else() {
    let item = serde_json::to_value(fresh(at(0), at(20), &message())).unwrap();
    let names: BTreeSet<&str> = item.as_object().unwrap().keys().map(String::as_str).collect();
    let known = [
        "channel",
        "claimedUntil",
        "createdAt",
        "eventId",
        "orderId",
        "status",
        "template",
        "updatedAt",
        "userId",
    ];
    assert_eq!(names, BTreeSet::from(known));
    assert_eq!((&item["status"], &item["channel"]), (&json!("queued"), &json!("sms")));
    let text = item.to_string();
    assert!(!text.contains("7916") && !text.contains("42 is paid"), "{text}");
}

#[test]
fn a_claim_that_is_found_means_what_its_time_says() {
    let claimed = fresh(at(0), at(20), &message());
    assert_eq!(standing(&claimed, at(19)), Standing::Held);
    assert_eq!(standing(&claimed, at(20)), Standing::Abandoned(Some(at(20))));
    for status in [Status::Sent, Status::Failed] {
        let settled = Notification { status, claimed_until: None, ..claimed.clone() };
        assert_eq!(standing(&settled, at(1)), Standing::Settled);
    }
    let freed = Notification { claimed_until: None, ..claimed };
    assert_eq!(standing(&freed, at(1)), Standing::Abandoned(None));
}

#[test]
fn the_event_says_why_only_when_it_failed() {
    let data = |error_message| {
        let message = message();
        let data = EventData {
            notification_id: message.id,
            status: Status::Sent,
            channel: Channel::Sms,
            template: message.template,
            user_id: message.user_id,
            order_id: message.order_id,
            event_id: message.event_id,
            error_message,
        };
        serde_json::to_value(data).unwrap()
    };
    let id = "36c4f99e-9b85-5833-b23d-83e41eb93cb2";
    let mut expected = json!({
        "notificationId": id, "status": "sent", "channel": "sms", "template": "order_paid",
        "userId": id, "orderId": id, "eventId": id,
    });
    assert_eq!(data(None), expected);
    expected["errorMessage"] = Value::from("refused by the carrier: InvalidParameter");
    assert_eq!(data(Some("refused by the carrier: InvalidParameter")), expected);
}
