//! What the routes of the operator's page have in common: the cookie, and the refusal of forged requests.

use reqwest::RequestBuilder;
use serde_json::{Value, json};

use crate::harness::{Answer, PASSWORD, Person, delete, post, setting};

/// The header that every request of the page has.
pub(super) const CSRF_HEADER: (&str, &str) = ("x-csrf-protection", "1");

/// The name of the cookie.
pub(super) const COOKIE: &str = "__Secure-holdfast-ops";

/// `request` as the page sends it, with `cookie` as the session's cookie.
pub(super) fn by_page(request: RequestBuilder, cookie: Option<&str>) -> RequestBuilder {
    let request = request.header(CSRF_HEADER.0, CSRF_HEADER.1).header("sec-fetch-site", "same-origin");
    match cookie {
        Some(value) => request.header("cookie", format!("theme=dark; {COOKIE}={value}")),
        None => request,
    }
}

pub(super) fn sign_in() -> RequestBuilder {
    by_page(post("/ops/session"), None)
}

pub(super) async fn refresh(cookie: &str) -> Answer {
    Answer::to(by_page(post("/ops/session/refresh"), Some(cookie))).await
}

pub(super) async fn sign_out(cookie: Option<&str>) -> Answer {
    Answer::to(by_page(delete("/ops/session"), cookie)).await
}

/// The cookie of a new session of `person`.
pub(super) async fn session(person: &Person) -> String {
    let answer = Answer::to(sign_in().json(&json!({"login": person.email, "password": PASSWORD}))).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    cookie(&answer)
}

/// The value of the cookie that `answer` sets, which has the attributes that it has to have.
#[track_caller]
pub(super) fn cookie(answer: &Answer) -> String {
    let set: Vec<_> = answer.headers.get_all("set-cookie").iter().collect();
    assert_eq!(set.len(), 1, "{set:?}");
    let mut parts = set[0].to_str().unwrap().split("; ");
    let (name, value) = parts.next().unwrap().split_once('=').unwrap();
    assert_eq!(name, COOKIE);
    let mut attributes: Vec<&str> = parts.collect();
    attributes.sort_unstable();
    let path = path();
    let mut expected = vec!["HttpOnly", &path, "SameSite=Strict", "Secure"];
    if value.is_empty() {
        expected.insert(1, "Max-Age=0");
    }
    assert_eq!(attributes, expected);
    value.to_owned()
}

/// The attribute that binds the cookie to its route, as a browser sees it.
fn path() -> String {
    let url = reqwest::Url::parse(&setting("API_URL")).unwrap();
    format!("Path={}/ops/session", url.path().trim_end_matches('/'))
}

/// Sends `request` in the ways in which no page of this origin does; each is refused, and sets no cookie.
pub(super) async fn refuses_forged_requests(request: impl Fn() -> RequestBuilder) {
    let (name, value) = CSRF_HEADER;
    let forged = [
        request(),
        request().header("sec-fetch-site", "same-origin"),
        request().header(name, "true"),
        request().header(name, value).header("sec-fetch-site", "cross-site"),
        request().header(name, value).header("sec-fetch-site", "same-site"),
        request().header(name, value).header("sec-fetch-site", "none"),
        request().header(name, value).header("origin", "https://evil.example"),
        request().header(name, value).header("origin", "null"),
    ];
    for request in forged {
        let answer = Answer::to(request).await;
        assert!(answer.header("set-cookie").is_empty(), "{:?}", answer.headers);
        answer.problem(403, "cross_site_request");
    }
}

/// The body of an answer with tokens: without the refresh token.
#[track_caller]
pub(super) fn has_no_refresh_token(body: &Value, cookie: &str) {
    assert!(body.get("refreshToken").is_none() && !body.to_string().contains(cookie), "{body}");
}
