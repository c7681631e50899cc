//! `DELETE /api/v1/users/me/sessions`

use serde_json::json;

use super::list_sessions::sessions;
use crate::harness::{Answer, PASSWORD, customer, delete, get, log_in, post, wants_a_token};

const SESSIONS: &str = "/api/v1/users/me/sessions";

#[tokio::test]
async fn every_session_ends_this_one_too() {
    let anna = customer().await;
    let session = log_in(&anna.email, PASSWORD).await;
    let answer = anna.ask(delete(SESSIONS)).await;
    assert_eq!((answer.status, answer.text.as_str()), (204, ""));
    anna.ask(get(SESSIONS)).await.problem(401, "invalid_token");
    let body = json!({"refreshToken": session["refreshToken"]});
    Answer::to(post("/api/v1/auth/refresh").json(&body)).await.problem(401, "invalid_refresh_token");
    let again = anna.elsewhere().await;
    assert_eq!(sessions(&again).await.len(), 1);
}

/// The token lives on for minutes, and is good for nothing that matters: not after all sessions were ended, nor after the password was changed
/// in another one.
#[tokio::test]
async fn a_token_of_an_ended_session_does_nothing_sensitive() {
    let (anna, boris) = (customer().await, customer().await);
    anna.ask(delete(SESSIONS)).await.expect(204);
    let elsewhere = boris.elsewhere().await;
    let body = json!({"currentPassword": PASSWORD, "newPassword": "a wholly new password"});
    elsewhere.ask(post("/api/v1/auth/password/change").json(&body)).await.expect(204);
    for person in [&anna, &boris] {
        let session = format!("{SESSIONS}/{}", uuid::Uuid::new_v4());
        for request in [
            get("/api/v1/users/me/export"),
            get(SESSIONS),
            delete(SESSIONS),
            delete(&session),
            post("/api/v1/auth/password/change").json(&body),
            delete("/api/v1/users/me"),
            delete("/api/v1/users/me").json(&json!({"password": PASSWORD})),
        ] {
            person.ask(request).await.problem(401, "invalid_token");
        }
        person.ask(get("/api/v1/users/me")).await.expect(200);
    }
}

#[tokio::test]
async fn nobody_ends_sessions_without_a_token() {
    wants_a_token(|| delete(SESSIONS)).await;
}
