//! `POST /api/v1/auth/password/reset/request`

use serde_json::{Value, json};

use super::sending::{EMAIL, PHONE, Way, accepted, paused, unique_address};
use crate::harness::{
    Answer, customer, everything_in, post, post_from, unique_email, unique_phone, wants_a_json_object,
};

/// Asks for a token to be sent to `login`.
pub(super) async fn request(way: Way, login: &str) -> Answer {
    let path = "/api/v1/auth/password/reset/request";
    post_from(&unique_address(), "RequestPasswordReset", path, &json!({way.by: login})).await
}

#[tokio::test]
async fn the_answer_is_the_same_for_everybody() {
    let anna = customer().await;
    for way in [EMAIL, PHONE] {
        let known = accepted(request(way, &way.login(&anna)).await);
        assert_eq!(known, accepted(request(way, &way.nobodys()).await));
    }
}

#[tokio::test]
async fn another_token_waits_for_everybody() {
    for login in [customer().await.email, unique_email()] {
        accepted(request(EMAIL, &login).await);
        paused(request(EMAIL, &login).await);
    }
}

#[tokio::test]
async fn the_token_stands_nowhere_but_in_the_message() {
    let anna = customer().await;
    accepted(request(EMAIL, &anna.email).await);
    let token = EMAIL.token(&anna.email, 1).await;
    for table in ["IDENTITY_TABLE", "JOURNAL_TABLE", "NOTIFICATIONS_TABLE", "IDEMPOTENCY_TABLE"] {
        assert!(!everything_in(table).await.contains(&token), "{table}");
    }
    let journal = everything_in("JOURNAL_TABLE").await;
    assert!(journal.contains(&anna.id), "and what was searched is there");
    assert!(!journal.contains(&anna.email) && !journal.contains(&anna.phone));
}

#[tokio::test]
async fn exactly_one_login_is_named() {
    let ask = || post("/api/v1/auth/password/reset/request");
    let both = json!({"email": unique_email(), "phone": unique_phone()});
    for body in [json!({}), both, json!({"email": null})] {
        let problem = Answer::to(ask().json(&body)).await.problem(422, "invalid_input");
        let pointers: Vec<&Value> =
            problem["errors"].as_array().unwrap().iter().map(|error| &error["pointer"]).collect();
        assert_eq!(pointers, ["/email", "/phone"], "{body}");
    }
    Answer::to(ask().json(&json!({"email": "anna"}))).await.problem_at(422, "invalid_input", "/email");
    Answer::to(ask().json(&json!({"phone": "one"}))).await.problem_at(422, "invalid_input", "/phone");
    wants_a_json_object(ask).await;
}
