//! Rules for every body of the API document: a member that is `null` is a member left out, and all that is missing is named at once.

use std::collections::BTreeMap;

use reqwest::Method;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::harness::{
    Operation, Person, SCOPES, customer_with, delete, document, get, http, place_order, product,
    unique_email, unique_phone, unique_sku, url,
};

/// Operations that change the state that other tests rely on, regardless of the caller.
const LEFT_OUT: [&str; 1] = ["redriveDeadLetters"];
/// Members that hold data: what is null in there was sent.
const DATA: [&str; 3] = ["attributes", "cartSnapshot", "metadata"];
/// Members that may hold any JSON, and what is verified only where nothing else is wrong.
const ANYTHING: [&str; 1] = ["cartSnapshot"];
/// Operations with a method that has a body, and without one.
const FEWEST_WITHOUT_BODY: usize = 8;
/// Operations that take parameters.
const FEWEST_LISTS: usize = 10;
/// Most operations have a body.
const FEWEST_BODIES: usize = 40;
/// Of these, the ones with members that are required and looked at first.
const FEWEST_WITH_REQUIRED: usize = 20;

/// What `place`, a part of the document, refers to.
fn resolved(place: &'static Value) -> &'static Value {
    match place["$ref"].as_str() {
        Some(target) => {
            let pointer = target.strip_prefix('#').unwrap();
            resolved(document().root().value.pointer(pointer).unwrap_or_else(|| panic!("{target}")))
        }
        None => place,
    }
}

/// The members that a schema describes, its own and those of the schemas that it combines.
fn properties(schema: &'static Value) -> BTreeMap<&'static str, &'static Value> {
    let schema = resolved(schema);
    let mut found: BTreeMap<&str, &Value> = schema["properties"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, property)| (name.as_str(), property))
        .collect();
    for combined in ["allOf", "anyOf", "oneOf"] {
        for part in schema[combined].as_array().into_iter().flatten() {
            for (name, property) in properties(part) {
                found.entry(name).or_insert(property);
            }
        }
    }
    found
}

/// Adds to `body` every member that its schema has and it hasn't, as `null`, at each level; their pointers go to `added`.
fn with_nulls(schema: &'static Value, body: &mut Value, pointer: &str, added: &mut Vec<String>) {
    match body {
        Value::Object(members) => {
            for (name, property) in properties(schema) {
                let pointer = format!("{pointer}/{name}");
                match members.get_mut(name) {
                    Some(_) if DATA.contains(&name) => {}
                    Some(value) => with_nulls(property, value, &pointer, added),
                    None => {
                        members.insert(name.to_owned(), Value::Null);
                        added.push(pointer);
                    }
                }
            }
        }
        Value::Array(elements) => {
            for (index, element) in elements.iter_mut().enumerate() {
                with_nulls(&resolved(schema)["items"], element, &format!("{pointer}/{index}"), added);
            }
        }
        _ => {}
    }
}

/// Replaces the samples' logins, which other tests use, by logins that no account has.
fn with_logins_of_nobody(body: &mut Value) {
    for (member, unique) in [("email", unique_email()), ("phone", unique_phone())] {
        if let Some(login) = body.get_mut(member).filter(|login| login.is_string()) {
            *login = unique.into();
        }
    }
}

/// The samples of an operation's JSON body, and their schema.
fn samples(operation: &Operation<'static>) -> Option<(&'static Value, Vec<Value>)> {
    let media = &resolved(&operation.place.value["requestBody"])["content"]["application/json"];
    let schema = media.get("schema")?;
    let named =
        media["examples"].as_object().into_iter().flatten().map(|(_, example)| &resolved(example)["value"]);
    let samples: Vec<Value> =
        media.get("example").into_iter().chain(named).filter(|sample| sample.is_object()).cloned().collect();
    Some((schema, samples))
}

/// A path of the operation that leads to nothing of anybody's.
fn path(operation: &Operation<'_>) -> String {
    let segments = operation.path.split('/').map(|segment| match segment {
        "{sku}" => unique_sku(),
        "{id}" if operation.path.contains("/products/") => unique_sku(),
        "{kind}" => "phone".to_owned(),
        parameter if parameter.starts_with('{') => Uuid::new_v4().to_string(),
        literal => literal.to_owned(),
    });
    segments.collect::<Vec<_>>().join("/")
}

/// The members that the answer to `body` complains of.
async fn complaints(asker: &Person, operation: &Operation<'static>, body: &Value) -> Vec<String> {
    let method = Method::from_bytes(operation.method.as_bytes()).unwrap();
    let path = path(operation);
    let request = http().request(method, url(&path)).json(body);
    let answer = asker.ask(request.header("idempotency-key", Uuid::new_v4().to_string())).await;
    assert!(
        answer.status != 400 || answer.body["code"] != "malformed_body",
        "{}: {body}: {}",
        operation.path,
        answer.text
    );
    if operation.place.value["operationId"] == "createWebhookEndpoint" && answer.status == 201 {
        let endpoint = format!("{}/{}", operation.path, answer.body["id"].as_str().unwrap());
        asker.ask(delete(&endpoint)).await.expect(204);
    }
    // A setting would have its effect on the baskets of other tests.
    if operation.method == "PUT" && answer.status == 201 {
        asker.ask(delete(&path)).await.expect(204);
    }
    let errors = answer.body["errors"].as_array().cloned().unwrap_or_default();
    errors.iter().filter_map(|error| error["pointer"].as_str().map(str::to_owned)).collect()
}

#[tokio::test]
async fn everything_that_is_missing_is_named_at_once() {
    // With every scope, so that bodies are read and not refused before.
    let asker = customer_with(&SCOPES).await;
    let mut seen = 0;
    for operation in document().operations() {
        let id = operation.place.value["operationId"].as_str().unwrap();
        let Some((schema, _)) = samples(&operation) else { continue };
        let required = resolved(schema)["required"].as_array().cloned().unwrap_or_default();
        if required.is_empty() || LEFT_OUT.contains(&id) {
            continue;
        }
        let named = complaints(&asker, &operation, &json!({})).await;
        // Some are refused for another reason first, such as a signature.
        if named.is_empty() {
            continue;
        }
        for name in required {
            let pointer = format!("/{}", name.as_str().unwrap());
            assert!(named.contains(&pointer), "{id}: {pointer} is not among {named:?}");
        }
        seen += 1;
    }
    assert!(seen >= FEWEST_WITH_REQUIRED, "only {seen} bodies were read");
}

/// What no member of any body is.
fn nonsense() -> Value {
    json!([[7]])
}

/// A client that has mended one member doesn't want to learn of the next.
#[tokio::test]
async fn everything_that_is_wrong_is_named_at_once() {
    // With every scope, so that bodies are read and not refused before.
    let asker = customer_with(&SCOPES).await;
    let mut seen = 0;
    for operation in document().operations() {
        let id = operation.place.value["operationId"].as_str().unwrap();
        let Some((schema, samples)) = samples(&operation) else { continue };
        // Without a sample, it is no object.
        if samples.is_empty() || LEFT_OUT.contains(&id) {
            continue;
        }
        let members: Vec<&str> = properties(schema).into_keys().collect();
        let mut body: Value =
            members.iter().map(|name| ((*name).to_owned(), nonsense())).collect::<Map<_, _>>().into();
        body["unheardOf"] = json!(1);
        let named = complaints(&asker, &operation, &body).await;
        // Some are refused for another reason first, such as a signature.
        if named.is_empty() {
            continue;
        }
        for name in members.iter().chain(&["unheardOf"]).filter(|name| !ANYTHING.contains(name)) {
            let pointer = format!("/{name}");
            let is_named =
                named.iter().any(|found| *found == pointer || found.starts_with(&format!("{pointer}/")));
            assert!(is_named, "{id}: {pointer} is not among {named:?}");
        }
        seen += 1;
    }
    assert!(seen >= FEWEST_BODIES, "only {seen} bodies were read");
}

#[tokio::test]
async fn every_optional_member_of_every_body_may_be_null() {
    // With every scope, so that bodies are read and not refused before.
    let asker = customer_with(&SCOPES).await;
    let mut seen = 0;
    for operation in document().operations() {
        let id = operation.place.value["operationId"].as_str().unwrap();
        let Some((schema, samples)) = samples(&operation) else { continue };
        if LEFT_OUT.contains(&id) {
            continue;
        }
        for sample in samples {
            let (mut body, mut added) = (sample, Vec::new());
            with_nulls(schema, &mut body, "", &mut added);
            with_logins_of_nobody(&mut body);
            let complaints = complaints(&asker, &operation, &body).await;
            let of_nulls: Vec<_> = complaints.iter().filter(|pointer| added.contains(pointer)).collect();
            assert!(of_nulls.is_empty(), "{id}: {of_nulls:?} of {body}");
            seen += 1;
        }
    }
    assert!(seen >= FEWEST_BODIES, "only {seen} bodies were sent");
}

/// The query parameters that an operation has, of its own and of its path.
fn parameters(operation: &Operation<'static>) -> Vec<&'static str> {
    let of_path = &document().root().value["paths"][&operation.path]["parameters"];
    let all =
        [of_path, &operation.place.value["parameters"]].into_iter().filter_map(Value::as_array).flatten();
    all.map(resolved).filter(|one| one["in"] == "query").filter_map(|one| one["name"].as_str()).collect()
}

#[tokio::test]
async fn every_parameter_that_is_wrong_is_named_at_once() {
    let asker = customer_with(&SCOPES).await;
    let order = place_order(&asker, &product(100, 1).await, 1).await;
    let mut seen = 0;
    for operation in document().operations().into_iter().filter(|operation| operation.method == "GET") {
        let parameters = parameters(&operation);
        if parameters.is_empty() {
            continue;
        }
        let path = operation.path.replace("{id}", order["id"].as_str().unwrap());
        let path = path.replace("{userId}", asker.id.as_str());
        // No value of any parameter is empty, but for a search; that has no words then.
        let query: Vec<_> = parameters.iter().chain(&["unheardOf"]).map(|name| format!("{name}=")).collect();
        let answer = asker.ask(get(&format!("{path}?{}", query.join("&")))).await;
        let problem = answer.problem(400, "invalid_parameter");
        let errors = problem["errors"].as_array().unwrap();
        let named: Vec<_> = errors.iter().map(|error| error["pointer"].as_str().unwrap()).collect();
        for name in parameters.iter().chain(&["unheardOf"]) {
            let pointer = format!("/query/{name}");
            assert!(
                named.contains(&pointer.as_str()),
                "{}: {pointer} is not among {named:?}",
                operation.path
            );
        }
        seen += 1;
    }
    assert!(seen >= FEWEST_LISTS, "only {seen} lists were asked for");
}

/// Routes that take no body: what is sent all the same is not passed over.
#[tokio::test]
async fn a_body_that_says_nothing_to_a_route_is_refused() {
    let asker = customer_with(&SCOPES).await;
    let mut seen = 0;
    for operation in document().operations() {
        let body = &operation.place.value["requestBody"];
        if body["$ref"] != "#/components/requestBodies/Nothing" || operation.path.starts_with("/ops") {
            continue;
        }
        let method = Method::from_bytes(operation.method.as_bytes()).unwrap();
        let ask = |text: &'static str| {
            let request = http().request(method.clone(), url(&path(&operation)));
            asker.ask(request.header("content-type", "application/json").body(text))
        };
        ask(r#"{"amount": 1}"#).await.problem_at(422, "invalid_input", "/amount");
        ask("nope").await.problem(400, "malformed_body");
        for nothing in ["", "null", "{}"] {
            let answer = ask(nothing).await;
            assert!([200, 202, 404, 409].contains(&answer.status), "{}: {answer:?}", operation.path);
        }
        seen += 1;
    }
    assert!(seen >= FEWEST_WITHOUT_BODY, "only {seen} routes take no body");
}
