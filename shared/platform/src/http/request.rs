//! The requests that are received, read into types.

use std::collections::BTreeSet;
use std::net::IpAddr;

use http::header::CONTENT_ENCODING;
use http::{HeaderMap, HeaderValue, Method};
use kernel::problem::INVALID_PARAMETER;
use kernel::{Actor, EncodedCursor, FieldError, Kind, Limit, OrderId, Problem};
use lambda_http::request::RequestContext;
use lambda_http::{Body, RequestExt as _};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::query::Query;
use super::{Response, Surface, body, problem};
use crate::InvocationContext;

/// The longest correlation id that is taken over from a caller, in characters.
const MAX_CORRELATION_ID: usize = 128;

/// The code of a body that is compressed.
pub(super) const UNSUPPORTED_ENCODING: &str = "unsupported_content_encoding";

/// A header is there and can't be understood: it is no visible ASCII, or there more than once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnclearHeader;

/// A request as it came through API Gateway.
#[derive(Debug, Clone)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// The path without the stage, decoded.
    pub path: String,
    /// The template of the route that matched, for example `GET /api/v1/orders/{id}`.
    pub route: String,
    /// The gateway's id of this request.
    pub request_id: String,
    /// Ties together everything that this request sets off.
    pub correlation_id: String,
    headers: HeaderMap,
    path_parameters: Vec<(String, String)>,
    query: Query,
    body: Vec<u8>,
    is_text: bool,
    domain: String,
    source_ip: Option<IpAddr>,
    deadline_ms: u64,
}

impl Request {
    /// Takes what Lambda delivered apart. It has to have the invocation's context, which the Lambda runtime adds.
    pub fn from_lambda(event: lambda_http::Request) -> Self {
        let lambda = event.lambda_context();
        let query = event.query_string_parameters();
        let path_parameters = event.path_parameters();
        let mut request = Self {
            method: event.method().clone(),
            path: event.raw_http_path().to_owned(),
            route: String::new(),
            request_id: lambda.request_id.clone(),
            correlation_id: String::new(),
            headers: event.headers().clone(),
            path_parameters: path_parameters
                .iter()
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect(),
            query: Query::new(query.iter().map(|(name, value)| (name.to_owned(), value.to_owned()))),
            body: Vec::new(),
            is_text: false,
            domain: String::new(),
            source_ip: None,
            deadline_ms: lambda.deadline,
        };
        if let Some(RequestContext::ApiGatewayV2(context)) = event.request_context_ref() {
            request.route = context.route_key.clone().unwrap_or_default();
            request.domain = context.domain_name.clone().unwrap_or_default();
            // From the gateway, never from X-Forwarded-For, which the caller writes.
            request.source_ip = context.http.source_ip.as_deref().and_then(|text| text.parse().ok());
            if let Some(id) = &context.request_id {
                request.request_id.clone_from(id);
            }
        }
        let correlation_id = request.given_correlation_id().unwrap_or(&request.request_id).to_owned();
        request.correlation_id = correlation_id;
        let body = event.into_body();
        request.is_text = matches!(body, Body::Text(_));
        request.body = body.to_vec();
        request
    }

    /// Makes a `HEAD` request the `GET` that it asks about (RFC 9110 section 9.3.2); whether it was one, so that the answer goes without its body.
    pub(super) fn take_head_for_get(&mut self) -> bool {
        if self.method != Method::HEAD {
            return false;
        }
        self.method = Method::GET;
        if let Some(path) = self.route.strip_prefix("HEAD ") {
            self.route = format!("GET {path}");
        }
        true
    }

    /// Refuses a body that is compressed (RFC 9110 section 8.4).
    fn check_encoding(&self) -> Result<(), Problem> {
        let given = self.headers.get_all(CONTENT_ENCODING).iter();
        let is_plain = |value: &HeaderValue| {
            value.to_str().is_ok_and(|text| {
                let text = text.trim();
                text.is_empty() || text.eq_ignore_ascii_case("identity")
            })
        };
        if self.body.is_empty() || given.into_iter().all(is_plain) {
            return Ok(());
        }
        let detail = "The body has to be sent as it is, without a Content-Encoding.";
        Err(Problem::new(Kind::UnsupportedType, UNSUPPORTED_ENCODING, detail))
    }

    fn given_correlation_id(&self) -> Option<&str> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        self.header("x-correlation-id")
            .filter(|id| (1..=MAX_CORRELATION_ID).contains(&id.len()) && id.bytes().all(plain))
    }

    /// The header `name`, when it is there and is text; the first one of several. What a request may do must not hang on this: a header that
    /// can't be read is not there. That is for [`Self::only_header`].
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The header `name`, whether it is there or not; an error when it is there and can't be understood, since it is no text or there more
    /// than once.
    pub fn only_header(&self, name: &str) -> Result<Option<&str>, UnclearHeader> {
        let mut values = self.headers.get_all(name).iter();
        match (values.next(), values.next()) {
            (None, _) => Ok(None),
            (Some(value), None) => value.to_str().map(Some).map_err(|_| UnclearHeader),
            (Some(_), Some(_)) => Err(UnclearHeader),
        }
    }

    /// All headers.
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// The segment of the path that the route calls `name`.
    pub fn path_parameter(&self, name: &str) -> &str {
        self.path_parameters.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }

    /// The operation that was asked for: the route on the canonical surface, of which the other surfaces' are aliases.
    pub fn operation(&self) -> String {
        let (method, path) = self.route.split_once(' ').unwrap_or(("", &self.route));
        let canonical = match path.strip_prefix("/api").filter(|rest| !rest.starts_with("/v1")) {
            Some(rest) => rest,
            None => path,
        };
        let is_order = canonical == "/orders" || canonical.starts_with("/orders/");
        if is_order { format!("{method} /api/v1{canonical}") } else { format!("{method} {canonical}") }
    }

    /// The operation with what its path names. An order's number and its UUID name the same.
    pub fn target(&self) -> String {
        let operation = self.operation();
        let is_order = operation.contains("/orders/{");
        let is_named = |name: &str| self.route.contains(&format!("{{{name}}}"));
        let parameters =
            self.path_parameters.iter().filter(|(name, _)| is_named(name)).map(|(name, value)| {
                let order = OrderId::from_reference(value).filter(|_| is_order && name == "id");
                let value = order.map_or_else(|| value.clone(), |order| order.to_string());
                format!(" {name}={value}")
            });
        let parameters: BTreeSet<String> = parameters.collect();
        operation + &parameters.into_iter().collect::<String>()
    }

    /// The first query parameter called `name`.
    pub fn query(&self, name: &str) -> Option<&str> {
        self.query.first(name)
    }

    /// All query parameters called `name`, in their order.
    pub fn query_all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.query.named(name)
    }

    /// The query parameters, and which of them were looked at.
    pub(super) fn query_parameters(&self) -> &Query {
        &self.query
    }

    /// The page size asked for.
    pub fn limit(&self) -> Result<Limit, Problem> {
        Limit::parse(self.query("limit"))
    }

    /// The cursor that was sent, for the list to open.
    pub fn cursor(&self) -> Result<EncodedCursor, Problem> {
        EncodedCursor::read(self.query("cursor"))
    }

    /// All query parameters in their order, as pairs that can be put behind another path; empty without any.
    pub fn query_string(&self) -> String {
        self.query.to_text()
    }

    /// The body as it came.
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// True when the gateway has decoded the body as UTF-8 already, as it does with JSON and `text/*`. Bytes that were not UTF-8 are U+FFFD in
    /// it; the body of any other content type is as it was sent.
    pub fn is_text(&self) -> bool {
        self.is_text
    }

    /// The body as it came, of at most `limit` bytes, with what `known` makes of its content type (without parameters, in lower
    /// case). A caller whose type is not known is refused with the type `wanted`.
    pub fn body_of<T>(
        &self,
        known: impl Fn(&str) -> Option<T>,
        wanted: &str,
        limit: usize,
    ) -> Result<(T, &[u8]), Problem> {
        self.check_encoding()?;
        let essence = body::essence(self.header("content-type"));
        let kind = essence.and_then(|essence| known(&essence)).ok_or_else(|| body::unsupported(wanted))?;
        if self.body.len() > limit {
            return Err(body::too_large(limit));
        }
        Ok((kind, &self.body))
    }

    /// The body as JSON of the shape `T`; all that does not fit is named by JSON Pointers.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        self.json_as(Ok)
    }

    /// As [`Self::json`], and makes of the body what `then` does. `then` only checks: it is also called for what is left of a body with faults, so
    /// that its own ([`Problem::invalid_all`]) are named beside them.
    pub fn json_as<T: DeserializeOwned, U>(
        &self,
        then: impl FnOnce(T) -> Result<U, Problem>,
    ) -> Result<U, Problem> {
        self.check_encoding()?;
        body::parse_json(self.header("content-type"), &self.body, then)
    }

    /// As [`Self::json`], and the default for a body that is empty or `null`.
    pub fn json_or_default<T: DeserializeOwned + Default>(&self) -> Result<T, Problem> {
        self.json_or_default_as(Ok)
    }

    /// As [`Self::json_as`], with the default for a body that is empty or `null`.
    pub fn json_or_default_as<T: DeserializeOwned + Default, U>(
        &self,
        then: impl FnOnce(T) -> Result<U, Problem>,
    ) -> Result<U, Problem> {
        if matches!(self.body.trim_ascii(), b"" | b"null") { then(T::default()) } else { self.json_as(then) }
    }

    /// Refuses a body that says anything: the route takes none. It may be empty, `null`, or an object without members.
    pub fn no_body(&self) -> Result<(), Problem> {
        #[derive(Default, Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Nothing {}
        let Nothing {} = self.json_or_default()?;
        Ok(())
    }

    /// The body as an HTML form of the shape `T`.
    pub fn form<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        self.check_encoding()?;
        body::parse_form(self.header("content-type"), &self.body)
    }

    /// The address that the connection came from.
    pub fn source_ip(&self) -> Option<IpAddr> {
        self.source_ip
    }

    /// The host that the request was sent to, as the gateway knows it.
    pub fn domain(&self) -> &str {
        &self.domain
    }

    /// The circumstances of this request, with `actor` as the author of its changes.
    pub fn call(&self, actor: Actor) -> InvocationContext {
        InvocationContext::new(self.deadline_ms, self.correlation_id.clone(), actor)
    }

    /// The response with `problem` for the sender of this request, where the problem is a stored outcome. All others are returned as errors.
    pub fn render_problem(&self, problem: &Problem) -> Response {
        problem::render(problem, &self.request_id, Surface::of(self))
    }

    /// A path parameter that could not be read as what it has to be.
    pub fn bad_path_parameter(name: &str, detail: impl Into<String>) -> Problem {
        let mut problem =
            Problem::new(Kind::Malformed, INVALID_PARAMETER, "A parameter can't be understood.");
        problem.errors.push(FieldError { pointer: format!("/path/{name}"), detail: detail.into() });
        problem
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use http::HeaderValue;
    use http::header::HeaderName;

    use super::*;

    /// A request that has just these headers.
    pub(crate) fn with_headers(headers: &[(&'static str, &[u8])]) -> Request {
        let event = lambda_http::Request::default().with_lambda_context(lambda_http::Context::default());
        let mut request = Request::from_lambda(event);
        for (name, value) in headers {
            let value = HeaderValue::from_bytes(value).unwrap();
            request.headers.append(HeaderName::from_static(name), value);
        }
        request
    }

    #[test]
    fn head_is_a_get_without_a_body() {
        let mut request = with_headers(&[]);
        request.route = "GET /healthz".to_owned();
        assert!(!request.take_head_for_get());
        request.method = Method::HEAD;
        for (route, meant) in [("HEAD /healthz", "GET /healthz"), ("$default", "$default")] {
            request.method = Method::HEAD;
            request.route = route.to_owned();
            assert!(request.take_head_for_get());
            assert_eq!((&request.method, request.route.as_str()), (&Method::GET, meant));
        }
    }

    #[test]
    fn a_compressed_body_is_refused() {
        let check = |headers: &[(&'static str, &[u8])], body: &[u8]| {
            let mut request = with_headers(headers);
            request.body = body.to_vec();
            request.check_encoding().map_err(|problem| problem.code)
        };
        let encoding = "content-encoding";
        assert_eq!(check(&[], b"{}"), Ok(()));
        assert_eq!(check(&[(encoding, b"Identity")], b"{}"), Ok(()));
        assert_eq!(check(&[(encoding, b"gzip")], b""), Ok(()), "there is nothing that is compressed");
        for given in [&b"gzip"[..], b"br", b"identity, gzip", b"identity,identity", b"\xff"] {
            assert_eq!(check(&[(encoding, given)], b"{}"), Err("unsupported_content_encoding"), "{given:?}");
        }
        assert!(check(&[(encoding, b"identity"), (encoding, b"gzip")], b"{}").is_err());
    }

    #[test]
    fn a_header_that_is_not_clear_is_not_absent() {
        let name = "idempotency-key";
        let only = |headers: &[(&'static str, &[u8])]| {
            with_headers(headers).only_header(name).map(|value| value.map(str::to_owned))
        };
        assert_eq!(only(&[]), Ok(None));
        assert_eq!(only(&[("if-match", b"x")]), Ok(None));
        assert_eq!(only(&[(name, b"k-1")]), Ok(Some("k-1".to_owned())));
        assert_eq!(only(&[(name, "ключ".as_bytes())]), Err(UnclearHeader));
        assert_eq!(only(&[(name, b"\xff")]), Err(UnclearHeader));
        assert_eq!(only(&[(name, b"k-1"), (name, b"k-1")]), Err(UnclearHeader));
    }
}
