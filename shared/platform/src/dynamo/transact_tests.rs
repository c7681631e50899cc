//! Transactions against injected answers: the emulator never gives the ones that matter most here.

use aws_smithy_http_client::test_util::StaticReplayClient;
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

/// The response of DynamoDB while an attempt with the same token runs.
fn busy() -> String {
    json!({"__type": "com.amazonaws.dynamodb.v20120810#TransactionInProgressException", "Message": "busy"})
        .to_string()
}

/// The tokens of the attempts that were sent.
fn tokens(replay: &StaticReplayClient) -> Vec<String> {
    let token = |body: serde_json::Value| body["ClientRequestToken"].as_str().unwrap().to_owned();
    replay
        .actual_requests()
        .map(|sent| token(serde_json::from_slice(sent.body().bytes().unwrap()).unwrap()))
        .collect()
}

fn call(milliseconds: u64) -> InvocationContext {
    let end = u64::try_from(Timestamp::now().as_millis()).unwrap() + milliseconds;
    InvocationContext::new(end, "test".to_owned(), Actor::system("test"))
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
    assert!(dynamo.commit(&call(5_000), two_writes(&dynamo)).await.unwrap().is_committed());
    let tokens = tokens(&replay);
    assert_eq!(tokens.len(), 2);
    assert_eq!(tokens[0], tokens[1]);
}

#[tokio::test]
async fn a_conflict_that_lasts_is_unavailable_and_never_a_refusal() {
    let (dynamo, _) = dynamo(vec![canceled(&["TransactionConflict", "None"]); 60]);
    let problem = dynamo.commit(&call(600), two_writes(&dynamo)).await.unwrap_err();
    assert_eq!(problem.kind, Kind::Unavailable);
    assert_eq!(problem.retry_after, Some(1));
}

/// The other transaction may have changed the one item already and the other not yet.
#[tokio::test]
async fn a_refusal_says_whether_another_transaction_had_an_item() {
    for (other, contended) in [
        ("None", false),
        ("ConditionalCheckFailed", false),
        ("TransactionConflict", true),
        ("ThrottlingError", true),
        ("ProvisionedThroughputExceeded", true),
    ] {
        let (dynamo, _) = dynamo(vec![canceled(&[other, "ConditionalCheckFailed"])]);
        let commit = dynamo.commit(&call(5_000), two_writes(&dynamo)).await.unwrap();
        let Commit::Refused(refused) = commit else { panic!("{commit:?}") };
        assert!(refused.iter().all(|one| one.contended == contended), "{other}: {refused:?}");
    }
}

#[tokio::test]
async fn a_failed_condition_says_which_write_it_was() {
    let (dynamo, replay) = dynamo(vec![canceled(&["None", "ConditionalCheckFailed"])]);
    let commit = dynamo.commit(&call(5_000), two_writes(&dynamo)).await.unwrap();
    let Commit::Refused(refused) = commit else { panic!("{commit:?}") };
    assert_eq!(refused.iter().map(|one| one.reason).collect::<Vec<_>>(), ["short"]);
    assert_eq!(replay.actual_requests().count(), 1, "a refusal is final");
}

#[tokio::test]
async fn a_transaction_in_progress_is_waited_for() {
    let (dynamo, replay) = dynamo(vec![(400, busy()), (MADE.0, MADE.1.to_owned())]);
    assert!(dynamo.commit(&call(5_000), two_writes(&dynamo)).await.unwrap().is_committed());
    assert_eq!(replay.actual_requests().count(), 2);
}

#[tokio::test]
async fn who_plans_is_told_of_a_conflict_at_once() {
    let (dynamo, replay) =
        dynamo(vec![canceled(&["TransactionConflict", "None"]), (MADE.0, MADE.1.to_owned())]);
    let call = call(5_000);
    let mut backoff = ConflictBackoff::new(&call);
    assert!(dynamo.try_commit(&mut backoff, two_writes(&dynamo)).await.unwrap().is_none());
    assert_eq!(replay.actual_requests().count(), 1);
    let commit = dynamo.try_commit(&mut backoff, two_writes(&dynamo)).await.unwrap();
    assert!(commit.is_some_and(|commit| commit.is_committed()));
}

#[tokio::test]
async fn who_plans_does_not_plan_anew_beside_an_attempt_that_runs_still() {
    let (dynamo, replay) = dynamo(vec![(400, busy()), (MADE.0, MADE.1.to_owned())]);
    let call = call(5_000);
    let commit = dynamo.try_commit(&mut ConflictBackoff::new(&call), two_writes(&dynamo)).await.unwrap();
    assert!(commit.is_some_and(|commit| commit.is_committed()));
    assert_eq!(tokens(&replay).len(), 2);
    assert_eq!(tokens(&replay)[0], tokens(&replay)[1]);
}

#[tokio::test]
async fn patience_ends_with_the_call() {
    let call = call(600);
    let mut backoff = ConflictBackoff::new(&call);
    let mut pauses = 0;
    let problem = loop {
        match backoff.pause().await {
            Ok(()) => pauses += 1,
            Err(problem) => break problem,
        }
    };
    assert!(pauses > 0);
    assert_eq!((problem.kind, problem.retry_after), (Kind::Unavailable, Some(1)));
}

#[test]
fn a_window_grows_with_the_items_that_were_busy() {
    let millis = Duration::from_millis;
    // One item: binary exponential back-off.
    assert_eq!(widened(millis(20), 1), millis(40));
    assert_eq!(widened(millis(20), 0), millis(40), "a conflict that names no item is one at one item");
    assert_eq!(widened(millis(20), 5), millis(120));
    for busy in [0, 1, 5, 100, u32::MAX] {
        let mut window = BASE_PAUSE;
        for _ in 0..40 {
            let wider = widened(window, busy);
            assert!(wider >= window && wider <= LONGEST_PAUSE);
            window = wider;
        }
        assert_eq!(window, LONGEST_PAUSE);
    }
}

#[test]
fn a_pause_leaves_time_for_an_attempt() {
    let millis = Duration::from_millis;
    assert_eq!(shortened(millis(500), millis(10_000)), Some(millis(500)));
    assert_eq!(shortened(millis(500), LAST_ATTEMPT + millis(300)), Some(millis(300)));
    assert_eq!(shortened(millis(500), LAST_ATTEMPT), Some(BASE_PAUSE));
    assert_eq!(shortened(millis(500), millis(109)), None);
    assert_eq!(shortened(millis(500), Duration::ZERO), None);
}

#[tokio::test]
async fn patience_learns_how_many_items_were_busy() {
    let (dynamo, _) = dynamo(vec![
        canceled(&["TransactionConflict", "TransactionConflict"]),
        canceled(&["TransactionConflict", "None"]),
    ]);
    let call = call(5_000);
    let mut backoff = ConflictBackoff::new(&call);
    for busy in [2, 1] {
        assert!(dynamo.try_commit(&mut backoff, two_writes(&dynamo)).await.unwrap().is_none());
        assert_eq!(backoff.busy, busy);
    }
    backoff.pause().await.unwrap();
    assert_eq!((backoff.busy, backoff.window), (1, BASE_PAUSE * 2));
}

#[tokio::test]
async fn refusals_are_paused_for_when_they_do_not_end() {
    let call = call(5_000);
    let mut backoff = ConflictBackoff::new(&call);
    for _ in 0..UNPAUSED_REFUSALS {
        backoff.after_refusal().await.unwrap();
    }
    assert_eq!(backoff.attempt, 0);
    backoff.after_refusal().await.unwrap();
    assert_eq!(backoff.attempt, 1);
    let over = self::call(0);
    assert_eq!(ConflictBackoff::new(&over).after_refusal().await.unwrap_err().kind, Kind::Unavailable);
}
