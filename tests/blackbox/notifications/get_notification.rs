//! `GET /api/v1/notifications/{id}`

use uuid::Uuid;

use super::sending::{once, send, wish};
use crate::harness::{customer, get, in_seconds, members, unique_phone, wants_a_token};

fn path(id: &str) -> String {
    format!("/api/v1/notifications/{id}")
}

#[tokio::test]
async fn a_message_is_shown_with_a_mask_for_where_it_went() {
    let phone = unique_phone();
    let began = in_seconds(-60);
    let made = send(&wish("sms", &phone, "order_paid")).await.expect(201);
    let sent = once(&made["notificationId"], "sent").await;
    assert_eq!(
        members(&sent),
        ["channel", "createdAt", "notificationId", "status", "template", "to"],
        "{sent}"
    );
    assert_eq!(sent["notificationId"], made["notificationId"]);
    assert_eq!((sent["channel"].as_str(), sent["template"].as_str()), (Some("sms"), Some("order_paid")));
    assert_eq!(sent["to"], format!("{}***{}", &phone[..3], &phone[phone.len() - 2..]));
    assert!(sent["createdAt"].as_str().unwrap() > began.as_str(), "{sent}");
}

#[tokio::test]
async fn who_was_told_may_see_it_and_others_learn_nothing() {
    let (anna, boris) = (customer().await, customer().await);
    let made = send(&wish("email", &anna.email, "order_paid")).await.expect(201);
    let id = made["notificationId"].as_str().unwrap();
    let own = anna.ask(get(&path(id))).await.expect(200);
    let first: String = anna.email.chars().take(1).collect();
    let domain = anna.email.split('@').nth(1).unwrap();
    assert_eq!(own["to"], format!("{first}***@{domain}"));
    boris.ask(get(&path(id))).await.problem(404, "not_found");
    for unknown in [Uuid::new_v4().to_string(), "7".to_owned()] {
        anna.ask(get(&path(&unknown))).await.problem(404, "not_found");
    }
}

#[tokio::test]
async fn nobody_sees_a_message_without_a_token() {
    wants_a_token(|| get(&path(&Uuid::new_v4().to_string()))).await;
}
