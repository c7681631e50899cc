//! A DynamoDB stub that returns the given responses, one after the other.

use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};
use aws_smithy_http_client::test_util::{ReplayEvent, StaticReplayClient};
use aws_smithy_types::body::SdkBody;

use super::Dynamo;

/// The client, and what it was asked.
pub(super) fn dynamo(answers: Vec<(u16, String)>) -> (Dynamo, StaticReplayClient) {
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
