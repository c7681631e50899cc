//! Problems as RFC 9457 answers.

use http::header::{ACCEPT_ENCODING, ALLOW, ETAG, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderValue, StatusCode};
use kernel::{Kind, Problem};
use serde_json::{Map, Value, json};

use super::request::UNSUPPORTED_ENCODING;
use super::{Response, Surface};

/// The media type of problems.
pub(super) const PROBLEM_JSON: &str = "application/problem+json";

/// The status code of problems of `kind`.
pub(super) fn status(kind: Kind) -> StatusCode {
    match kind {
        Kind::Malformed => StatusCode::BAD_REQUEST,
        Kind::Invalid => StatusCode::UNPROCESSABLE_ENTITY,
        Kind::Unauthenticated => StatusCode::UNAUTHORIZED,
        Kind::Forbidden => StatusCode::FORBIDDEN,
        Kind::NotFound => StatusCode::NOT_FOUND,
        Kind::NotAllowed => StatusCode::METHOD_NOT_ALLOWED,
        Kind::Conflict => StatusCode::CONFLICT,
        Kind::Stale => StatusCode::PRECONDITION_FAILED,
        Kind::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        Kind::UnsupportedType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        Kind::Throttled => StatusCode::TOO_MANY_REQUESTS,
        Kind::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        Kind::Internal => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// The response with `problem` for the request `request_id` on `surface`.
pub(super) fn render(problem: &Problem, request_id: &str, surface: Surface) -> Response {
    let status = status(problem.kind);
    let mut members = Map::new();
    members.insert("type".to_owned(), json!(format!("urn:holdfast:problem:{}", problem.code)));
    members.insert("title".to_owned(), json!(title(problem.code)));
    if surface == Surface::Orders {
        members.insert("error".to_owned(), json!(title(problem.code)));
    }
    members.insert("status".to_owned(), json!(status.as_u16()));
    members.insert("detail".to_owned(), json!(problem.detail));
    members.insert("instance".to_owned(), json!(format!("urn:holdfast:request:{request_id}")));
    members.insert("code".to_owned(), json!(problem.code));
    members.insert("requestId".to_owned(), json!(request_id));
    if !problem.errors.is_empty() {
        members.insert("errors".to_owned(), json!(problem.errors));
    }
    for (name, value) in &problem.extensions {
        // An extension never takes a standard member's place (RFC 9457, section 3.2). `error` is none: a surface may have words of its own for it.
        if name == "error" || !members.contains_key(name) {
            members.insert(name.clone(), value.clone());
        }
    }
    let mut reply = Response::new(status, PROBLEM_JSON, Value::Object(members).to_string());
    if let Some(seconds) = problem.retry_after {
        reply.headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    if problem.kind == Kind::Unauthenticated {
        reply = reply.header(WWW_AUTHENTICATE, &challenge(problem.code));
    }
    if let (Kind::Forbidden, Some(Value::String(scope))) = (problem.kind, problem.extensions.get("scope")) {
        let challenge = format!("Bearer realm=\"holdfast\", error=\"insufficient_scope\", scope=\"{scope}\"");
        reply = reply.header(WWW_AUTHENTICATE, &challenge);
    }
    if let (Kind::Stale, Some(Value::String(etag))) = (problem.kind, problem.extensions.get("etag")) {
        reply = reply.header(ETAG, etag);
    }
    if problem.code == UNSUPPORTED_ENCODING {
        // RFC 9110 section 15.5.16.
        reply = reply.header(ACCEPT_ENCODING, "identity");
    }
    if let (Kind::NotAllowed, Some(Value::String(methods))) = (problem.kind, problem.extensions.get("allow"))
    {
        reply = reply.header(ALLOW, methods);
    }
    reply
}

/// The challenge of RFC 6750 section 3: no error code where no token was sent. That of RFC 7617 for a client that named itself.
fn challenge(code: &str) -> String {
    match code {
        "invalid_token" => "Bearer realm=\"holdfast\", error=\"invalid_token\"",
        "invalid_client" => "Basic realm=\"holdfast\", charset=\"UTF-8\"",
        _ => "Bearer realm=\"holdfast\"",
    }
    .to_owned()
}

/// The code as a short sentence: `insufficient_stock` is "Insufficient stock".
fn title(code: &str) -> String {
    let words = code.replace('_', " ");
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_extension_never_takes_a_standard_members_place() {
        let problem =
            Problem::conflict("order_expired", "Too late.").with("status", "cancelled").with("more", 1);
        let reply = render(&problem, "r-1", Surface::Canonical);
        let body: Value = serde_json::from_str(&reply.body).unwrap();
        assert_eq!((&body["status"], &body["more"]), (&json!(409), &json!(1)));
    }

    #[test]
    fn the_inside_stays_inside() {
        let problem = Problem::internal("table holdfast-orders is missing").with("sku", "A-1");
        let reply = render(&problem, "r-1", Surface::Canonical);
        let body: Value = serde_json::from_str(&reply.body).unwrap();
        assert!(!reply.body.contains("table"), "{}", reply.body);
        assert_eq!(body["type"], "urn:holdfast:problem:internal");
        assert_eq!(body["title"], "Internal");
        assert_eq!(body["status"], 500);
        assert_eq!(body["requestId"], "r-1");
        assert_eq!(body["sku"], "A-1");
        assert_eq!(reply.headers["content-type"], "application/problem+json");
    }

    #[test]
    fn a_caller_without_a_token_is_challenged() {
        let render = |problem: &Problem| render(problem, "r", Surface::Canonical);
        let missing = render(&Problem::new(Kind::Unauthenticated, "token_required", "."));
        assert_eq!(missing.headers["www-authenticate"], "Bearer realm=\"holdfast\"");
        let bad = render(&Problem::new(Kind::Unauthenticated, "invalid_token", "."));
        assert_eq!(bad.headers["www-authenticate"], "Bearer realm=\"holdfast\", error=\"invalid_token\"");
        assert_eq!(render(&Problem::unavailable("x")).headers["retry-after"], "1");
    }

    #[test]
    fn clients_of_the_orders_surface_also_read_an_error() {
        let error = |problem: &Problem, surface| {
            let body: Value = serde_json::from_str(&render(problem, "r", surface).body).unwrap();
            body.get("error").cloned()
        };
        let problem = Problem::conflict("order_already_finalized", "The order is shipped.");
        assert_eq!(error(&problem, Surface::Orders), Some(json!("Order already finalized")));
        assert_eq!(error(&problem, Surface::Canonical), None);
        let told = problem.with("error", "server_error");
        assert_eq!(error(&told, Surface::Orders), Some(json!("server_error")), "a route may say it better");
    }

    #[test]
    fn a_method_that_is_none_is_told_those_that_are() {
        let problem = Problem::new(Kind::NotAllowed, "method_not_allowed", ".").with("allow", "GET, PUT");
        let reply = render(&problem, "r", Surface::Canonical);
        assert_eq!((reply.status.as_u16(), reply.headers["allow"].to_str().unwrap()), (405, "GET, PUT"));
    }

    #[test]
    fn a_compressed_body_is_answered_with_what_is_taken() {
        let problem = Problem::new(Kind::UnsupportedType, UNSUPPORTED_ENCODING, ".");
        let reply = render(&problem, "r", Surface::Canonical);
        assert_eq!(
            (reply.status.as_u16(), &reply.headers["accept-encoding"]),
            (415, &HeaderValue::from_static("identity"))
        );
        let other = Problem::new(Kind::UnsupportedType, "unsupported_media_type", ".");
        assert!(!render(&other, "r", Surface::Canonical).headers.contains_key("accept-encoding"));
    }

    #[test]
    fn a_stale_copy_is_told_the_current_tag() {
        let problem = Problem::new(Kind::Stale, "etag_mismatch", ".").with("etag", "\"2-0\"");
        let reply = render(&problem, "r", Surface::Canonical);
        assert_eq!((reply.status.as_u16(), reply.headers["etag"].to_str().unwrap()), (412, "\"2-0\""));
    }
}
