use http::header::HeaderName;
use http::{HeaderValue, Method};
use kernel::ids::SessionId;
use lambda_http::RequestExt as _;
use platform::auth::{Scope, Scopes};

use super::*;

const BASE: &str = "https://api.holdfast.example";

fn request(headers: &[(&'static str, &'static str)]) -> Request {
    let mut event = lambda_http::Request::default().with_lambda_context(lambda_http::Context::default());
    *event.method_mut() = Method::POST;
    for (name, value) in headers {
        event.headers_mut().append(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    Request::from_lambda(event)
}

fn cookies(values: &[&'static str]) -> HeaderMap {
    values.iter().map(|value| (COOKIE, HeaderValue::from_static(value))).collect()
}

fn tokens(scopes: Scopes) -> Tokens {
    let token = RefreshToken::generate(UserId::derived("ada"), SessionId::derived("one")).unwrap();
    Tokens {
        access_token: "access".to_owned(),
        refresh_token: token.text(),
        token_type: "Bearer",
        expires_in: 900,
        scopes,
    }
}

#[test]
fn scripts_never_get_the_refresh_token() {
    let (body, refresh) = OpsTokens::split(tokens(Scopes([Scope::OrdersRead].into()))).unwrap();
    let body = serde_json::to_value(&body).unwrap();
    assert_eq!(body["userId"], UserId::derived("ada").to_string());
    assert_eq!(body["scope"], "orders:read");
    assert!(body.get("refreshToken").is_none() && !body.to_string().contains(&refresh));
    let (body, _) = OpsTokens::split(tokens(Scopes::default())).unwrap();
    assert!(serde_json::to_value(&body).unwrap().get("scope").is_none());
    let set = cookie(&refresh, BASE);
    for attribute in ["HttpOnly", "Secure", "SameSite=Strict", "Path=/ops/session"] {
        assert!(set.split("; ").any(|it| it == attribute), "{attribute} in {set}");
    }
    assert!(!set.contains("Domain") && !set.contains("Max-Age"), "{set}");
}

#[test]
fn the_cookie_is_bound_to_its_route_below_any_prefix() {
    for (base, path) in [
        (BASE, "/ops/session"),
        ("https://holdfast.example/shop/api", "/shop/api/ops/session"),
        ("http://localhost:4566/_aws/execute-api/holdfast", "/_aws/execute-api/holdfast/ops/session"),
    ] {
        assert_eq!(cookie_path(base), path);
        assert!(expired_cookie(base).starts_with(&format!("{COOKIE_NAME}=; Path={path}; Max-Age=0; ")));
    }
}

#[test]
fn a_cookie_is_read_among_others_and_never_guessed() {
    let of = |values: &[&'static str]| cookie_value(&cookies(values)).map(str::to_owned);
    assert_eq!(of(&[]), None);
    assert_eq!(of(&["a=1; b=2"]), None);
    assert_eq!(of(&["__Secure-holdfast-ops=x.y.z"]).as_deref(), Some("x.y.z"));
    assert_eq!(of(&["a=1; __Secure-holdfast-ops=x=; c=3"]).as_deref(), Some("x="));
    assert_eq!(of(&["a=1", "__Secure-holdfast-ops=x"]).as_deref(), Some("x"));
    assert_eq!(of(&["__Secure-holdfast-ops="]), None);
    assert_eq!(of(&["__Secure-holdfast-ops=x; __Secure-holdfast-ops=y"]), None);
    assert_eq!(of(&["__Secure-holdfast-ops=x", "__Secure-holdfast-ops=x"]), None);
    assert_eq!(of(&["holdfast-ops=x; __secure-holdfast-ops=y"]), None);
}

#[test]
fn only_the_page_itself_is_let_in() {
    let header = (CSRF_HEADER, CSRF_VALUE);
    let own = |headers: &[(&'static str, &'static str)]| {
        is_own_page(&request(headers), ["https://holdfast.example/shop", BASE]).is_ok()
    };
    assert!(own(&[header]));
    assert!(own(&[header, (FETCH_SITE, "same-origin"), ("origin", "http://127.0.0.1:4566")]));
    assert!(own(&[header, ("origin", "https://holdfast.example")]));
    assert!(own(&[header, ("origin", BASE)]));
    assert!(!own(&[]), "no header");
    assert!(!own(&[(FETCH_SITE, "same-origin"), ("origin", BASE)]), "no header");
    assert!(!own(&[(CSRF_HEADER, "2")]) && !own(&[header, header]), "the header is another one");
    for site in ["same-site", "cross-site", "none", ""] {
        assert!(!own(&[header, (FETCH_SITE, site), ("origin", BASE)]), "{site}");
    }
    for origin in
        ["https://evil.example", "null", "http://api.holdfast.example", "https://api.holdfast.example.evil"]
    {
        assert!(!own(&[header, ("origin", origin)]), "{origin}");
    }
}

#[test]
fn a_forged_request_is_refused_with_the_header_that_it_lacks() {
    let refusal = require_own_page(&request(&[]), &BaseUrl::default()).unwrap_err();
    assert_eq!(refusal.header, (CSRF_HEADER, CSRF_VALUE));
}
