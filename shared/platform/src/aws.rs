//! One way to reach AWS: region and credentials from the environment, where Lambda puts them, and nothing else.
//!
//! No provider chain and no profile files are consulted: they cost a cold start and, on a developer's machine,
//! could reach an account by accident.

use std::error::Error;
use std::time::Duration;

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_async::rt::sleep::{SharedAsyncSleep, TokioSleep};
use aws_smithy_async::time::SystemTimeSource;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use aws_smithy_runtime_api::client::result::{ConnectorError, SdkError};
use aws_smithy_runtime_api::http::Response;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use aws_types::SdkConfig;
use aws_types::region::Region;
use hyper_util::client::legacy::Error as ClientError;
use kernel::Problem;

use crate::InitError;

/// Time in which a connection has to stand.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
/// Time for one attempt of one call.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(5);
/// Attempts of one call before its failure is reported.
const MAX_ATTEMPTS: u32 = 3;
/// Time for a call that is made once: afterwards it is not known whether it was made.
pub const ONCE_TIMEOUT: Duration = Duration::from_secs(5);
/// First pause of the SDK's own retries: DynamoDB answers in milliseconds, so long pauses only use up the deadline.
const INITIAL_BACKOFF: Duration = Duration::from_millis(25);

/// The configuration that every client is built from. `variable` looks up a required environment variable.
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

/// `config` for clients whose calls may not be made twice: one attempt, and no more time for it than [`ONCE_TIMEOUT`].
pub(crate) fn once(config: &SdkConfig) -> SdkConfig {
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .operation_attempt_timeout(ONCE_TIMEOUT)
        .operation_timeout(ONCE_TIMEOUT)
        .build();
    config.to_builder().retry_config(RetryConfig::disabled()).timeout_config(timeouts).build()
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
            context.raw().status().is_server_error() || context.err().code().is_some_and(may_pass_later)
        }
        SdkError::ConstructionFailure(_) => false,
        _ => true,
    };
    if may_pass { Problem::unavailable(describe(error)) } else { Problem::internal(describe(error)) }
}

/// Returns whether the service may have acted on a failed call. It has not where the call was never sent, and where it was refused: with a status
/// below 500, or for being too fast.
pub fn may_have_acted<E>(error: &SdkError<E, Response>) -> bool
where
    E: ProvideErrorMetadata,
{
    match error {
        SdkError::ConstructionFailure(_) => false,
        SdkError::DispatchFailure(failure) => {
            !failure.is_user() && !failure.as_connector_error().is_some_and(never_connected)
        }
        SdkError::ServiceError(context) => {
            context.raw().status().is_server_error() && !context.err().code().is_some_and(may_pass_later)
        }
        _ => true,
    }
}

/// True when no connection was made: the HTTP client's own error says so, somewhere below the SDK's.
fn never_connected(error: &ConnectorError) -> bool {
    let mut cause = Error::source(error);
    while let Some(inner) = cause {
        if inner.downcast_ref::<ClientError>().is_some_and(ClientError::is_connect) {
            return true;
        }
        cause = inner.source();
    }
    false
}

/// Codes by which AWS services say that nothing was done and the same request may pass later: "too fast" (the list of the SDK's own retries and
/// what `SQS` says for it), "too slow", and an item that a transaction of `DynamoDB` is writing.
fn may_pass_later(code: &str) -> bool {
    matches!(
        code,
        "BandwidthLimitExceeded"
            | "KmsThrottled"
            | "PriorRequestNotComplete"
            | "ProvisionedThroughputExceededException"
            | "RequestLimitExceeded"
            | "RequestThrottled"
            | "RequestThrottledException"
            | "RequestTimeout"
            | "RequestTimeoutException"
            | "SlowDown"
            | "Throttling"
            | "ThrottlingException"
            | "ThrottledException"
            | "TooManyRequestsException"
            | "TransactionConflictException"
            | "TransactionInProgressException"
    )
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;
    use std::io::{Read as _, Write as _};
    use std::net::{SocketAddr, TcpListener};
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use aws_sdk_dynamodb::Client;
    use aws_sdk_dynamodb::error::ErrorMetadata;
    use aws_sdk_dynamodb::operation::get_item::GetItemError;
    use aws_smithy_runtime_api::http::StatusCode;
    use aws_smithy_types::body::SdkBody;
    use kernel::Kind;

    use super::*;

    fn answered(status: u16, code: &str) -> Problem {
        let error = GetItemError::generic(ErrorMetadata::builder().code(code).build());
        let status = StatusCode::try_from(status).unwrap();
        problem(&SdkError::service_error(error, Response::new(status, SdkBody::empty())))
    }

    #[test]
    fn what_may_pass_is_unavailable_and_says_when_to_come_back() {
        for code in [
            "ProvisionedThroughputExceededException",
            "RequestLimitExceeded",
            "RequestThrottled",
            "RequestThrottledException",
            "RequestTimeout",
            "RequestTimeoutException",
            "SlowDown",
            "Throttling",
            "ThrottlingException",
            "ThrottledException",
            "TooManyRequestsException",
            "TransactionConflictException",
            "TransactionInProgressException",
        ] {
            let problem = answered(400, code);
            assert_eq!((problem.kind, problem.retry_after), (Kind::Unavailable, Some(1)), "{code}");
        }
        assert_eq!(answered(500, "InternalServerError").kind, Kind::Unavailable);
        for code in ["ValidationException", "ResourceNotFoundException", "AccessDeniedException"] {
            assert_eq!(answered(400, code).kind, Kind::Internal, "{code}");
        }
    }

    /// A service that takes every connection, reads a request and does `then`; counts requests.
    fn service(then: fn(&mut std::net::TcpStream)) -> (SocketAddr, Arc<AtomicUsize>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (address, requests) = (listener.local_addr().unwrap(), Arc::new(AtomicUsize::new(0)));
        let counter = Arc::clone(&requests);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                // A connection that the client closes unused is no request.
                if stream.read(&mut [0; 16_384]).is_ok_and(|read| read > 0) {
                    counter.fetch_add(1, Ordering::Relaxed);
                    then(&mut stream);
                }
            }
        });
        (address, requests)
    }

    /// True when a call that was sent once to the service at `address`, and failed, may have been carried out.
    async fn once_at(address: SocketAddr) -> bool {
        let variables = [
            ("AWS_REGION", "eu-north-1"),
            ("AWS_ACCESS_KEY_ID", "id"),
            ("AWS_SECRET_ACCESS_KEY", "key"),
            ("AWS_ENDPOINT_URL", &format!("http://{address}")),
        ];
        let variables: HashMap<String, String> =
            variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let client = Client::new(&crate::Init::from_variables(variables).unwrap().aws_once());
        may_have_acted(&client.list_tables().send().await.unwrap_err())
    }

    #[tokio::test]
    async fn a_client_without_retries_sends_a_failed_call_once() {
        let (broken, requests) = service(|_| {});
        assert!(once_at(broken).await, "the connection broke after the request was sent");
        assert_eq!(requests.load(Ordering::Relaxed), 1);
        let (failing, requests) = service(|stream| {
            stream.write_all(b"HTTP/1.1 500 Oops\r\ncontent-length: 2\r\n\r\n{}").unwrap();
        });
        assert!(once_at(failing).await, "a 500 says nothing about what was done");
        assert_eq!(requests.load(Ordering::Relaxed), 1);
        let (silent, requests) = service(|_| std::thread::sleep(ONCE_TIMEOUT * 2));
        assert!(once_at(silent).await, "no answer came in time");
        assert_eq!(requests.load(Ordering::Relaxed), 1);
    }

    #[tokio::test]
    async fn a_call_that_was_refused_or_never_sent_was_not_made() {
        let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        assert!(!once_at(closed).await, "nothing listens there");
        let (refusing, _) = service(|stream| {
            stream.write_all(b"HTTP/1.1 400 No\r\ncontent-length: 2\r\n\r\n{}").unwrap();
        });
        assert!(!once_at(refusing).await);
        let (throttling, _) = service(|stream| {
            let head =
                "HTTP/1.1 503 Slow\r\nx-amzn-errortype: ThrottlingException\r\ncontent-length: 2\r\n\r\n{}";
            stream.write_all(head.as_bytes()).unwrap();
        });
        assert!(!once_at(throttling).await);
    }
}
