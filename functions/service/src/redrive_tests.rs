//! Redriving against injected answers of SQS: the emulator never refuses a message.

use aws_sdk_sqs::config::{BehaviorVersion, Config, Credentials, Region};
use aws_smithy_http_client::test_util::{ReplayEvent, StaticReplayClient};
use aws_smithy_types::body::SdkBody;
use kernel::{Actor, Timestamp};
use serde_json::{Value, json};

use super::*;

fn client(answers: &[(u16, Value)]) -> (Client, StaticReplayClient) {
    let events = answers.iter().map(|(status, body)| {
        let request = http::Request::builder().uri("https://sqs.test/").body(SdkBody::empty()).unwrap();
        let response = http::Response::builder().status(*status).body(SdkBody::from(body.to_string()));
        ReplayEvent::new(request, response.unwrap())
    });
    let replay = StaticReplayClient::new(events.collect());
    let config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-north-1"))
        .credentials_provider(Credentials::new("id", "key", None, None, "test"))
        .http_client(replay.clone())
        .build();
    (Client::from_conf(config), replay)
}

fn call(milliseconds: u64) -> InvocationContext {
    let end = u64::try_from(Timestamp::now().as_millis()).unwrap() + milliseconds;
    InvocationContext::new(end, "test".to_owned(), Actor::system("test"))
}

/// The actions that SQS received, with their bodies.
fn asked(replay: &StaticReplayClient) -> Vec<(String, Value)> {
    let asked = replay.actual_requests().map(|request| {
        let action = request.headers().get("x-amz-target").unwrap().trim_start_matches("AmazonSQS.");
        (action.to_owned(), serde_json::from_slice(request.body().bytes().unwrap()).unwrap())
    });
    asked.collect()
}

fn received() -> Value {
    json!({"Messages": [{
        "MessageId": "1", "ReceiptHandle": "r-1", "Body": "{}", "Attributes": {"AWSTraceHeader": "Root=1"},
        "MessageAttributes": {"RULE_ARN": {"DataType": "String", "StringValue": "arn"}},
    }]})
}

#[tokio::test]
async fn a_message_is_sent_as_it_was_and_then_taken_out() {
    let sent = json!({"MessageId": "2"});
    let (client, replay) =
        client(&[(200, received()), (200, sent), (200, json!({})), (200, json!({"Messages": []}))]);
    assert_eq!(empty(&client, &call(60_000), "dead", "source").await.unwrap(), 1);
    let asked = asked(&replay);
    let actions: Vec<&str> = asked.iter().map(|(action, _)| action.as_str()).collect();
    assert_eq!(actions, ["ReceiveMessage", "SendMessage", "DeleteMessage", "ReceiveMessage"]);
    assert_eq!(asked[1].1["QueueUrl"], "source");
    assert_eq!(asked[1].1["MessageAttributes"]["RULE_ARN"]["StringValue"], "arn");
    assert_eq!(asked[1].1["MessageSystemAttributes"]["AWSTraceHeader"]["StringValue"], "Root=1");
    assert_eq!(asked[2].1, json!({"QueueUrl": "dead", "ReceiptHandle": "r-1"}));
}

#[tokio::test]
async fn a_message_that_could_not_be_sent_stays_where_it_was() {
    let denied = json!({"__type": "com.amazonaws.sqs#AccessDenied", "message": "no"});
    let (client, replay) = client(&[(200, received()), (403, denied)]);
    assert!(empty(&client, &call(60_000), "dead", "source").await.is_err());
    assert!(asked(&replay).iter().all(|(action, _)| action != "DeleteMessage"));
}

#[tokio::test]
async fn nothing_is_begun_when_time_is_short() {
    let (client, replay) = client(&[]);
    assert_eq!(empty(&client, &call(3_000), "dead", "source").await.unwrap(), 0);
    assert!(asked(&replay).is_empty());
}
