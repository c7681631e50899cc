//! Updates outside a transaction against injected answers: the emulator never refuses one because of a transaction.

use kernel::{Actor, Kind, Timestamp};
use serde::Deserialize;
use serde_json::json;

use super::*;
use crate::dynamo::replay::dynamo;

#[derive(Debug, PartialEq, Eq, Deserialize)]
struct Counter {
    tries: u32,
}

/// The response of DynamoDB that refuses an update with the code `kind`.
fn refusal(kind: &str) -> (u16, String) {
    let kind = format!("com.amazonaws.dynamodb.v20120810#{kind}");
    (400, json!({"__type": kind, "message": "refused"}).to_string())
}

fn made() -> (u16, String) {
    (200, json!({"Attributes": {"tries": {"N": "3"}}}).to_string())
}

fn call(milliseconds: u64) -> InvocationContext {
    let end = u64::try_from(Timestamp::now().as_millis()).unwrap() + milliseconds;
    InvocationContext::new(end, "test".to_owned(), Actor::system("test"))
}

async fn update(
    answers: Vec<(u16, String)>,
    milliseconds: u64,
) -> (Result<Updated<Counter>, Problem>, usize) {
    let (dynamo, replay) = dynamo(answers);
    let count =
        Expression::update("ADD tries :one").when("tries < :most").number(":one", 1).number(":most", 5);
    let updated = dynamo.table("identity").update_now(&call(milliseconds), &Key::new("A", "1"), count).await;
    (updated, replay.actual_requests().count())
}

#[tokio::test]
async fn an_update_that_meets_a_transaction_is_tried_again() {
    let conflict = || refusal("TransactionConflictException");
    let (updated, requests) = update(vec![conflict(), conflict(), made()], 5_000).await;
    assert_eq!((updated, requests), (Ok(Updated::Made(Counter { tries: 3 })), 3));
}

#[tokio::test]
async fn a_conflict_that_outlasts_the_call_is_unavailable() {
    let (updated, requests) = update(vec![refusal("TransactionConflictException"); 60], 600).await;
    let problem = updated.unwrap_err();
    assert_eq!((problem.kind, problem.retry_after), (Kind::Unavailable, Some(1)));
    assert!(requests > 1, "{requests}");
}

#[tokio::test]
async fn a_condition_that_does_not_hold_is_final() {
    let (mut status, mut body) = refusal("ConditionalCheckFailedException");
    let (updated, requests) = update(vec![(status, body)], 5_000).await;
    assert_eq!((updated, requests), (Ok(Updated::Refused(None)), 1));
    (status, body) = refusal("ValidationException");
    let (updated, requests) = update(vec![(status, body)], 5_000).await;
    assert_eq!((updated.unwrap_err().kind, requests), (Kind::Internal, 1));
}

#[tokio::test]
async fn a_throttle_that_lasts_is_unavailable() {
    for kind in ["ProvisionedThroughputExceededException", "RequestLimitExceeded", "ThrottlingException"] {
        let problem = update(vec![refusal(kind); 9], 5_000).await.0.unwrap_err();
        assert_eq!((problem.kind, problem.retry_after), (Kind::Unavailable, Some(1)), "{kind}");
    }
}
