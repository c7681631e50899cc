//! `POST /api/v1/auth/verify/email/send`

use serde_json::{Value, json};

use super::sending::{self, EMAIL, unique_network};
use crate::harness::{names_the_member_at_fault, post, wants_a_json_object};

#[tokio::test]
async fn the_answer_is_the_same_for_everybody() {
    sending::tells_nothing(EMAIL).await;
}

#[tokio::test]
async fn another_code_waits_and_replaces_the_one_before() {
    sending::waits_between_codes(EMAIL).await;
}

#[tokio::test]
async fn a_login_is_sent_five_in_an_hour() {
    sending::is_bounded_by_login(EMAIL).await;
}

#[tokio::test]
async fn a_network_asks_for_so_many_and_no_more() {
    let network = unique_network();
    let mut accepted = 0;
    loop {
        let answer = EMAIL.send_from(&format!("{network}::{accepted:x}"), &EMAIL.nobodys()).await;
        if answer.status != 202 {
            answer.problem(429, "too_many_attempts");
            break;
        }
        accepted += 1;
    }
    // The quarter of an hour may have turned in between.
    assert!((30..60).contains(&accepted), "{accepted}");
}

#[tokio::test]
async fn what_is_not_understood_is_named() {
    let send = || post("/api/v1/auth/verify/email/send");
    let cases =
        [("email", Value::Null), ("email", json!("x")), ("email", json!(7)), ("code", json!("012345"))];
    names_the_member_at_fault(&json!({"email": EMAIL.nobodys()}), cases, send).await;
    wants_a_json_object(send).await;
}
