//! The one file is what the parts make, and it says what it should.

use std::path::{Path, PathBuf};

use serde_json::Map;

use super::*;

/// The member by which a part names the function of an operation, for `make routes`.
const FUNCTION: &str = "x-function";

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("openapi")
}

/// Puts `from` into `into`: objects member by member, lists one after the other. What is there twice is a mistake.
fn merge(into: &mut Map<String, Value>, from: Map<String, Value>, place: &str) {
    for (name, value) in from {
        let place = format!("{place}/{name}");
        match (into.get_mut(&name), value) {
            (None, value) => drop(into.insert(name, value)),
            (Some(Value::Object(there)), Value::Object(more)) => merge(there, more, &place),
            (Some(Value::Array(there)), Value::Array(more)) => there.extend(more),
            _ => panic!("{place} is in two parts"),
        }
    }
}

/// The document that the parts make, in a stable order: members and tags by name.
fn merged() -> String {
    let files = std::fs::read_dir(folder()).unwrap().map(|file| file.unwrap().path());
    let mut parts: Vec<PathBuf> =
        files.filter(|path| path.extension().is_some_and(|extension| extension == "yaml")).collect();
    parts.sort();
    let mut document = Map::new();
    for part in &parts {
        let text = std::fs::read_to_string(part).unwrap();
        let read: serde_yaml_ng::Value =
            serde_yaml_ng::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", part.display()));
        let Value::Object(read) = serde_json::to_value(read).unwrap() else {
            panic!("{} is no object", part.display())
        };
        merge(&mut document, read, &part.file_name().unwrap().to_string_lossy());
    }
    for operations in document["paths"].as_object_mut().unwrap().values_mut() {
        for operation in operations.as_object_mut().unwrap().values_mut().filter_map(Value::as_object_mut) {
            operation.remove(FUNCTION);
        }
    }
    let tags = document["tags"].as_array_mut().unwrap();
    tags.sort_by_key(|tag| tag["name"].as_str().unwrap().to_owned());
    let mut document = Value::Object(document);
    // Whether or not this build's JSON keeps another order.
    document.sort_all_objects();
    format!("{document:#}\n")
}

/// With `WRITE_OPENAPI=1` the file is written first.
#[test]
fn the_document_is_what_its_parts_make() {
    let (file, merged) = (folder().join("openapi.json"), merged());
    if std::env::var_os("WRITE_OPENAPI").is_some() {
        std::fs::write(&file, &merged).unwrap();
    }
    let there = std::fs::read_to_string(&file).unwrap();
    assert!(there == merged, "openapi.json is out of date: make routes");
}

#[test]
fn what_is_served_names_its_server_and_where_tokens_come_from() {
    let document = for_base("https://shop.example/prefix").unwrap();
    assert_eq!(document["openapi"], "3.1.0");
    assert_eq!(document["servers"][0]["url"], "https://shop.example/prefix");
    assert_eq!(document["servers"].as_array().unwrap().len(), 1);
    let flows = document["components"]["securitySchemes"]["oauth"]["flows"].as_object().unwrap();
    assert!(flows.contains_key("password"), "{flows:?}");
    for flow in flows.values() {
        assert_eq!(flow["tokenUrl"], "https://shop.example/prefix/token");
    }
}

#[test]
fn a_path_has_the_methods_of_every_route_that_it_fits() {
    let routes = Routes::read().unwrap();
    let methods = |path: &str| routes.methods(path).into_iter().collect::<Vec<_>>();
    assert_eq!(methods("/healthz"), ["GET", "HEAD"]);
    assert_eq!(methods("/"), ["GET", "HEAD"]);
    assert_eq!(methods("/docs"), ["GET", "HEAD"]);
    assert_eq!(methods("/docs/x.js"), ["GET", "HEAD"]);
    for none in ["", "/healthz/", "/docs/", "/docs/a/b", "//healthz", "/Healthz", "/nothing", "/{id}"] {
        assert!(methods(none).is_empty(), "{none}: {:?}", methods(none));
    }
}

#[test]
fn a_parameter_is_one_segment() {
    for (path, fits) in
        [("/a/7/b", true), ("/a//b", false), ("/a/7", false), ("/a/7/b/", false), ("/a/7/8/b", false)]
    {
        assert_eq!(matches("/a/{id}/b", path), fits, "{path}");
    }
}
