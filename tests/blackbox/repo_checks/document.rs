//! The API document describes what the template deploys, completely, and with examples that are right.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::template::{DEFAULT_ROUTE, routes};
use crate::harness::{Document, Operation, Place, document};

/// The function behind each route of the template.
fn deployed() -> BTreeMap<String, String> {
    routes().into_iter().filter(|(route, _)| route != DEFAULT_ROUTE).collect()
}

/// The security schemes by which an access token is asked for; the others are for signatures and for the credentials of clients.
const TOKENS: [&str; 2] = ["bearer", "oauth"];
/// The content type of problems.
const PROBLEM: &str = "application/problem+json";
/// The routes with refusals that are no problems: those of RFC 6749 section 5.2, which has codes of its own, and pages for people.
const OTHER_REFUSALS: [&str; 4] = [
    "POST /token",
    "POST /api/token",
    "GET /sandbox/payments/{reference}",
    "POST /sandbox/payments/{reference}",
];

fn route(operation: &Operation<'_>) -> String {
    format!("{} {}", operation.method, operation.path)
}

/// `getOrder` of `GetOrder`.
fn camel(logical_id: &str) -> String {
    let (first, rest) = logical_id.split_at(1);
    format!("{}{rest}", first.to_lowercase())
}

#[test]
fn every_route_is_described_and_every_description_is_a_route() {
    let described: BTreeSet<String> = document().operations().iter().map(route).collect();
    assert_eq!(described, deployed().into_keys().collect());
}

/// The imperatives that a summary opens with.
const SUMMARY_VERBS: [&str; 39] = [
    "Add", "Begin", "Cancel", "Change", "Check", "Confirm", "Count", "Create", "Delete", "Empty", "Enable",
    "End", "Enrol", "Exchange", "Export", "Get", "Issue", "List", "Log", "Merge", "Pay", "Receive", "Record",
    "Redrive", "Refresh", "Register", "Release", "Remove", "Report", "Resend", "Reserve", "Reset", "Revoke",
    "Rotate", "Send", "Set", "Show", "Update", "Verify",
];

#[test]
fn every_operation_says_what_it_is() {
    let (deployed, mut ids) = (deployed(), BTreeSet::new());
    let tags = document().root().at("tags").unwrap().members();
    let tags: BTreeSet<&str> = tags.iter().map(|(_, tag)| tag.value["name"].as_str().unwrap()).collect();
    for operation in document().operations() {
        let (route, value) = (route(&operation), operation.place.value);
        let id = value["operationId"].as_str().unwrap_or_else(|| panic!("{route} has no operationId"));
        let function = camel(&deployed[&route]);
        // A function with several routes has several operations, and these have distinct names.
        let named_after =
            id.strip_prefix(&function).is_some_and(|rest| !rest.starts_with(char::is_lowercase));
        let page = function == "getApiDocument" && id.starts_with("getApi");
        assert!(named_after || page || id == "getHealthz", "{route}: {id} is not {function}");
        assert!(ids.insert(id.to_owned()), "{id} is there twice");
        let summary = value["summary"].as_str().unwrap_or_else(|| panic!("{route} has no summary"));
        assert!(!summary.ends_with('.'), "{route}: {summary}");
        let verb = summary.split(' ').next().unwrap_or_default();
        assert!(SUMMARY_VERBS.contains(&verb), "{route}: {summary} opens with no verb of the list");
        let own = value["tags"].as_array().unwrap_or_else(|| panic!("{route} has no tags"));
        assert!(!own.is_empty() && own.iter().all(|tag| tags.contains(tag.as_str().unwrap())), "{route}");
        assert_parameters_fit(&operation);
    }
}

#[test]
fn every_401_has_a_challenge() {
    let mut seen = 0;
    for operation in document().operations() {
        let responses = operation.place.at("responses").unwrap().members();
        for (_, response) in responses.into_iter().filter(|(status, _)| status == "401") {
            let response = document().resolve(response);
            let challenge = response.at("headers").and_then(|headers| headers.at("WWW-Authenticate"));
            let challenge =
                challenge.map(|challenge| document().resolve(challenge).value["required"].clone());
            assert_eq!(challenge, Some(Value::Bool(true)), "{}", route(&operation));
            seen += 1;
        }
    }
    assert!(seen > 50, "only {seen} were read");
}

/// Each parameter of the path is described once, and nothing is in the path that is not.
fn assert_parameters_fit(operation: &Operation<'static>) {
    let segments = operation.path.split('/');
    let wanted: Vec<&str> =
        segments.filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}')).collect();
    let described = operation.parameters(document()).into_iter().map(|parameter| parameter.value);
    let of_path: Vec<&str> = described
        .filter(|parameter| parameter["in"] == "path" && parameter["required"] == true)
        .map(|parameter| parameter["name"].as_str().unwrap())
        .collect();
    assert_eq!(wanted, of_path, "{}", route(operation));
}

/// The codes that an operation can answer with `status`.
fn codes(operation: &Operation<'_>, status: &str) -> Vec<String> {
    let response = operation.place.at("responses").unwrap().at(status).map(|place| document().resolve(place));
    let codes = response.and_then(|response| response.value["x-problem-codes"].as_array().cloned());
    codes.unwrap_or_default().iter().map(|code| code.as_str().unwrap().to_owned()).collect()
}

#[test]
fn who_needs_no_token_is_told_so_and_who_does_is_told_what_happens_without() {
    let schemes = document().root().at("components").unwrap().at("securitySchemes").unwrap();
    let flows = &schemes.value["oauth"]["flows"];
    for operation in document().operations() {
        let route = route(&operation);
        let security = operation.place.value["security"].as_array();
        let security = security.unwrap_or_else(|| panic!("{route} says nothing of tokens"));
        let open = security.is_empty() || security.iter().any(|way| way.as_object().unwrap().is_empty());
        let unknown = codes(&operation, "401");
        let asks_for_a_token =
            security.iter().any(|way| TOKENS.iter().any(|scheme| way.get(scheme).is_some()));
        if !asks_for_a_token {
            assert!(!unknown.contains(&"token_required".to_owned()), "{route} asks nobody for a token");
            continue;
        }
        assert!(unknown.contains(&"invalid_token".to_owned()), "{route}: {unknown:?}");
        assert!(open || unknown.contains(&"token_required".to_owned()), "{route}: {unknown:?}");
        for way in security {
            for (scheme, scopes) in way.as_object().unwrap() {
                assert!(schemes.at(scheme).is_some(), "{route}: {scheme}");
                for scope in scopes.as_array().unwrap() {
                    let known = &flows["password"]["scopes"][scope.as_str().unwrap()];
                    assert!(known.is_string(), "{route}: {scope}");
                }
            }
        }
        let only_scopes = security.iter().all(|way| way.get("oauth").is_some());
        if only_scopes {
            assert!(codes(&operation, "403").contains(&"insufficient_scope".to_owned()), "{route}");
        }
    }
}

#[test]
fn every_problem_lists_codes_that_its_description_names() {
    for operation in document().operations() {
        for (status, response) in operation.place.at("responses").unwrap().members() {
            let (response, route) = (document().resolve(response), route(&operation));
            let codes = codes(&operation, &status);
            let content = &response.value["content"];
            let is_problem = content.get(PROBLEM).is_some();
            let refused = status.as_str() >= "400";
            assert!(
                refused == is_problem || (refused && OTHER_REFUSALS.contains(&route.as_str())),
                "{route}: {status}"
            );
            assert_eq!(is_problem, !codes.is_empty(), "{route}: {status}: {codes:?}");
            let description = response.value["description"].as_str().unwrap();
            for code in codes {
                assert!(
                    description.contains(&format!("`{code}`")),
                    "{route}: {status}: {code}: {description}"
                );
            }
        }
    }
}

#[test]
fn every_example_is_one() {
    let (mut seen, mut wrong) = (0, Vec::new());
    check_examples(document(), document().root(), &mut seen, &mut wrong);
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(seen > 200, "only {seen} examples were found");
}

/// Everything at `place` and below that has an example and a schema, or is a schema with examples.
fn check_examples(document: &Document, place: Place<'_>, seen: &mut usize, wrong: &mut Vec<String>) {
    let mut check = |schema: &Place<'_>, example: &Value, at: &str| {
        *seen += 1;
        wrong.extend(document.errors(schema, example).into_iter().map(|error| format!("{at}: {error}")));
    };
    if let Some(schema) = place.at("schema").filter(|_| place.value.get("properties").is_none()) {
        if let Some(example) = place.at("example") {
            check(&schema, example.value, example.pointer());
        }
        for (_, example) in place.at("examples").map(|all| all.members()).unwrap_or_default() {
            let example = document.resolve(example).at("value").unwrap();
            check(&schema, example.value, example.pointer());
        }
    } else if let Some(Value::Array(examples)) = place.value.get("examples") {
        for example in examples {
            check(&place, example, place.pointer());
        }
    }
    for (name, inner) in place.members() {
        // Members of an example are data and no schemas.
        if !["example", "examples", "default", "enum", "const"].contains(&name.as_str()) {
            check_examples(document, inner, seen, wrong);
        }
    }
}

#[test]
fn every_body_that_is_sent_or_answered_has_an_example() {
    for operation in document().operations() {
        let route = route(&operation);
        let mut media = Vec::new();
        if let Some(body) = operation.place.at("requestBody").map(|body| document().resolve(body)) {
            media.extend(body.at("content").unwrap().members());
        }
        for (status, response) in operation.place.at("responses").unwrap().members() {
            let content = document().resolve(response).at("content").filter(|_| status.starts_with('2'));
            media.extend(content.map(|content| content.members()).unwrap_or_default());
        }
        for (kind, media) in media.into_iter().filter(|(kind, _)| kind.ends_with("json")) {
            let shown = media.at("example").is_some() || media.at("examples").is_some();
            assert!(shown, "{route}: {kind} at {}", media.pointer());
        }
    }
}
