//! Transactions against injected answers: the emulator never gives the ones that matter most here.

use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};
use aws_smithy_http_client::test_util::{ReplayEvent, StaticReplayClient};
use aws_smithy_types::body::SdkBody;
use kernel::{Actor, Kind, Timestamp};
use serde_json::json;

use super::*;
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

fn dynamo(answers: Vec<(u16, String)>) -> (Dynamo, StaticReplayClient) {
    let events = answers.into_iter().map(|(status, body)| {
        let request =
            ::http::Request::builder().uri("https://dynamodb.test/").body(SdkBody::empty()).unwrap();
        let response = ::http::Response::builder().status(status).body(SdkBody::from(body)).unwrap();
        ReplayEvent::new(request, response)
    });
    let replay = StaticReplayClient::new(events.collect());
    let config = aws_types::SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-north-1"))
        .credentials_provider(aws_credential_types::provider::SharedCredentialsProvider::new(
            Credentials::new("id", "key", None, None, "test"),
        ))
        .http_client(replay.clone())
        .build();
    (Dynamo::new(&config), replay)
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

#[tokio::test]
async fn who_plans_is_told_of_a_conflict_at_once() {
    let (dynamo, replay) =
        dynamo(vec![canceled(&["TransactionConflict", "None"]), (MADE.0, MADE.1.to_owned())]);
    assert_eq!(dynamo.try_transact(two_writes(&dynamo)).await.unwrap(), Tried::Conflict);
    assert_eq!(replay.actual_requests().count(), 1);
    assert_eq!(dynamo.try_transact(two_writes(&dynamo)).await.unwrap(), Tried::Made);
}

#[tokio::test]
async fn patience_ends_with_the_call() {
    let call = call(600);
    let mut patience = Patience::new(&call);
    let mut pauses = 0;
    let problem = loop {
        match patience.pause().await {
            Ok(()) => pauses += 1,
            Err(problem) => break problem,
        }
    };
    assert!(pauses > 0);
    assert_eq!((problem.kind, problem.retry_after), (Kind::Unavailable, Some(1)));
}
