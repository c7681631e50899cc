//! What pages of other origins are let do: what the API document says that there is to do, once origins are given.

use std::collections::BTreeSet;

use serde_json::Value;

use super::template::gateway;
use crate::harness::document;

/// Headers that a page may send or read without being let (Fetch standard, CORS-safelisted), and those that browsers keep to themselves.
const ALWAYS: [&str; 11] = [
    "accept-encoding",
    "accept-language",
    "cache-control",
    "content-disposition",
    "content-encoding",
    "content-security-policy",
    "location",
    "pragma",
    "referrer-policy",
    "vary",
    "x-content-type-options",
];
/// How headers of signed callbacks begin, which no page sends.
const OF_CALLBACKS: &str = "webhook-";

/// The condition and the two branches of the gateway's CORS configuration.
fn configuration() -> (Value, Value, Value) {
    let choice = gateway()["x-amazon-apigateway-cors"]["Fn::If"].take();
    (choice[0].clone(), choice[1].clone(), choice[2].clone())
}

/// Whether the operation at `path` is for the operator's page alone, which is of the API's own origin.
fn is_own_page_only(path: &str) -> bool {
    path.starts_with("/ops/session")
}

fn names(list: &Value) -> BTreeSet<String> {
    list.as_array().unwrap().iter().map(|name| name.as_str().unwrap().to_lowercase()).collect()
}

#[test]
fn without_origins_there_is_none() {
    let (condition, with, without) = configuration();
    assert_eq!(condition, "AllowsOrigins");
    assert_eq!(without["Ref"], "AWS::NoValue");
    assert!(with["allowOrigins"].get("Fn::Split").is_some());
    assert!(with.get("allowCredentials").is_none(), "the one cookie is for this origin's own page");
}

#[test]
fn no_other_origin_may_send_what_the_routes_with_a_cookie_require() {
    let (_, with, _) = configuration();
    assert!(!names(&with["allowHeaders"]).contains("x-csrf-protection"));
    for operation in document().operations().iter().filter(|operation| is_own_page_only(operation.path)) {
        let required = operation.parameters(document()).into_iter().any(|parameter| {
            parameter.value["name"] == "X-CSRF-Protection" && parameter.value["required"] == true
        });
        assert!(required, "{} {}", operation.method, operation.path);
    }
}

#[test]
fn pages_may_send_and_read_what_the_document_has() {
    let (_, with, _) = configuration();
    let (methods, sent, read) =
        (names(&with["allowMethods"]), names(&with["allowHeaders"]), names(&with["exposeHeaders"]));
    let known = |name: &str| ALWAYS.contains(&name) || name.starts_with(OF_CALLBACKS);
    for operation in document().operations().iter().filter(|operation| !is_own_page_only(operation.path)) {
        assert!(methods.contains(&operation.method.to_lowercase()), "{}", operation.method);
        for parameter in operation.parameters(document()) {
            let parameter = parameter.value;
            let name = parameter["name"].as_str().unwrap().to_lowercase();
            let allowed = parameter["in"] != "header" || sent.contains(&name) || known(&name);
            assert!(allowed, "{}: {name} can't be sent", operation.path);
        }
        for (_, response) in operation.place.at("responses").unwrap().members() {
            let headers = document().resolve(response).at("headers").map(|headers| headers.members());
            for (name, _) in headers.unwrap_or_default() {
                let name = name.to_lowercase();
                assert!(read.contains(&name) || known(&name), "{}: {name} can't be read", operation.path);
            }
        }
    }
}
