//! Answers that check themselves.

use reqwest::header::HeaderMap;
use reqwest::{RequestBuilder, Response};
use serde_json::Value;

use super::document::Sent;

/// What the API answered.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    /// The status.
    pub(crate) status: u16,
    /// The headers.
    pub(crate) headers: HeaderMap,
    /// The body as text.
    pub(crate) text: String,
    /// The body as JSON; null when it isn't.
    pub(crate) body: Value,
}

impl Answer {
    /// Sends `request` and reads the answer. The API document has to allow both.
    pub(crate) async fn to(request: RequestBuilder) -> Self {
        let (client, request) = request.build_split();
        let request = request.unwrap();
        let sent = Sent::of(&request);
        let answer = Self::read(client.execute(request).await.unwrap()).await;
        sent.hold_against_document(&answer);
        answer
    }

    async fn read(response: Response) -> Self {
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let text = response.text().await.unwrap();
        let body = serde_json::from_str(&text).unwrap_or(Value::Null);
        let answer = Self { status, headers, text, body };
        if answer.status == 401 {
            // RFC 9110 section 15.5.2.
            assert!(
                !answer.header("www-authenticate").is_empty(),
                "a 401 without a challenge: {}",
                answer.text
            );
        }
        // The gateway answers some requests itself, without an id, and takes no headers for those.
        if answer.headers.contains_key("x-request-id") {
            assert_eq!(answer.header("x-content-type-options"), "nosniff");
            assert_eq!(answer.header("strict-transport-security"), "max-age=31536000");
        }
        answer
    }

    /// The JSON body of an answer with this status.
    #[track_caller]
    pub(crate) fn expect(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.text);
        self.body
    }

    /// The header `name`; empty when there is none.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// A problem in the form of RFC 9457 with this status and code; answers its body.
    #[track_caller]
    pub(crate) fn problem(self, status: u16, code: &str) -> Value {
        assert_eq!(self.status, status, "{}", self.text);
        assert_eq!(self.header("content-type"), "application/problem+json", "{}", self.text);
        assert_eq!(self.body["code"], code, "{}", self.text);
        assert_eq!(self.body["status"], status, "{}", self.text);
        assert_eq!(self.body["type"], format!("urn:holdfast:problem:{code}"));
        for member in ["title", "detail", "instance", "requestId"] {
            assert!(
                self.body[member].as_str().is_some_and(|text| !text.is_empty()),
                "{member}: {}",
                self.text
            );
        }
        if status == 401 {
            let scheme = if code == "invalid_client" { "Basic" } else { "Bearer" };
            assert!(self.header("www-authenticate").starts_with(scheme), "a 401 challenges");
        }
        self.body
    }

    /// A problem whose first error points at `pointer`.
    #[track_caller]
    pub(crate) fn problem_at(self, status: u16, code: &str, pointer: &str) -> Value {
        let body = self.problem(status, code);
        assert_eq!(body["errors"][0]["pointer"], pointer, "{body}");
        body
    }
}

/// The names of an object's members in alphabetical order: their order in the text is not part of the contract.
#[track_caller]
pub(crate) fn members(object: &Value) -> Vec<&str> {
    let mut names: Vec<&str> = object.as_object().unwrap().keys().map(String::as_str).collect();
    names.sort_unstable();
    names
}
