//! The signed callbacks by which the sandbox reports decisions.

use std::time::Duration;

use kernel::{Problem, Timestamp};
use platform::InitError;
use standardwebhooks::{HEADER_WEBHOOK_ID, HEADER_WEBHOOK_SIGNATURE, HEADER_WEBHOOK_TIMESTAMP};

use super::{Decision, SandboxPayment, SandboxStatus, declined};
use crate::callback::{CallbackBody, CallbackSecret};
use crate::provider::CallbackStatus;

/// The time that the sandbox allows Holdfast to accept a callback: less than the function that waits may run.
const CALLBACK_TIMEOUT: Duration = Duration::from_secs(10);

impl From<CallbackStatus> for Decision {
    fn from(status: CallbackStatus) -> Self {
        match status {
            CallbackStatus::Succeeded => Self::Pay,
            CallbackStatus::Failed => Self::Decline,
        }
    }
}

/// The callback about `payment`; `None` while it is undecided.
pub fn body(payment: &SandboxPayment) -> Option<CallbackBody> {
    match payment.status {
        SandboxStatus::Failing | SandboxStatus::Pending | SandboxStatus::Late | SandboxStatus::Cancelled => {
            None
        }
        SandboxStatus::Paid => Some(CallbackBody {
            status: CallbackStatus::Succeeded,
            failure_code: None,
            failure_message: None,
        }),
        SandboxStatus::Declined => {
            let failure = declined();
            let (failure_code, failure_message) = (failure.code, failure.message);
            Some(CallbackBody { status: CallbackStatus::Failed, failure_code, failure_message })
        }
    }
}

/// Sends the decision to Holdfast at `url`; true when the message was accepted.
pub async fn send(
    client: &reqwest::Client,
    secret: &CallbackSecret,
    url: &str,
    payment: &SandboxPayment,
    body: &CallbackBody,
) -> Result<bool, Problem> {
    let id = format!("{}.{}", payment.payment_id, payment.reference);
    let now = Timestamp::now();
    let body = serde_json::to_string(body).map_err(Problem::internal)?;
    let sent = client
        .post(url)
        .header("content-type", "application/json")
        .header(HEADER_WEBHOOK_ID, &id)
        .header(HEADER_WEBHOOK_TIMESTAMP, now.as_seconds().to_string())
        .header(HEADER_WEBHOOK_SIGNATURE, secret.sign(&id, now, &body)?)
        .body(body)
        .send()
        .await;
    match sent {
        Ok(answer) if answer.status().is_success() => Ok(true),
        Ok(answer) => {
            tracing::warn!(status = answer.status().as_u16(), "the shop did not take the callback");
            Ok(false)
        }
        Err(error) => {
            tracing::warn!(error = %error.without_url(), "the shop could not be reached for the callback");
            Ok(false)
        }
    }
}

/// The client that sends callbacks. Redirects are not followed: a callback must not reach another address than the configured one.
pub fn client() -> Result<reqwest::Client, InitError> {
    // Another part of the process may have chosen the same provider before; that is fine.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
        .timeout(CALLBACK_TIMEOUT)
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .map_err(|error| InitError::new("the callback client", error))
}
