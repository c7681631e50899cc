//! `GET /api/v1/users/me/sessions`, and how many there may be.

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::harness::{Answer, PASSWORD, Person, customer, get, log_in, members, post, wants_a_token};

const SESSIONS: &str = "/api/v1/users/me/sessions";
/// Sessions that an account has at most.
const MAX_SESSIONS: usize = 20;

/// The sessions of `person`, the newest first.
pub(super) async fn sessions(person: &Person) -> Vec<Value> {
    let body = person.ask(get(SESSIONS)).await.expect(200);
    body["items"].as_array().unwrap().clone()
}

#[tokio::test]
async fn a_person_sees_their_sessions_and_which_one_asks() {
    let anna = customer().await;
    let elsewhere = anna.elsewhere().await;
    let seen = sessions(&anna).await;
    assert_eq!(seen.len(), 2);
    let current = |seen: &[Value]| seen.iter().map(|one| one["current"] == true).collect::<Vec<_>>();
    assert_eq!(current(&seen), [false, true]);
    assert_eq!(current(&sessions(&elsewhere).await), [true, false]);
    for session in &seen {
        assert_eq!(
            members(session),
            ["current", "expiresAt", "id", "lastUsedAt", "startedAt"],
            "no hash, no token"
        );
    }
    assert!(seen[0]["startedAt"].as_str() >= seen[1]["startedAt"].as_str());
    assert_eq!(sessions(&customer().await).await.len(), 1, "and nobody else's");
}

#[tokio::test]
async fn the_twenty_first_login_ends_the_oldest_session() {
    let anna = customer().await;
    let oldest = sessions(&anna).await[0]["id"].clone();
    let second = log_in(&anna.email, PASSWORD).await;
    for _ in 2..MAX_SESSIONS {
        log_in(&anna.email, PASSWORD).await;
    }
    let full = sessions(&anna).await;
    assert_eq!(full.len(), MAX_SESSIONS);
    assert!(full.iter().any(|session| session["id"] == oldest));
    // The oldest session is the one that asked so far: its token sees nothing any more.
    let newest = anna.elsewhere().await;
    anna.ask(get(SESSIONS)).await.problem(401, "invalid_token");
    let after = sessions(&newest).await;
    assert_eq!(after.len(), MAX_SESSIONS);
    assert!(!after.iter().any(|session| session["id"] == oldest));
    let refresh = json!({"refreshToken": second["refreshToken"]});
    Answer::to(post("/api/v1/auth/refresh").json(&refresh)).await.expect(200);
}

#[tokio::test]
async fn logins_at_one_instant_keep_the_limit() {
    let anna = customer().await;
    for _ in 0..MAX_SESSIONS - 3 {
        log_in(&anna.email, PASSWORD).await;
    }
    join_all((0..6).map(|_| log_in(&anna.email, PASSWORD))).await;
    assert_eq!(sessions(&anna.elsewhere().await).await.len(), MAX_SESSIONS);
}

#[tokio::test]
async fn nobody_is_seen_without_a_token() {
    wants_a_token(|| get(SESSIONS)).await;
}
