//! `$default`: what no route takes

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{Answer, http, invoke, operator, product, setting, unique_sku, url};

/// `method path`, without a body.
async fn ask(method: &str, path: &str) -> Answer {
    Answer::to(http().request(Method::from_bytes(method.as_bytes()).unwrap(), url(path))).await
}

/// What the function is handed by the gateway, where the local gateway answers by itself.
async fn unrouted(method: &str, path: &str) -> Value {
    let sample = std::fs::read_to_string("../events/answer-unrouted.json").unwrap();
    let mut event: Value = serde_json::from_str(&sample).unwrap();
    event["rawPath"] = json!(path);
    event["requestContext"]["http"]["path"] = json!(path);
    event["requestContext"]["http"]["method"] = json!(method);
    invoke("AnswerUnrouted", &event).await.unwrap()
}

#[tokio::test]
async fn an_unknown_path_is_a_problem() {
    for path in [
        "/nothing",
        "/api",
        "/api/v1",
        "/api/v2/products",
        "/api/v1/orders/1/nothing",
        "/.env",
        "/%F0%9F%AB%96",
    ] {
        for method in ["GET", "POST", "DELETE"] {
            let problem = ask(method, path).await.problem(404, "not_found");
            assert!(problem.get("error").is_none(), "{path}");
        }
    }
}

#[tokio::test]
async fn clients_of_the_orders_surface_read_an_error_here_too() {
    let problem = ask("GET", "/orders/1/nothing").await.problem(404, "not_found");
    assert_eq!(problem["error"], "Not found");
    let problem = ask("DELETE", "/api/orders/1").await.problem(405, "method_not_allowed");
    assert_eq!(problem["error"], "Method not allowed");
}

#[tokio::test]
async fn a_path_that_takes_other_methods_names_them() {
    for (method, path, allowed) in [
        ("POST", "/healthz", "GET, HEAD, OPTIONS"),
        ("DELETE", "/api/v1/products/A-1", "GET, HEAD, OPTIONS, PUT"),
        ("GET", "/token", "OPTIONS, POST"),
        ("PUT", "/api/v1/orders/1", "GET, HEAD, OPTIONS, PATCH"),
        // One path, two routes: a list, and an order that is called so.
        ("DELETE", "/api/v1/orders/me", "GET, HEAD, OPTIONS, PATCH"),
        ("GET", "/loms/order/info", "OPTIONS, POST"),
    ] {
        let answer = ask(method, path).await;
        assert_eq!(answer.header("allow"), allowed, "{method} {path}");
        answer.problem(405, "method_not_allowed");
    }
}

/// The headers of an answer that are the same each time.
fn lasting(answer: &Answer) -> Vec<(&str, &str)> {
    let names = ["content-type", "cache-control", "etag", "vary", "location", "x-content-type-options"];
    names.into_iter().map(|name| (name, answer.header(name))).collect()
}

#[tokio::test]
async fn head_is_get_without_a_body() {
    let kettle = product(100, 5).await;
    for path in [
        "/healthz".to_owned(),
        "/openapi.json".to_owned(),
        "/docs".to_owned(),
        "/.well-known/jwks.json".to_owned(),
        "/api/v1/products?limit=1".to_owned(),
        "/api/v1/stocks?limit=1".to_owned(),
        format!("/api/v1/products/{}", kettle.sku),
        format!("/api/v1/products/{}/price", kettle.sku),
        format!("/api/v1/products/{}/stock", kettle.sku),
        format!("/api/v1/products/{}", unique_sku()),
        "/api/v1/products?limit=none".to_owned(),
        "/api/v1/products?unknown=1".to_owned(),
        "/api/v1/users/me".to_owned(),
        "/api/v1/cart".to_owned(),
    ] {
        let (get, head) = (ask("GET", &path).await, ask("HEAD", &path).await);
        assert_eq!(head.status, get.status, "{path}");
        assert_eq!(lasting(&head), lasting(&get), "{path}");
        assert_eq!(head.text, "", "{path}");
    }
    assert_eq!(ask("HEAD", "/nothing").await.status, 404);
    assert_eq!(ask("HEAD", "/token").await.status, 405);
}

/// The local gateway answers `OPTIONS` by itself for any caller; AWS's does so for preflights, once there are origins.
#[tokio::test]
async fn options_names_the_methods() {
    let answer = unrouted("OPTIONS", "/api/v1/products/A-1").await;
    assert_eq!(answer["statusCode"], 204);
    assert_eq!(answer["headers"]["allow"], "GET, HEAD, OPTIONS, PUT");
    assert_eq!(unrouted("OPTIONS", "/nothing").await["statusCode"], 404);
}

#[tokio::test]
async fn a_slash_at_the_end_leads_to_the_path_without_it() {
    for (path, location) in [
        ("/api/v1/products/", "../products"),
        ("/api/v1/products/?limit=1&q=a%20b", "../products?limit=1&q=a+b"),
        ("/api/v1/orders/1/", "../1"),
        ("/.well-known/jwks.json/", "../jwks.json"),
        ("/orders/", "../orders"),
        ("/token/", "../token"),
        ("/docs/", "../docs"),
        ("/healthz/?a=1", "../healthz?a=1"),
    ] {
        for method in ["GET", "POST", "DELETE"] {
            let answer = ask(method, path).await;
            assert_eq!((answer.status, answer.header("location")), (308, location), "{method} {path}");
            // It leads to the same place below any prefix that the client sees.
            let there = url(path).parse::<reqwest::Url>().unwrap().join(location).unwrap();
            let wanted = path.split('?').next().unwrap().trim_end_matches('/');
            assert_eq!(there.path(), url(wanted).parse::<reqwest::Url>().unwrap().path());
        }
    }
}

#[tokio::test]
async fn no_slash_leads_to_what_is_not_there_or_elsewhere() {
    for path in [
        "/nothing/",
        "/docs//",
        "/api/v1/products//",
        "/api/v1/orders//events",
        "/API/v1/products",
        "/Healthz",
    ] {
        ask("GET", path).await.problem(404, "not_found");
    }
    for path in ["//evil.example/", "//evil.example/healthz/", "//"] {
        assert_eq!(unrouted("GET", path).await["statusCode"], 404, "{path}");
    }
}

/// Paths can be probed without logging in: they are in the API document, so nothing is revealed.
#[tokio::test]
async fn a_token_changes_nothing() {
    let operator = operator().await;
    operator
        .ask(http().request(Method::TRACE, url("/api/v1/products")))
        .await
        .problem(405, "method_not_allowed");
    operator.ask(http().get(url("/api/v1/nothing"))).await.problem(404, "not_found");
}

#[tokio::test]
async fn pages_of_given_origins_may_call() {
    // `make up` allows no origins by default.
    let Some(origin) = given_origin() else { return };
    let preflight = http()
        .request(Method::OPTIONS, url("/api/v1/products"))
        .header("origin", &origin)
        .header("access-control-request-method", "PUT")
        .header("access-control-request-headers", "authorization, content-type, if-match");
    let answer = Answer::to(preflight).await;
    assert_eq!((answer.status, answer.header("access-control-allow-origin")), (204, origin.as_str()));
    let methods = answer.header("access-control-allow-methods").to_owned();
    assert_eq!(methods, "GET,POST,PUT,PATCH,DELETE");
    assert!(answer.header("access-control-allow-headers").contains("idempotency-key"));
    assert_eq!(answer.header("access-control-allow-credentials"), "");

    let from = |origin: &str| http().get(url("/api/v1/products")).header("origin", origin);
    let answer = Answer::to(from(&origin)).await;
    assert_eq!((answer.status, answer.header("access-control-allow-origin")), (200, origin.as_str()));
    assert!(answer.header("access-control-expose-headers").contains("x-idempotent-replay"));
    let refused = http().get(url("/api/v1/users/me")).header("origin", &origin);
    let answer = Answer::to(refused).await;
    assert_eq!((answer.status, answer.header("access-control-allow-origin")), (401, origin.as_str()));
    for stranger in ["https://evil.example", "null", &format!("{origin}.evil.example"), "http://shop.example"]
    {
        assert_eq!(Answer::to(from(stranger)).await.header("access-control-allow-origin"), "", "{stranger}");
    }
}

/// The first of the origins that the stack under test was given.
fn given_origin() -> Option<String> {
    std::env::var("CORS_ORIGINS").ok()?;
    let origins = setting("CORS_ORIGINS");
    origins.split(',').next().filter(|origin| !origin.is_empty()).map(str::to_owned)
}
