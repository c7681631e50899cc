//! One way to reach AWS: region and credentials from the environment, where Lambda puts them, and nothing else.
//!
//! No provider chain and no profile files are consulted: they cost a cold start and, on a developer's machine,
//! could reach an account that nobody meant.

use std::time::Duration;

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_async::rt::sleep::{SharedAsyncSleep, TokioSleep};
use aws_smithy_async::time::SystemTimeSource;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_runtime_api::http::Response;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use aws_types::SdkConfig;
use aws_types::region::Region;
use kernel::Problem;

use crate::init::InitError;

/// Time in which a connection has to stand.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
/// Time for one attempt of one call.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(5);
/// Attempts of one call before its failure is reported.
const MAX_ATTEMPTS: u32 = 3;
/// First pause of the SDK's own retries: DynamoDB answers in milliseconds, so long pauses only use up the deadline.
const INITIAL_BACKOFF: Duration = Duration::from_millis(25);

/// What every client is built from. `variable` looks up a required environment variable.
pub(crate) fn sdk_config(
    variable: impl Fn(&str) -> Result<String, InitError>,
) -> Result<SdkConfig, InitError> {
    let credentials = Credentials::new(
        variable("AWS_ACCESS_KEY_ID")?,
        variable("AWS_SECRET_ACCESS_KEY")?,
        variable("AWS_SESSION_TOKEN").ok(),
        None,
        "environment",
    );
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .operation_attempt_timeout(ATTEMPT_TIMEOUT)
        .build();
    let retries =
        RetryConfig::standard().with_max_attempts(MAX_ATTEMPTS).with_initial_backoff(INITIAL_BACKOFF);
    let mut config = SdkConfig::builder()
        .behavior_version(aws_sdk_dynamodb::config::BehaviorVersion::latest())
        .region(Region::new(variable("AWS_REGION")?))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .http_client(
            aws_smithy_http_client::Builder::new()
                .tls_provider(Provider::Rustls(CryptoMode::Ring))
                .build_https(),
        )
        .sleep_impl(SharedAsyncSleep::new(TokioSleep::new()))
        .time_source(SystemTimeSource::new())
        .timeout_config(timeouts)
        .retry_config(retries);
    if let Ok(endpoint) = variable("AWS_ENDPOINT_URL") {
        config = config.endpoint_url(endpoint);
    }
    Ok(config.build())
}

/// An SDK failure in words for the log: the service's code and message, or what broke on the way.
pub fn describe<E>(error: &SdkError<E, Response>) -> String
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    match error.as_service_error() {
        Some(service) => {
            format!("{}: {}", service.code().unwrap_or("unknown"), service.message().unwrap_or("no message"))
        }
        None => aws_smithy_types::error::display::DisplayErrorContext(error).to_string(),
    }
}

/// An SDK failure as a problem: what may pass is `unavailable`, what will not is `internal`.
pub fn problem<E>(error: &SdkError<E, Response>) -> Problem
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    let may_pass = match error {
        SdkError::ServiceError(context) => {
            context.raw().status().is_server_error() || context.err().code().is_some_and(is_throttle)
        }
        SdkError::ConstructionFailure(_) => false,
        _ => true,
    };
    if may_pass { Problem::unavailable(describe(error)) } else { Problem::internal(describe(error)) }
}

/// Codes by which AWS services say "too fast".
fn is_throttle(code: &str) -> bool {
    matches!(
        code,
        "ProvisionedThroughputExceededException"
            | "RequestLimitExceeded"
            | "Throttling"
            | "ThrottlingException"
            | "ThrottledException"
            | "TooManyRequestsException"
    )
}
