//! template.yaml as the tests read it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_yaml_ng::{Mapping, Value};

/// The root of the checkout.
pub(super) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// The template's resources by logical id.
pub(super) fn resources() -> BTreeMap<String, Value> {
    let text = std::fs::read_to_string(root().join("template.yaml")).unwrap();
    let template: Value = serde_yaml_ng::from_str(&text).unwrap();
    let resources = template["Resources"].as_mapping().unwrap();
    resources.iter().map(|(id, resource)| (id.as_str().unwrap().to_owned(), resource.clone())).collect()
}

/// The functions by logical id.
pub(super) fn functions() -> BTreeMap<String, Value> {
    resources().into_iter().filter(|(_, resource)| resource["Type"] == "AWS::Serverless::Function").collect()
}

/// A function's events by name; empty when it has none.
pub(super) fn events(function: &Value) -> Mapping {
    function["Properties"]["Events"].as_mapping().cloned().unwrap_or_default()
}

/// Each event source mapping: the logical id of its function, and its properties.
pub(super) fn mappings() -> Vec<(String, Value)> {
    let all = resources().into_values();
    let mappings = all.filter(|resource| resource["Type"] == "AWS::Lambda::EventSourceMapping");
    let with_function = |mapping: Value| {
        let properties = mapping["Properties"].clone();
        let Value::Tagged(function) = &properties["FunctionName"] else { panic!("{properties:?}") };
        (function.value.as_str().unwrap().to_owned(), properties.clone())
    };
    mappings.map(with_function).collect()
}

/// The table or queue that a mapping reads, without the attribute of it: `ExpiryQueue` of `!GetAtt ExpiryQueue.Arn`.
pub(super) fn source_of(mapping: &Value) -> (String, String) {
    let Value::Tagged(source) = &mapping["EventSourceArn"] else { panic!("{mapping:?}") };
    let (resource, attribute) = source.value.as_str().unwrap().split_once('.').unwrap();
    (resource.to_owned(), attribute.to_owned())
}

/// What the gateway calls the route of requests that no other route matches.
pub(super) const DEFAULT_ROUTE: &str = "$default";

/// `METHOD path` of each of a function's routes; the one without either is [`DEFAULT_ROUTE`].
pub(super) fn routes(function: &Value) -> Vec<String> {
    let route = |event: &Value| {
        let properties = &event["Properties"];
        match (properties["Method"].as_str(), properties["Path"].as_str()) {
            (None, None) => DEFAULT_ROUTE.to_owned(),
            (method, path) => format!("{} {}", method.unwrap(), path.unwrap()),
        }
    };
    events(function).values().filter(|event| event["Type"] == "HttpApi").map(route).collect()
}

/// `get-order` of `GetOrder`.
pub(super) fn kebab(logical_id: &str) -> String {
    let mut name = String::new();
    for letter in logical_id.chars() {
        if letter.is_uppercase() && !name.is_empty() {
            name.push('-');
        }
        name.extend(letter.to_lowercase());
    }
    name
}
