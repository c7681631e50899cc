//! What many routes refuse alike.

use reqwest::RequestBuilder;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE};
use serde_json::{Value, json};

use super::{Answer, customer};

/// The largest JSON body that is read, in bytes.
const MAX_BODY: usize = 256 * 1024;
const JSON: &str = "application/json";

/// `request` is challenged without a token, and with what is none of ours.
pub(crate) async fn wants_a_token(request: impl Fn() -> RequestBuilder) {
    let answer = Answer::to(request()).await;
    assert!(!answer.header("www-authenticate").contains("error"), "nothing was wrong yet");
    answer.problem(401, "token_required");
    let stranger = tampered(&customer().await.token);
    for authorization in ["Basic YTpi", "Bearer", "Bearer x", &format!("Bearer {stranger}")] {
        let answer = Answer::to(request().header(AUTHORIZATION, authorization)).await;
        let challenge = answer.header("www-authenticate").to_owned();
        // Where clients sign in by their id and secret, this is one that is not known.
        if authorization.starts_with("Basic") && challenge.starts_with("Basic") {
            answer.problem(401, "invalid_client");
            continue;
        }
        answer.problem(401, "invalid_token");
        assert!(challenge.contains("error=\"invalid_token\""), "{authorization}: {challenge}");
    }
}

/// `request` is refused to a customer, who has no scopes, and the answer names `scope`.
pub(crate) async fn wants_the_scope(scope: &str, request: impl Fn() -> RequestBuilder) {
    let answer = customer().await.ask(request()).await;
    let challenge = answer.header("www-authenticate").to_owned();
    assert_eq!(answer.problem(403, "insufficient_scope")["scope"], scope);
    assert!(challenge.contains(&format!("scope=\"{scope}\"")), "{challenge}");
}

/// `request`, which has no body yet, is refused with one that is not a JSON object of a reasonable size.
pub(crate) async fn wants_a_json_object(request: impl Fn() -> RequestBuilder) {
    let send = |kind: &'static str, body: String| request().header(CONTENT_TYPE, kind).body(body);
    for body in ["", "{", "\u{feff}{}", "quantity=1"] {
        Answer::to(send(JSON, body.to_owned())).await.problem(400, "malformed_body");
    }
    for kind in ["text/plain", "application/x-www-form-urlencoded"] {
        Answer::to(send(kind, "{}".to_owned())).await.problem(415, "unsupported_media_type");
    }
    for body in ["[]", "[1, 2]", "null", "7", "\"text\""] {
        let problem = Answer::to(send(JSON, body.to_owned())).await.problem_at(422, "invalid_input", "");
        assert_eq!(problem["errors"][0]["detail"], "must be an object", "{body}");
    }
    let large = json!({"padding": "x".repeat(MAX_BODY)}).to_string();
    Answer::to(send(JSON, large)).await.problem(413, "body_too_large");
}

/// Each of `cases`, a change of the good `body` in one member, is refused and that member named. `null` leaves it out.
pub(crate) async fn names_the_member_at_fault(
    body: &Value,
    cases: impl IntoIterator<Item = (&'static str, Value)>,
    request: impl Fn() -> RequestBuilder,
) {
    for (member, value) in cases {
        let mut body = body.clone();
        if value.is_null() {
            body.as_object_mut().unwrap().remove(member);
        } else {
            body[member] = value.clone();
        }
        let answer = Answer::to(request().json(&body)).await;
        assert_eq!(answer.status, 422, "{member}: {value}: {}", answer.text);
        let problem = answer.problem_at(422, "invalid_input", &format!("/{member}"));
        let detail = problem["errors"][0]["detail"].as_str().unwrap();
        // The names of Rust types are not part of the API.
        assert!(!detail.is_empty() && !detail.contains("struct") && !detail.contains("i64"), "{detail}");
    }
}

/// `token` with another signature of the right length.
pub(crate) fn tampered(token: &str) -> String {
    let (content, signature) = token.rsplit_once('.').unwrap();
    let first = if signature.starts_with('A') { 'B' } else { 'A' };
    format!("{content}.{first}{}", &signature[1..])
}
