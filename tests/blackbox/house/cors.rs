//! What pages of other origins are let do: what the API document says that there is to do, once origins are given.

use std::collections::BTreeSet;

use serde_yaml_ng::Value;

use super::template::resources;
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
    let api = resources().remove("Api").unwrap();
    let Value::Tagged(choice) = &api["Properties"]["CorsConfiguration"] else {
        panic!("it has no condition")
    };
    assert_eq!(choice.tag, "If");
    (choice.value[0].clone(), choice.value[1].clone(), choice.value[2].clone())
}

fn names(list: &Value) -> BTreeSet<String> {
    list.as_sequence().unwrap().iter().map(|name| name.as_str().unwrap().to_lowercase()).collect()
}

#[test]
fn without_origins_there_is_none() {
    let (condition, with, without) = configuration();
    assert_eq!(condition, "AllowsOrigins");
    assert!(matches!(&without, Value::Tagged(none) if none.tag == "Ref" && none.value == "AWS::NoValue"));
    assert!(matches!(&with["AllowOrigins"], Value::Tagged(split) if split.tag == "Split"));
    assert!(with.get("AllowCredentials").is_none(), "nothing here goes by cookies");
}

#[test]
fn pages_may_send_and_read_what_the_document_has() {
    let (_, with, _) = configuration();
    let (methods, sent, read) =
        (names(&with["AllowMethods"]), names(&with["AllowHeaders"]), names(&with["ExposeHeaders"]));
    let known = |name: &str| ALWAYS.contains(&name) || name.starts_with(OF_CALLBACKS);
    for operation in document().operations() {
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
