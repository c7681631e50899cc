//! `GET /` and `GET /healthz`

use serde_json::json;

use crate::harness::{Answer, get, variables};

#[tokio::test]
async fn anybody_hears_who_answers_and_in_which_version() {
    for path in ["/", "/healthz"] {
        let answer = Answer::to(get(path)).await;
        assert_eq!(answer.header("content-type"), "application/json");
        assert_eq!(answer.header("cache-control"), "no-store");
        let version = env!("CARGO_PKG_VERSION");
        let commit = variables("GetHealth").await["COMMIT"].clone();
        let head = std::process::Command::new("git").args(["rev-parse", "HEAD"]).output().unwrap();
        let head = String::from_utf8(head.stdout).unwrap();
        assert!(
            head.trim().is_empty() || commit.starts_with(head.trim()),
            "{commit} is deployed, {head} checked out"
        );
        let expected = json!({"service": "holdfast", "status": "ok", "version": version, "commit": commit});
        assert_eq!(answer.expect(200), expected);
    }
}

#[tokio::test]
async fn a_token_is_of_no_interest() {
    Answer::to(get("/healthz").bearer_auth("nonsense")).await.expect(200);
}

#[tokio::test]
async fn an_answer_carries_its_request_and_what_the_request_belongs_to() {
    let answer = Answer::to(get("/healthz").header("x-correlation-id", "Trace_7.a-b")).await;
    assert!(!answer.header("x-request-id").is_empty());
    assert_eq!(answer.header("x-correlation-id"), "Trace_7.a-b");
    // What could not stand in a log line as it is, is not taken over.
    for given in ["", "two words", "<b>", &"x".repeat(129)] {
        let answer = Answer::to(get("/healthz").header("x-correlation-id", given)).await;
        assert_eq!(answer.header("x-correlation-id"), answer.header("x-request-id"), "{given}");
    }
}
