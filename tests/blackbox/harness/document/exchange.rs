//! One request and its answer, held against the document.

use reqwest::Request;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap};
use serde_json::Value;

use super::{Document, Operation, Place, document};
use crate::harness::{Answer, setting};

/// What was sent.
#[derive(Debug, Clone)]
pub(crate) struct Sent {
    method: String,
    url: reqwest::Url,
    headers: HeaderMap,
    body: Vec<u8>,
}

/// What a body is sent and answered as, without parameters.
fn essence(headers: &HeaderMap) -> String {
    let value = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

impl Sent {
    /// Takes down what `request` sends.
    pub(crate) fn of(request: &Request) -> Self {
        let body = request.body().and_then(reqwest::Body::as_bytes).unwrap_or_default().to_vec();
        let (method, url) = (request.method().to_string(), request.url().clone());
        Self { method, url, headers: request.headers().clone(), body }
    }

    /// The path within the API; none when it was not the API that was asked.
    fn path(&self) -> Option<String> {
        let api = reqwest::Url::parse(&setting("API_URL")).unwrap();
        if (api.host(), api.port_or_known_default()) != (self.url.host(), self.url.port_or_known_default()) {
            return None;
        }
        self.url.path().strip_prefix(api.path().trim_end_matches('/')).map(str::to_owned)
    }

    /// The values sent as the query parameter `name`.
    fn query(&self, name: &str) -> Vec<String> {
        self.url
            .query_pairs()
            .filter(|(known, _)| known == name)
            .map(|(_, value)| value.into_owned())
            .collect()
    }

    /// Fails the test unless the document allows this request and `answer`.
    pub(crate) fn hold_against_document(&self, answer: &Answer) {
        let Some(path) = self.path() else { return };
        // What is described of GET holds for HEAD, but for the body.
        let is_head = self.method == "HEAD";
        let method = if is_head { "GET" } else { &self.method };
        let Some(operation) = document().operation(method, &path) else {
            // Nothing but the gateway's own answer to a preflight, and the default route's.
            let unrouted = matches!(answer.status, 308 | 404 | 405);
            assert!(
                unrouted || self.method == "OPTIONS",
                "{} {path} is not documented: {answer:?}",
                self.method
            );
            return;
        };
        let mut wrong = if is_head {
            document().bodiless_errors(&operation, answer)
        } else {
            document().answer_errors(&operation, answer)
        };
        if (200..400).contains(&answer.status) {
            wrong.extend(document().request_errors(&operation, self, &path));
        }
        assert!(
            wrong.is_empty(),
            "{} {} ({}) answered {}, against the API document:\n{}\nsent: {}\nanswered: {}",
            operation.method,
            operation.path,
            operation.place.value["operationId"],
            answer.status,
            wrong.join("\n"),
            String::from_utf8_lossy(&self.body),
            answer.text,
        );
    }
}

impl Document {
    fn answer_errors(&self, operation: &Operation<'_>, answer: &Answer) -> Vec<String> {
        let responses = operation.place.at("responses").unwrap();
        let Some(response) = responses.at(&answer.status.to_string()).map(|place| self.resolve(place)) else {
            return vec![format!("status {} is not documented", answer.status)];
        };
        let mut wrong = self.header_errors(&response, answer);
        let kind = essence(&answer.headers);
        if kind == "application/problem+json" {
            let codes = response.value["x-problem-codes"].as_array().cloned().unwrap_or_default();
            if !codes.contains(&answer.body["code"]) {
                wrong.push(format!(
                    "code {} is not documented for status {}",
                    answer.body["code"], answer.status
                ));
            }
        }
        match response.at("content") {
            None if answer.text.is_empty() => {}
            None => wrong.push("no body is documented".to_owned()),
            Some(content) => match content.at(&kind) {
                None => wrong.push(format!("content type {kind:?} is not documented")),
                Some(media) => wrong.extend(self.body_errors(&media, &kind, answer.text.as_bytes())),
            },
        }
        wrong
    }

    /// What the document has against an answer to HEAD.
    fn bodiless_errors(&self, operation: &Operation<'_>, answer: &Answer) -> Vec<String> {
        let responses = operation.place.at("responses").unwrap();
        let Some(response) = responses.at(&answer.status.to_string()).map(|place| self.resolve(place)) else {
            return vec![format!("status {} is not documented", answer.status)];
        };
        let mut wrong = self.header_errors(&response, answer);
        if !answer.text.is_empty() {
            wrong.push("HEAD has a body".to_owned());
        }
        wrong
    }

    fn header_errors(&self, response: &Place<'_>, answer: &Answer) -> Vec<String> {
        let mut wrong = Vec::new();
        for (name, header) in response.at("headers").map(|headers| headers.members()).unwrap_or_default() {
            let header = self.resolve(header);
            match answer.headers.get(&name) {
                None if header.value["required"] == true => wrong.push(format!("header {name} is missing")),
                None => {}
                Some(value) => {
                    let errors = self.parameter_errors(&header, &[value.to_str().unwrap().to_owned()]);
                    wrong.extend(errors.into_iter().map(|error| format!("header {name}: {error}")));
                }
            }
        }
        wrong
    }

    /// What is wrong with a body of the content type `kind`.
    fn body_errors(&self, media: &Place<'_>, kind: &str, body: &[u8]) -> Vec<String> {
        let Some(schema) = media.at("schema") else { return Vec::new() };
        let instance = if kind == "application/json" || kind.ends_with("+json") {
            match serde_json::from_slice(body) {
                Ok(instance) => instance,
                // What could be read of it was taken.
                Err(_) if media.value["x-may-break-off"] == true => return Vec::new(),
                Err(error) => return vec![format!("the body is not JSON: {error}")],
            }
        } else if kind == "application/x-www-form-urlencoded" {
            let form = format!("http://x/?{}", String::from_utf8_lossy(body));
            let url = reqwest::Url::parse(&form).unwrap();
            url.query_pairs()
                .map(|(name, value)| (name.into_owned(), Value::from(value.into_owned())))
                .collect()
        } else {
            Value::from(String::from_utf8_lossy(body))
        };
        self.errors(&schema, &instance).into_iter().map(|error| format!("body: {error}")).collect()
    }

    /// What the document has against a request that was served.
    fn request_errors<'a>(&'a self, operation: &Operation<'a>, sent: &Sent, path: &str) -> Vec<String> {
        let mut wrong = Vec::new();
        let in_path = operation.parameters_in(path).unwrap();
        for parameter in operation.parameters(self) {
            let name = parameter.value["name"].as_str().unwrap();
            if parameter.value["x-passed-over-beside-token"] == true
                && sent.headers.contains_key(AUTHORIZATION)
            {
                continue;
            }
            let values: Vec<String> = match parameter.value["in"].as_str().unwrap() {
                "path" => in_path
                    .iter()
                    .filter(|(known, _)| known == name)
                    .map(|(_, value)| value.clone())
                    .collect(),
                "query" => sent.query(name),
                _ => sent.headers.get(name).iter().map(|value| value.to_str().unwrap().to_owned()).collect(),
            };
            if values.is_empty() {
                if parameter.value["required"] == true {
                    wrong.push(format!("served without the parameter {name}"));
                }
                continue;
            }
            let errors = self.parameter_errors(&parameter, &values);
            wrong
                .extend(errors.into_iter().map(|error| format!("served although parameter {name}: {error}")));
        }
        wrong.extend(
            self.sent_body_errors(operation, sent)
                .into_iter()
                .map(|error| format!("served although {error}")),
        );
        wrong
    }

    /// What is wrong with the body that was sent. A member that is `null` is one that was left out, where `null` doesn't stand for something itself.
    fn sent_body_errors(&self, operation: &Operation<'_>, sent: &Sent) -> Vec<String> {
        let wrong = self.literal_body_errors(operation, sent);
        let Ok(body) = serde_json::from_slice::<Value>(&sent.body) else { return wrong };
        if wrong.is_empty() {
            return wrong;
        }
        let complained_of =
            |pointer: &str| wrong.iter().any(|error| error.ends_with(&format!("at \"{pointer}\"")));
        let readings = [without_nulls(&body, "", &complained_of), without_nulls(&body, "", &|_| true)];
        let mut found = readings.into_iter().map(|body| {
            self.literal_body_errors(operation, &Sent { body: body.to_string().into_bytes(), ..sent.clone() })
        });
        if found.any(|errors| errors.is_empty()) { Vec::new() } else { wrong }
    }

    fn literal_body_errors(&self, operation: &Operation<'_>, sent: &Sent) -> Vec<String> {
        let Some(body) = operation.place.at("requestBody").map(|body| self.resolve(body)) else {
            return Vec::new();
        };
        if matches!(sent.body.trim_ascii(), b"" | b"null") {
            let required = body.value["required"] == true;
            return if required { vec!["there is no body".to_owned()] } else { Vec::new() };
        }
        let kind = essence(&sent.headers);
        let content = body.at("content").unwrap();
        match content.at(&kind) {
            Some(media) => self.body_errors(&media, &kind, &sent.body),
            // What is written as JSON by another name is read as JSON.
            None => match content.at("application/json").filter(|_| kind.ends_with("+json")) {
                Some(media) => self.body_errors(&media, "application/json", &sent.body),
                None => vec![format!("content type {kind:?} is not documented")],
            },
        }
    }
}

/// `value`, which stands at `pointer`, without the members that are `null` and that `drop` holds for.
fn without_nulls(value: &Value, pointer: &str, drop: &dyn Fn(&str) -> bool) -> Value {
    match value {
        Value::Object(members) => members
            .iter()
            .map(|(name, value)| (name, value, format!("{pointer}/{name}")))
            .filter(|(_, value, pointer)| !value.is_null() || !drop(pointer))
            .map(|(name, value, pointer)| (name.clone(), without_nulls(value, &pointer, drop)))
            .collect(),
        Value::Array(elements) => {
            let of = |(index, value)| without_nulls(value, &format!("{pointer}/{index}"), drop);
            elements.iter().enumerate().map(of).collect()
        }
        other => other.clone(),
    }
}
