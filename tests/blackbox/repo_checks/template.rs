//! What the templates deploy, after SAM's transformation: `target/transformed`, which `make test` writes before these tests run.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use serde_json::Value;

/// The stack of tables, queues and secrets.
pub(super) const DATA: &str = "Data";
/// The stack that nests all others.
pub(super) const ROOT: &str = "root";
/// What the gateway calls the route of requests that no other route matches.
pub(super) const DEFAULT_ROUTE: &str = "$default";

/// What SAM calls the alias of a function, behind the function's logical id.
pub(super) const ALIAS: &str = "Aliaslive";

static STACKS: LazyLock<BTreeMap<String, Value>> = LazyLock::new(read);

/// The root of the checkout.
pub(super) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn read() -> BTreeMap<String, Value> {
    let folder = root().join("target/transformed");
    let files = std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let template = |path: PathBuf| {
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        (name, serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap())
    };
    files.map(|file| template(file.unwrap().path())).collect()
}

/// Each template by the logical id of its stack; the root's is [`ROOT`].
pub(super) fn stacks() -> &'static BTreeMap<String, Value> {
    &STACKS
}

/// The resources of one template by logical id.
pub(super) fn resources_of(template: &Value) -> BTreeMap<String, Value> {
    let resources = template["Resources"].as_object().unwrap();
    resources.iter().map(|(id, resource)| (id.clone(), resource.clone())).collect()
}

/// The resources of all stacks by logical id, which no two have alike.
pub(super) fn resources() -> BTreeMap<String, Value> {
    let mut all = BTreeMap::new();
    for (id, resource) in stacks().values().flat_map(resources_of) {
        assert!(all.insert(id.clone(), resource).is_none(), "two resources are called {id}");
    }
    all
}

/// The resources of `kind` by logical id.
pub(super) fn of_kind(kind: &str) -> BTreeMap<String, Value> {
    resources().into_iter().filter(|(_, resource)| resource["Type"] == kind).collect()
}

/// The functions by logical id.
pub(super) fn functions() -> BTreeMap<String, Value> {
    of_kind("AWS::Lambda::Function")
}

/// What `value` refers to: a resource, or the parameter of the same name that its stack is given for it.
pub(super) fn target(value: &Value) -> Option<String> {
    let reference = value.get("Ref").or_else(|| value.get("Fn::GetAtt")?.get(0))?;
    // Who calls a function by its alias calls the function.
    Some(reference.as_str()?.trim_end_matches(ALIAS).to_owned())
}

/// The queue whose name is taken out of its ARN.
pub(super) fn queue_named(value: &Value) -> Option<String> {
    target(&value["Fn::Select"][1]["Fn::Split"][1])
}

/// Each event source mapping: the logical id of its function, and its properties.
pub(super) fn mappings() -> Vec<(String, Value)> {
    let with_function = |mapping: Value| {
        let properties = mapping["Properties"].clone();
        (target(&properties["FunctionName"]).unwrap(), properties)
    };
    of_kind("AWS::Lambda::EventSourceMapping").into_values().map(with_function).collect()
}

/// What a mapping reads.
pub(super) fn source_of(mapping: &Value) -> String {
    target(&mapping["EventSourceArn"]).unwrap_or_else(|| panic!("{mapping:?}"))
}

/// Whether a mapping reads a table's stream; else it reads a queue.
pub(super) fn reads_stream(mapping: &Value) -> bool {
    mapping.get("StartingPosition").is_some()
}

/// The statements of the role of `function`, those under a condition as well.
pub(super) fn statements(function: &Value) -> Vec<Value> {
    let role = target(&function["Properties"]["Role"]).unwrap();
    statements_of(&resources()[&role])
}

/// The statements of a role's own policies, those under a condition as well.
pub(super) fn statements_of(role: &Value) -> Vec<Value> {
    let policies = role["Properties"]["Policies"].as_array().cloned().unwrap_or_default();
    let written =
        policies.iter().flat_map(|policy| policy["PolicyDocument"]["Statement"].as_array().cloned().unwrap());
    let branches = |statement: Value| match statement.get("Fn::If") {
        Some(choice) => vec![choice[1].clone(), choice[2].clone()],
        None => vec![statement],
    };
    written.flat_map(branches).filter(|statement| statement.get("Effect").is_some()).collect()
}

/// The gateway's OpenAPI document.
pub(super) fn gateway() -> Value {
    resources().remove("Api").unwrap()["Properties"]["Body"].take()
}

/// The function behind each route, which is `METHOD path` or [`DEFAULT_ROUTE`]. A route for `HEAD` belongs to that for `GET` and is none of its own.
pub(super) fn routes() -> BTreeMap<String, String> {
    let mut routes = all_routes();
    routes.retain(|route, _| !route.starts_with("HEAD "));
    routes
}

/// An HTTP API takes `HEAD` by a route of its own alone.
#[test]
fn what_answers_get_answers_head() {
    let routes = all_routes();
    let of = |method: &str| -> BTreeMap<&str, &String> {
        routes.iter().filter_map(|(route, function)| Some((route.strip_prefix(method)?, function))).collect()
    };
    assert_eq!(of("HEAD "), of("GET "));
}

/// As [`routes`], with those for `HEAD`.
pub(super) fn all_routes() -> BTreeMap<String, String> {
    let document = gateway();
    let mut found = BTreeMap::new();
    for (path, operations) in document["paths"].as_object().unwrap() {
        // Routes that a condition takes out are there under the other.
        let operations = operations.get("Fn::If").map_or(operations, |choice| &choice[1]);
        for (method, operation) in operations.as_object().unwrap() {
            let route = match path.as_str() {
                "/$default" => DEFAULT_ROUTE.to_owned(),
                path => format!("{} {path}", method.to_uppercase()),
            };
            let reference = operation["x-amazon-apigateway-integration"]["$ref"].as_str().unwrap();
            let integration =
                reference.strip_prefix("#/components/x-amazon-apigateway-integrations/").unwrap();
            assert!(found.insert(route, integration.to_owned()).is_none(), "{path} is there twice");
        }
    }
    found
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
