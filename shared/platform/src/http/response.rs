//! The responses that are sent.

use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName};
use http::{HeaderMap, HeaderValue, StatusCode};
use kernel::Problem;
use serde::{Deserialize, Serialize};

use super::Surface;
use super::problem::PROBLEM_JSON;

/// The header that marks a response as the repeat of an earlier one: `true` on every replay.
pub const IDEMPOTENT_REPLAY: HeaderName = HeaderName::from_static("x-idempotent-replay");

/// An answer.
#[derive(Debug, Clone)]
pub struct Response {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: String,
    /// The body where it is no text; then `body` is empty.
    pub(super) bytes: Vec<u8>,
}

impl Response {
    /// A JSON answer.
    pub fn json(status: StatusCode, body: &impl Serialize) -> Result<Self, Problem> {
        let body = serde_json::to_string(body).map_err(Problem::internal)?;
        Ok(Self::new(status, "application/json", body))
    }

    /// 200 with a JSON body.
    pub fn ok(body: &impl Serialize) -> Result<Self, Problem> {
        Self::json(StatusCode::OK, body)
    }

    /// 201 with a JSON body.
    pub fn created(body: &impl Serialize) -> Result<Self, Problem> {
        Self::json(StatusCode::CREATED, body)
    }

    /// 204.
    pub fn no_content() -> Self {
        Self {
            status: StatusCode::NO_CONTENT,
            headers: HeaderMap::new(),
            body: String::new(),
            bytes: Vec::new(),
        }
    }

    /// An HTML page.
    pub fn html(status: StatusCode, page: impl Into<String>) -> Self {
        Self::new(status, "text/html; charset=utf-8", page.into())
    }

    /// 200 with comma-separated values.
    pub fn csv(body: String) -> Self {
        Self::new(StatusCode::OK, "text/csv; charset=utf-8", body)
    }

    /// 200 with text of a type that has no constructor of its own here.
    pub fn text(content_type: &'static str, body: impl Into<String>) -> Self {
        Self::new(StatusCode::OK, content_type, body.into())
    }

    /// 200 with a body that is no text, such as a picture or compressed data. The gateway receives it in base64, marked as such.
    pub fn binary(content_type: &'static str, bytes: Vec<u8>) -> Self {
        Self { bytes, ..Self::new(StatusCode::OK, content_type, String::new()) }
    }

    /// Sends a browser on to `location` with GET.
    pub fn see_other(location: &str) -> Result<Self, Problem> {
        let location = HeaderValue::from_str(location).map_err(Problem::internal)?;
        let mut reply = Self::no_content();
        reply.status = StatusCode::SEE_OTHER;
        reply.headers.insert(http::header::LOCATION, location);
        Ok(reply)
    }

    /// Sends a client on to `location` for good, with the same method and body (RFC 9110 section 15.4.9).
    pub fn permanent_redirect(location: &str) -> Result<Self, Problem> {
        let mut reply = Self::see_other(location)?;
        reply.status = StatusCode::PERMANENT_REDIRECT;
        Ok(reply)
    }

    pub(super) fn new(status: StatusCode, content_type: &'static str, body: String) -> Self {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        // What a customer sees is theirs; a route that may be cached says so itself.
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        Self { status, headers, body, bytes: Vec::new() }
    }

    /// The response to a repeat of the request that this was the first response to: marked, and 200 where that was 201.
    #[must_use]
    pub fn repeated(mut self) -> Self {
        if self.status == StatusCode::CREATED {
            self.status = StatusCode::OK;
        }
        self.header(IDEMPOTENT_REPLAY, "true")
    }

    /// Adds or replaces a header; a value that can't stand in one is left out.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.insert(name, value);
        }
        self
    }
}

/// A response as releases before the stored outcomes kept it for repeats: JSON, or a problem where the status says so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredResponse {
    /// The status that the first request was answered with.
    pub status: u16,
    /// The JSON body.
    pub body: String,
}

impl StoredResponse {
    /// The response to the repeat on `surface`.
    pub fn replay(self, surface: Surface) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::OK);
        let content_type = if status.is_client_error() { PROBLEM_JSON } else { "application/json" };
        let body = surface.respelled(self.body, status.is_client_error());
        Response::new(status, content_type, body).repeated()
    }
}
