//! `DELETE /api/v1/users/me/sessions`

use serde_json::json;

use super::list_sessions::sessions;
use crate::harness::{Answer, PASSWORD, customer, delete, log_in, post, wants_a_token};

const SESSIONS: &str = "/api/v1/users/me/sessions";

#[tokio::test]
async fn every_session_ends_this_one_too() {
    let anna = customer().await;
    let session = log_in(&anna.email, PASSWORD).await;
    let answer = anna.ask(delete(SESSIONS)).await;
    assert_eq!((answer.status, answer.text.as_str()), (204, ""));
    assert!(sessions(&anna).await.is_empty());
    let body = json!({"refreshToken": session["refreshToken"]});
    Answer::to(post("/api/v1/auth/refresh").json(&body)).await.problem(401, "invalid_refresh_token");
    anna.ask(delete(SESSIONS)).await.expect(204);
    log_in(&anna.email, PASSWORD).await;
    assert_eq!(sessions(&anna).await.len(), 1);
}

#[tokio::test]
async fn nobody_ends_sessions_without_a_token() {
    wants_a_token(|| delete(SESSIONS)).await;
}
