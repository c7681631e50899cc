//! Binaries, functions, samples, routes and test files: five lists that say the same.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_yaml_ng::Value;

use super::template::{events, functions, kebab, resources, root, routes};

/// `CloudFormation` takes 500 resources in a stack; this leaves room to notice.
const MAX_RESOURCES: usize = 450;
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

/// Every binary, and the context that it belongs to.
fn binaries() -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for context in std::fs::read_dir(root().join("functions")).unwrap() {
        let context = context.unwrap();
        for name in names(&context.path().join("src/bin"), "rs") {
            found.insert(name, context.file_name().into_string().unwrap());
        }
    }
    assert!(found.len() > 20, "{found:?}");
    found
}

#[test]
fn every_binary_is_a_function_and_every_function_a_binary() {
    let declared: BTreeSet<String> = functions().keys().map(|id| kebab(id)).collect();
    let built: BTreeSet<String> = binaries().into_keys().collect();
    assert_eq!(declared, built);
    for (id, function) in functions() {
        let code = function["Properties"]["CodeUri"].as_str().unwrap();
        assert_eq!(code, format!("target/lambda/{}/", kebab(&id)));
    }
}

#[test]
fn every_binary_has_a_sample() {
    assert_eq!(names(&root().join("events"), "json"), binaries().into_keys().collect());
}

#[test]
fn every_binary_has_a_test_file_in_its_context() {
    for (binary, context) in binaries() {
        let file = root().join(format!("tests/blackbox/{context}/{}.rs", binary.replace('-', "_")));
        assert!(file.exists(), "{} is missing", file.display());
    }
}

#[test]
fn the_route_table_is_the_templates() {
    let table = std::fs::read_to_string(root().join("docs/routes.md")).unwrap();
    let written: BTreeSet<(String, String)> = table
        .lines()
        .filter_map(|line| {
            let cells: Vec<&str> = line.split('|').map(str::trim).collect();
            let route = cells.get(1)?.strip_prefix('`')?.strip_suffix('`')?;
            let function = cells.get(2)?.strip_prefix('`')?.strip_suffix('`')?;
            Some((route.to_owned(), function.to_owned()))
        })
        .collect();
    let declared: BTreeSet<(String, String)> = functions()
        .iter()
        .flat_map(|(id, function)| routes(function).into_iter().map(|route| (route, id.clone())))
        .collect();
    assert_eq!(written, declared);
}

/// How many resources SAM makes of an event: of a route a permission, since the route itself stands in the API's document, of any other at most a
/// rule or schedule and a permission or role.
fn made_of(event: &Value) -> usize {
    match event["Type"].as_str().unwrap() {
        "HttpApi" => 1,
        _ => 2,
    }
}

#[test]
fn the_stack_stays_within_what_aws_takes() {
    // SAM makes a role for each function, and the API's stage.
    let made: usize =
        functions().values().map(|function| 1 + events(function).values().map(made_of).sum::<usize>()).sum();
    let count = resources().len() + made + 1;
    assert!(count < MAX_RESOURCES, "{count} resources");
    let count: usize = functions().values().map(|function| routes(function).len()).sum();
    assert!(count < MAX_ROUTES, "{count} routes");
}
