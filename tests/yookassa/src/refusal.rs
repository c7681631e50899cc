//! Errors as the API shows them (yookassa.ru/developers/using-api/response-handling/http-codes).

use axum::http::StatusCode;
use axum::http::header::RETRY_AFTER;
use axum::response::{IntoResponse, Response};
use serde_json::json;
use uuid::Uuid;

/// Why something is not done.
#[derive(Debug, Clone)]
pub(crate) struct Refusal {
    status: StatusCode,
    code: &'static str,
    description: String,
    parameter: Option<String>,
    retry_after: Option<u32>,
}

impl Refusal {
    fn new(status: StatusCode, code: &'static str, description: impl Into<String>) -> Self {
        Self { status, code, description: description.into(), parameter: None, retry_after: None }
    }

    /// A member of the body is wrong.
    pub(crate) fn of(parameter: &str, description: impl Into<String>) -> Self {
        let refusal = Self::new(StatusCode::BAD_REQUEST, "invalid_request", description);
        Self { parameter: Some(parameter.to_owned()), ..refusal }
    }

    /// The member at fault.
    #[cfg(test)]
    pub(crate) fn parameter(&self) -> Option<&str> {
        self.parameter.as_deref()
    }

    /// A header is wrong.
    pub(crate) fn of_header(name: &str, description: impl Into<String>) -> Self {
        Self::of(name, description)
    }

    /// The object is not in a state that allows this.
    pub(crate) fn wrong_state(description: &str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "invalid_request", description)
    }

    pub(crate) fn not_found(what: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", format!("{what} doesn't exist or access denied"))
    }

    pub(crate) fn unauthorized() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "invalid_credentials", "Login or password is wrong")
    }

    pub(crate) fn throttled(retry_after: Option<u32>) -> Self {
        let refusal = Self::new(StatusCode::TOO_MANY_REQUESTS, "too_many_requests", "Too many requests");
        Self { retry_after, ..refusal }
    }

    pub(crate) fn internal() -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal_server_error", "Something went wrong")
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut body = json!({
            "type": "error",
            "id": Uuid::new_v4(),
            "code": self.code,
            "description": self.description,
        });
        if let Some(parameter) = self.parameter {
            body["parameter"] = json!(parameter);
        }
        let mut response = (self.status, axum::Json(body)).into_response();
        if let Some(seconds) = self.retry_after {
            response.headers_mut().insert(RETRY_AFTER, seconds.into());
        }
        response
    }
}
