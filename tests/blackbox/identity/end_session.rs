//! `DELETE /api/v1/users/me/sessions/{id}`

use serde_json::json;
use uuid::Uuid;

use super::list_sessions::sessions;
use crate::harness::{Answer, PASSWORD, customer, delete, log_in, post, wants_a_token};

fn path(id: &str) -> String {
    format!("/api/v1/users/me/sessions/{id}")
}

#[tokio::test]
async fn one_session_ends_and_the_others_go_on() {
    let anna = customer().await;
    let (one, other) = (log_in(&anna.email, PASSWORD).await, log_in(&anna.email, PASSWORD).await);
    let refresh = async |session: &serde_json::Value| {
        let body = json!({"refreshToken": session["refreshToken"]});
        Answer::to(post("/api/v1/auth/refresh").json(&body)).await
    };
    // The newest first: `other`, then `one`.
    let id = sessions(&anna).await[1]["id"].as_str().unwrap().to_owned();
    let answer = anna.ask(delete(&path(&id))).await;
    assert_eq!((answer.status, answer.text.as_str()), (204, ""));
    refresh(&one).await.problem(401, "invalid_refresh_token");
    refresh(&other).await.expect(200);
    anna.ask(delete(&path(&id))).await.problem(404, "not_found");
}

#[tokio::test]
async fn anothers_session_is_not_there() {
    let (anna, boris) = (customer().await, customer().await);
    let id = sessions(&boris).await[0]["id"].as_str().unwrap().to_owned();
    anna.ask(delete(&path(&id))).await.problem(404, "not_found");
    anna.ask(delete(&path(&Uuid::new_v4().to_string()))).await.problem(404, "not_found");
    anna.ask(delete(&path("7"))).await.problem_at(400, "invalid_parameter", "/path/id");
    assert_eq!(sessions(&boris).await.len(), 1);
}

#[tokio::test]
async fn nobody_ends_a_session_without_a_token() {
    let path = path(&Uuid::new_v4().to_string());
    wants_a_token(|| delete(&path)).await;
}
