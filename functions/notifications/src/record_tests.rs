//! Items, events, and what claims and reports mean.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::*;
use crate::events::NotificationChanged;
use crate::message::Text;
use crate::recipient::Recipient;

const ID: &str = "36c4f99e-9b85-5833-b23d-83e41eb93cb2";

fn at(second: i64) -> Timestamp {
    Timestamp::from_millis(1_700_000_000_000 + second * 1_000)
}

fn message() -> Message {
    Message {
        id: ID.parse().unwrap(),
        event_id: Some(ID.parse().unwrap()),
        template: Template::OrderPaid,
        user_id: Some(ID.parse().unwrap()),
        class: crate::budget::Class::Paid,
        source: None,
        order_id: Some(ID.parse().unwrap()),
        to: Recipient::Phone("+79161234567".parse().unwrap()),
        text: Text::Sms("Order 42 is paid".to_owned()),
    }
}

fn claimed() -> Notification {
    Notification::claimed(at(0), at(20), &message())
}

#[test]
fn the_item_has_ids_states_and_a_mask_and_nothing_else() {
    let item = serde_json::to_value(claimed()).unwrap();
    let names: BTreeSet<&str> = item.as_object().unwrap().keys().map(String::as_str).collect();
    let known = [
        "channel",
        "claimedUntil",
        "createdAt",
        "eventId",
        "orderId",
        "status",
        "template",
        "to",
        "updatedAt",
        "userId",
        "version",
    ];
    assert_eq!(names, BTreeSet::from(known));
    assert_eq!((&item["status"], &item["channel"]), (&json!("queued"), &json!("sms")));
    assert_eq!(item["to"], "+79***67");
    let text = item.to_string();
    assert!(!text.contains("916") && !text.contains("42 is paid"), "{text}");
}

#[test]
fn an_item_from_before_masks_and_versions_is_read() {
    let mut item = serde_json::to_value(claimed()).unwrap();
    for name in ["to", "version"] {
        item.as_object_mut().unwrap().remove(name);
    }
    let read: Notification = serde_json::from_value(item).unwrap();
    assert_eq!((read.to.as_str(), read.version), ("", 0));
}

#[test]
fn a_claim_that_is_found_means_what_its_time_says() {
    let claimed = claimed();
    assert_eq!(standing(&claimed, at(19)), Standing::Held);
    assert_eq!(standing(&claimed, at(20)), Standing::Lost, "the carrier may have it");
    for status in [Status::Sent, Status::Unconfirmed, Status::Delivered, Status::Failed] {
        let settled = Notification { status, claimed_until: None, ..claimed.clone() };
        assert_eq!(standing(&settled, at(1)), Standing::Settled);
    }
    let asked_for = claimed.settled(at(0), Outcome::Queued);
    assert_eq!(standing(&asked_for, at(1)), Standing::Free);
}

#[test]
fn the_event_says_why_only_when_it_failed() {
    let told = |outcome| {
        let settled = claimed().settled(at(1), outcome);
        serde_json::to_value(NotificationChanged::of(ID.parse().unwrap(), &settled)).unwrap()
    };
    let mut expected = json!({
        "notificationId": ID, "status": "sent", "channel": "sms", "template": "order_paid",
        "userId": ID, "orderId": ID, "eventId": ID,
    });
    assert_eq!(told(Outcome::Sent), expected);
    expected["status"] = json!("failed");
    expected["errorMessage"] = Value::from("refused by the carrier: InvalidParameter");
    assert_eq!(told(Outcome::Failed("refused by the carrier: InvalidParameter".to_owned())), expected);
}

#[test]
fn every_change_that_is_told_counts() {
    let sent = claimed().settled(at(1), Outcome::Sent);
    assert_eq!((sent.version, sent.claimed_until, sent.updated_at), (1, None, at(1)));
    let delivered = sent.settled(at(2), Outcome::Delivered);
    assert_eq!((delivered.version, delivered.status, delivered.created_at), (2, Status::Delivered, at(0)));
}

#[test]
fn a_report_counts_only_where_it_can_be_true() {
    let returned = || Report::Returned("came back: General".to_owned());
    let failed = || Reported::Becomes(Outcome::Failed("came back: General".to_owned()));
    for (status, delivered, came_back) in [
        (Status::Queued, Reported::TooEarly, Reported::TooEarly),
        (Status::Sent, Reported::Becomes(Outcome::Delivered), failed()),
        (Status::Unconfirmed, Reported::Becomes(Outcome::Delivered), failed()),
        (Status::Delivered, Reported::Nothing, failed()),
        (Status::Failed, Reported::Nothing, Reported::Nothing),
    ] {
        assert_eq!(reported(status, Report::Delivered), delivered, "{status:?}");
        assert_eq!(reported(status, returned()), came_back, "{status:?}");
    }
}
