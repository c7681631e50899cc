//! Counts the requests that DynamoDB throttles.
//!
//! The SDK repeats a throttled request by itself, so its callers see no more than a slow call. `CloudWatch` has figures by table, more tables than
//! one alarm may evaluate; here every attempt of every function is counted, for any table.

use aws_sdk_dynamodb::config::interceptors::FinalizerInterceptorContextRef;
use aws_sdk_dynamodb::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_dynamodb::error::BoxError;
use serde::Deserialize;

use super::usage;

/// Counts each attempt that was answered with a throttle.
#[derive(Debug)]
pub(super) struct CountThrottles;

impl Intercept for CountThrottles {
    fn name(&self) -> &'static str {
        "CountThrottles"
    }

    fn read_after_attempt(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let refused = context.response().filter(|response| response.status().is_client_error());
        if refused.and_then(|response| response.body().bytes()).is_some_and(is_throttle) {
            usage::throttle();
        }
        Ok(())
    }
}

/// An error, as DynamoDB words it.
#[derive(Deserialize)]
struct Refusal {
    #[serde(rename = "__type", default)]
    kind: String,
    #[serde(rename = "CancellationReasons", default)]
    reasons: Vec<Reason>,
}

#[derive(Deserialize)]
struct Reason {
    #[serde(rename = "Code", default)]
    code: String,
}

/// True when the response says "slow down" (`DynamoDB` developer guide, "Error handling": for the request, or for one write of a transaction).
fn is_throttle(body: &[u8]) -> bool {
    let Ok(Refusal { kind, reasons }) = serde_json::from_slice(body) else { return false };
    let kind = kind.rsplit('#').next().unwrap_or_default();
    let whole = ["ProvisionedThroughputExceededException", "RequestLimitExceeded", "ThrottlingException"];
    let part = ["ProvisionedThroughputExceeded", "ThrottlingError"];
    whole.contains(&kind) || reasons.iter().any(|reason| part.contains(&reason.code.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_throttle_is_told_from_other_refusals() {
        for (body, throttled) in [
            (
                r#"{"__type": "com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException"}"#,
                true,
            ),
            (r#"{"__type": "com.amazon.coral.availability#ThrottlingException", "message": "slow"}"#, true),
            (
                r#"{"__type": "x#TransactionCanceledException", "CancellationReasons": [{"Code": "None"}, {"Code": "ThrottlingError"}]}"#,
                true,
            ),
            (
                r#"{"__type": "x#TransactionCanceledException", "CancellationReasons": [{"Code": "TransactionConflict"}]}"#,
                false,
            ),
            (r#"{"__type": "x#ConditionalCheckFailedException"}"#, false),
            ("<html>", false),
        ] {
            assert_eq!(is_throttle(body.as_bytes()), throttled, "{body}");
        }
    }
}
