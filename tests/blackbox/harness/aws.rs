//! The stack's functions, called as an operator with IAM rights would.

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_lambda::Client;
use aws_sdk_lambda::config::{BehaviorVersion, Region, SharedAsyncSleep};
use aws_sdk_lambda::primitives::Blob;
use aws_smithy_async::rt::sleep::TokioSleep;
use aws_smithy_async::time::SystemTimeSource;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use serde_json::Value;

use super::setting;

/// The Lambda API of the stack under test.
pub(crate) fn lambda() -> Client {
    let (id, key) = (setting("AWS_ACCESS_KEY_ID"), setting("AWS_SECRET_ACCESS_KEY"));
    let http = aws_smithy_http_client::Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https();
    let config = aws_types::SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(setting("AWS_REGION")))
        .endpoint_url(setting("AWS_ENDPOINT_URL"))
        .credentials_provider(SharedCredentialsProvider::new(Credentials::new(id, key, None, None, "tests")))
        .http_client(http)
        .sleep_impl(SharedAsyncSleep::new(TokioSleep::new()))
        .time_source(SystemTimeSource::new())
        .build();
    Client::new(&config)
}

/// Calls the function with the logical id `function`; answers its result, or `Err` with what it failed with.
pub(crate) async fn invoke(function: &str, event: &Value) -> Result<Value, Value> {
    invoke_raw(&format!("{}-{function}", setting("STACK_NAME")), event).await
}

/// Calls the function called `name`.
pub(crate) async fn invoke_raw(name: &str, event: &Value) -> Result<Value, Value> {
    let payload = Blob::new(event.to_string());
    let answer = lambda().invoke().function_name(name).payload(payload).send().await.unwrap();
    let body = answer.payload.map(Blob::into_inner).unwrap_or_default();
    let body = serde_json::from_slice(&body).unwrap_or(Value::Null);
    if answer.function_error.is_some() { Err(body) } else { Ok(body) }
}
