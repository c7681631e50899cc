//! The reasons for which requests are refused, and their problems: the only place of this context's codes and texts.

use kernel::{Kind, Problem};
use platform::auth::Scope;

/// The reasons for which endpoints and deliveries are not found or changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WebhookRefusal {
    EndpointNotFound,
    DeliveryNotFound,
    EndpointDisabled,
    /// The stage has the `limit` of endpoints.
    TooManyEndpoints {
        limit: u64,
    },
    /// The caller lost `scope` after the access token was issued.
    ScopeLost(Scope),
}

impl From<WebhookRefusal> for Problem {
    fn from(refusal: WebhookRefusal) -> Self {
        match refusal {
            WebhookRefusal::EndpointNotFound => Problem::not_found("There is no such webhook endpoint."),
            WebhookRefusal::DeliveryNotFound => {
                Problem::not_found("There is no such delivery to this webhook endpoint.")
            }
            WebhookRefusal::EndpointDisabled => {
                Problem::conflict("endpoint_disabled", "The endpoint is disabled; enable it first.")
            }
            WebhookRefusal::TooManyEndpoints { limit } => {
                let detail = format!("There are {limit} webhook endpoints already; remove one first.");
                Problem::conflict("too_many_endpoints", detail)
            }
            WebhookRefusal::ScopeLost(scope) => {
                let scope = scope.name();
                let detail = format!("This needs the scope {scope}, which was taken away.");
                Problem::new(Kind::Forbidden, "insufficient_scope", detail).with("scope", scope)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_refusal_is_a_problem() {
        let scope_lost = "This needs the scope webhooks:write, which was taken away.";
        for (refusal, problem) in [
            (WebhookRefusal::EndpointNotFound, Problem::not_found("There is no such webhook endpoint.")),
            (
                WebhookRefusal::DeliveryNotFound,
                Problem::not_found("There is no such delivery to this webhook endpoint."),
            ),
            (
                WebhookRefusal::EndpointDisabled,
                Problem::conflict("endpoint_disabled", "The endpoint is disabled; enable it first."),
            ),
            (
                WebhookRefusal::TooManyEndpoints { limit: 100 },
                Problem::conflict(
                    "too_many_endpoints",
                    "There are 100 webhook endpoints already; remove one first.",
                ),
            ),
            (
                WebhookRefusal::ScopeLost(Scope::WebhooksWrite),
                Problem::new(Kind::Forbidden, "insufficient_scope", scope_lost)
                    .with("scope", "webhooks:write"),
            ),
        ] {
            assert_eq!(Problem::from(refusal), problem);
        }
    }
}
