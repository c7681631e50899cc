//! Sending against injected answers: the emulator takes every message.

use aws_sdk_sqs::config::{BehaviorVersion, Credentials, Region, SharedCredentialsProvider};
use aws_smithy_http_client::test_util::{ReplayEvent, StaticReplayClient};
use aws_smithy_types::body::SdkBody;
use serde_json::{Value, json};

use super::*;

/// A queue that refuses the messages at `refused` of each batch.
pub(crate) fn queue(batches: usize, refused: &[usize]) -> (Sender, StaticReplayClient) {
    let failed: Vec<Value> = refused
        .iter()
        .map(|index| json!({"Id": index.to_string(), "SenderFault": false, "Code": "InternalError"}))
        .collect();
    let answer = json!({"Successful": [], "Failed": failed}).to_string();
    let event = |_| {
        let request = ::http::Request::builder().uri("https://sqs.test/").body(SdkBody::empty()).unwrap();
        let response = ::http::Response::builder().status(200).body(SdkBody::from(answer.as_str())).unwrap();
        ReplayEvent::new(request, response)
    };
    let replay = StaticReplayClient::new((0..batches).map(event).collect());
    let credentials = Credentials::new("id", "key", None, None, "test");
    let config = aws_types::SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-north-1"))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .http_client(replay.clone())
        .build();
    (Sender { client: Client::new(&config), url: "https://sqs.test/queue".to_owned() }, replay)
}

#[tokio::test]
async fn messages_go_in_batches_of_ten() {
    let (queue, replay) = queue(3, &[]);
    let messages: Vec<Value> = (0..23).map(|number| json!({"number": number})).collect();
    assert_eq!(queue.send(&messages).await.unwrap(), 23);
    let mut sent: Vec<Value> = Vec::new();
    let mut sizes = Vec::new();
    for request in replay.actual_requests() {
        let body: Value = serde_json::from_slice(request.body().bytes().unwrap()).unwrap();
        let entries = body["Entries"].as_array().unwrap();
        sizes.push(entries.len());
        let body_of = |entry: &Value| serde_json::from_str(entry["MessageBody"].as_str().unwrap()).unwrap();
        sent.extend(entries.iter().map(body_of));
    }
    sent.sort_by_key(|message| message["number"].as_u64());
    assert_eq!(sent, messages, "each of them once");
    assert_eq!(sizes, [10, 10, 3]);
}

#[tokio::test]
async fn what_the_queue_does_not_take_is_not_counted() {
    let (queue, _) = queue(2, &[1, 2]);
    assert_eq!(queue.send(&[0; 15]).await.unwrap(), 11);
}

#[tokio::test]
async fn nothing_is_sent_for_nothing() {
    let (queue, replay) = queue(0, &[]);
    assert_eq!(queue.send::<Value>(&[]).await.unwrap(), 0);
    assert_eq!(replay.actual_requests().count(), 0);
}

fn delivered(attributes: &Value) -> Message {
    let message = json!({"messageId": "m", "body": "{}", "receiptHandle": "r", "attributes": attributes});
    Message::delivered(serde_json::from_value(message).unwrap())
}

#[test]
fn a_message_knows_how_often_it_came() {
    assert_eq!(delivered(&json!({"ApproximateReceiveCount": "4"})).receives, 4);
    assert_eq!(delivered(&json!({})).receives, 1);
    assert_eq!(delivered(&json!({})).receipt.as_deref(), Some("r"));
}

#[test]
fn pauses_double_up_to_the_longest_and_differ_by_chance() {
    for receives in 0_u32..80 {
        let doubled = FIRST_PAUSE * 2_u32.pow(receives.saturating_sub(1).min(8));
        let least = doubled.min(LONGEST_PAUSE);
        let pause = pause(receives);
        assert!(least <= pause && pause <= least + least / 2, "{receives}: {pause:?}");
    }
}

/// The requests that the queue received after `outcome`.
async fn told(outcome: Result<(), Problem>) -> Vec<Value> {
    let (queue, replay) = queue(1, &[]);
    let postponing = Postponing { client: queue.client, url: queue.url };
    let message = delivered(&json!({"ApproximateReceiveCount": "3"}));
    assert_eq!(postponing.after(&message, outcome.clone()).await, outcome, "the outcome stays what it is");
    let body = |body: &[u8]| serde_json::from_slice(body).unwrap();
    replay.actual_requests().map(|request| body(request.body().bytes().unwrap())).collect()
}

#[tokio::test]
async fn only_what_may_pass_is_postponed() {
    let changes = told(Err(Problem::unavailable("Throttled"))).await;
    let [change] = changes.as_slice() else { panic!("{changes:?}") };
    assert_eq!(change["ReceiptHandle"], "r");
    let seconds = change["VisibilityTimeout"].as_u64().unwrap();
    assert!((120..=180).contains(&seconds), "{seconds}");
    assert!(told(Err(Problem::internal("broken"))).await.is_empty());
    assert!(told(Ok(())).await.is_empty());
}
