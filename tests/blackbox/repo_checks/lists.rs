//! Handlers, functions, samples, routes and test files: five lists that say the same, and the pages about them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use regex::Regex;

use super::template::{DATA, ROOT, all_routes, functions, kebab, resources_of, root, routes, stacks};

/// `CloudFormation` takes 500 resources in a stack: each may double.
const MAX_RESOURCES: usize = 250;
/// An HTTP API takes 300 routes; this leaves room to notice.
const MAX_ROUTES: usize = 270;

/// The names, without their extension, of the files in `folder` that end in `extension`.
fn names(folder: &Path, extension: &str) -> BTreeSet<String> {
    let files = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    files
        .map(|file| file.unwrap().path())
        .filter(|path| path.extension().is_some_and(|found| found == extension))
        .map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned())
        .collect()
}

/// Every handler that a context's program serves, and the context.
fn handlers() -> BTreeMap<String, String> {
    let (listed, mut found) = (Regex::new(r#"Function::\w+\("([a-z-]+)""#).unwrap(), BTreeMap::new());
    for context in std::fs::read_dir(root().join("functions")).unwrap() {
        let context = context.unwrap();
        for folder in ["routes", "triggers"] {
            let text = std::fs::read_to_string(context.path().join("src").join(folder).join("mod.rs"));
            for name in listed.captures_iter(&text.unwrap_or_default()) {
                found.insert(name[1].to_owned(), context.file_name().into_string().unwrap());
            }
        }
    }
    assert!(found.len() > 20, "{found:?}");
    found
}

#[test]
fn every_handler_is_a_function_and_every_function_a_handler() {
    let handlers = handlers();
    let declared: BTreeSet<String> = functions().keys().map(|id| kebab(id)).collect();
    assert_eq!(declared, handlers.keys().cloned().collect());
    for (id, function) in functions() {
        let (properties, handler) = (&function["Properties"], kebab(&id));
        assert_eq!(properties["Code"]["S3Key"], format!("target/lambda/{}", handlers[&handler]));
        assert_eq!(properties["Handler"], handler);
    }
}

#[test]
fn every_handler_has_a_sample() {
    assert_eq!(names(&root().join("events"), "json"), handlers().into_keys().collect());
}

#[test]
fn every_handler_has_a_test_file_in_its_context() {
    for (handler, context) in handlers() {
        let file = root().join(format!("tests/blackbox/{context}/{}.rs", handler.replace('-', "_")));
        assert!(file.exists(), "{} is missing", file.display());
    }
}

/// A page of `docs`.
fn page(name: &str) -> String {
    let file = root().join("docs").join(name);
    std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

#[test]
fn the_route_table_is_the_templates() {
    let table = page("routes.md");
    let written: BTreeSet<(String, String)> = table
        .lines()
        .filter_map(|line| {
            let cells: Vec<&str> = line.split('|').map(str::trim).collect();
            let route = cells.get(1)?.strip_prefix('`')?.strip_suffix('`')?;
            let function = cells.get(2)?.strip_prefix('`')?.strip_suffix('`')?;
            Some((route.to_owned(), function.to_owned()))
        })
        .collect();
    assert_eq!(written, routes().into_iter().collect());
}

#[test]
fn every_function_without_a_route_is_listed_as_such() {
    let text = page("routes.md");
    let (_, table) = text.split_once("Without a route:\n").unwrap();
    let first_cells = table.lines().filter_map(|line| line.strip_prefix("| ")?.split(" |").next());
    let written: BTreeSet<String> =
        first_cells.filter(|cell| *cell != "function").map(str::to_owned).collect();
    let routed: BTreeSet<String> = routes().into_values().collect();
    let without: BTreeSet<String> = functions().into_keys().filter(|id| !routed.contains(id)).collect();
    assert_eq!(written, without);
}

/// They say when a paused stage has written its last.
#[test]
fn the_table_of_timeouts_is_the_templates() {
    let rows = Regex::new(r"(?m)^\| ([0-9]+) s \| (.*) \|$").unwrap();
    let name = Regex::new("`([A-Za-z]+)`").unwrap();
    let (text, mut others, mut written) = (page("restoring.md"), 0, BTreeMap::new());
    for row in rows.captures_iter(&text) {
        let seconds: u64 = row[1].parse().unwrap();
        if &row[2] == "all others" {
            others = seconds;
        }
        written.extend(name.captures_iter(&row[2]).map(|found| (found[1].to_owned(), seconds)));
    }
    let timeouts = functions()
        .into_iter()
        .map(|(id, function)| (id, function["Properties"]["Timeout"].as_u64().unwrap()));
    let expected: BTreeMap<String, u64> = timeouts.filter(|(_, seconds)| *seconds != others).collect();
    assert_eq!(written, expected);
}

/// A context's functions stand in its own folder, and nothing that holds data stands beside them: a release changes no table.
#[test]
fn every_function_is_in_the_stack_of_its_context() {
    let contexts = handlers();
    for (stack, template) in stacks() {
        for (id, resource) in resources_of(template) {
            let kind = resource["Type"].as_str().unwrap();
            if kind == "AWS::Lambda::Function" {
                assert_eq!(stack.to_lowercase(), contexts[&kebab(&id)], "{id}");
            }
            let holds = [
                "AWS::DynamoDB::Table",
                "AWS::SQS::Queue",
                "AWS::SecretsManager::Secret",
                "AWS::Events::EventBus",
            ];
            assert!(stack == DATA || !holds.contains(&kind), "{id} is in the stack {stack}");
        }
    }
}

/// What the root passes on has the same name on both sides, so that a parameter can be read as the resource that it stands for.
#[test]
fn a_parameter_has_the_name_of_what_it_stands_for() {
    let outputs = stacks()[DATA]["Outputs"].as_object().unwrap();
    for (name, output) in outputs {
        let value = output["Value"].to_string();
        let resource = ["Url", "Name"].iter().find_map(|suffix| name.strip_suffix(suffix)).unwrap_or(name);
        let resource = resource.replace("Stream", "Table");
        assert!(value.contains(&format!("\"{resource}\"")), "{name} is {value}");
    }
    let mut used = BTreeSet::new();
    for (stack, nested) in resources_of(&stacks()[ROOT]) {
        for (name, value) in nested["Properties"]["Parameters"].as_object().unwrap() {
            let text = value.to_string();
            let same =
                text.contains(&format!("Outputs.{name}\"")) || *value == serde_json::json!({"Ref": name});
            let own = ["StackName", "FunctionPrefix", "InvocationPrefix"].contains(&name.as_str());
            assert!(same || own, "{stack} is given {text} for {name}");
            used.insert(name.clone());
        }
    }
    let unused: Vec<&String> = outputs.keys().filter(|name| !used.contains(*name)).collect();
    assert!(unused.is_empty(), "nobody is given {unused:?}");
}

#[test]
fn every_stack_has_room_to_double() {
    let page = page("limits.md");
    for (stack, template) in stacks() {
        let count = resources_of(template).len();
        assert!(count <= MAX_RESOURCES, "{stack} has {count} resources");
        assert!(page.contains(&format!("| `{stack}` | ")), "docs/limits.md does not name {stack}");
    }
    let count = all_routes().len();
    assert!(count < MAX_ROUTES, "{count} routes");
}
