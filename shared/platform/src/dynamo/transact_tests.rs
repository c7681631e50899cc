//! Transactions against injected answers: the emulator never gives the ones that matter most here.

use kernel::{Actor, Kind, Timestamp};
use serde_json::json;

use super::*;
use crate::dynamo::replay::dynamo;
use crate::dynamo::{Expression, Key};

const MADE: (u16, &str) = (200, "{}");

fn canceled(reasons: &[&str]) -> (u16, String) {
    let reasons: Vec<_> = reasons.iter().map(|code| json!({"Code": code})).collect();
    let body = json!({
        "__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
        "message": "Transaction cancelled",
        "CancellationReasons": reasons,
    });
    (400, body.to_string())
}

fn call(milliseconds: u64) -> Call {
    let end = u64::try_from(Timestamp::now().as_millis()).unwrap() + milliseconds;
    Call::new(end, "test".to_owned(), Actor::system("test"))
}

fn two_writes(dynamo: &Dynamo) -> Vec<Write<&'static str>> {
    let table = dynamo.table("stock");
    let take =
        Expression::update("SET available = available - :q").when("available >= :q").value(":q", 1).unwrap();
    vec![
        table.put_new(&Key::new("A", "1"), &json!({}), "exists").unwrap(),
        table.update(&Key::new("B", "1"), take, "short").unwrap(),
    ]
}

#[tokio::test]
async fn a_conflict_is_tried_again_with_the_same_token() {
    let answers = vec![canceled(&["None", "TransactionConflict"]), (MADE.0, MADE.1.to_owned())];
    let (dynamo, replay) = dynamo(answers);
    dynamo.transact(&call(5_000), two_writes(&dynamo)).await.unwrap();
    let tokens: Vec<_> = replay
        .actual_requests()
        .map(|sent| {
            let body: serde_json::Value = serde_json::from_slice(sent.body().bytes().unwrap()).unwrap();
            body["ClientRequestToken"].as_str().unwrap().to_owned()
        })
        .collect();
    assert_eq!(tokens.len(), 2);
    assert_eq!(tokens[0], tokens[1]);
}

#[tokio::test]
async fn a_conflict_that_lasts_is_unavailable_and_never_a_refusal() {
    let (dynamo, _) = dynamo(vec![canceled(&["TransactionConflict", "None"]); 60]);
    let error = dynamo.transact(&call(600), two_writes(&dynamo)).await.unwrap_err();
    let TransactError::Failed(problem) = error else { panic!("{error:?}") };
    assert_eq!(problem.kind, Kind::Unavailable);
    assert_eq!(problem.retry_after, Some(1));
}

#[tokio::test]
async fn a_failed_condition_says_which_write_it_was() {
    let (dynamo, replay) = dynamo(vec![canceled(&["None", "ConditionalCheckFailed"])]);
    let error = dynamo.transact(&call(5_000), two_writes(&dynamo)).await.unwrap_err();
    let TransactError::Refused(refused) = error else { panic!("{error:?}") };
    assert_eq!(refused.iter().map(|one| one.reason).collect::<Vec<_>>(), ["short"]);
    assert_eq!(replay.actual_requests().count(), 1, "a refusal is final");
}

#[tokio::test]
async fn a_transaction_in_progress_is_waited_for() {
    let busy = json!({"__type": "com.amazonaws.dynamodb.v20120810#TransactionInProgressException", "Message": "busy"});
    let (dynamo, replay) = dynamo(vec![(400, busy.to_string()), (MADE.0, MADE.1.to_owned())]);
    dynamo.transact(&call(5_000), two_writes(&dynamo)).await.unwrap();
    assert_eq!(replay.actual_requests().count(), 2);
}
