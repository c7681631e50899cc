//! The API document, and that every request and answer of these tests is as it says.
//!
//! A status, content type, member, required header or problem code that is not documented fails the test that met it. So does a request that
//! was served although its schema refuses it: a schema never refuses what the server takes.

mod exchange;
mod parameters;

use std::collections::HashMap;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::{Arc, LazyLock, Mutex};

use jsonschema::{Draft, Registry, Validator};
use serde_json::{Value, json};

pub(crate) use exchange::Sent;

/// What schemas call the document that they stand in.
const NAME: &str = "urn:holdfast:api";
/// The members of a path that are operations.
const METHODS: [&str; 8] = ["delete", "get", "head", "options", "patch", "post", "put", "trace"];

/// The document.
pub(crate) struct Document {
    root: Value,
    registry: Registry<'static>,
    validators: Mutex<HashMap<String, Arc<Validator>>>,
}

/// A place in the document, and what stands there.
#[derive(Debug, Clone)]
pub(crate) struct Place<'a> {
    /// What stands there.
    pub(crate) value: &'a Value,
    pointer: String,
}

/// One operation.
#[derive(Debug, Clone)]
pub(crate) struct Operation<'a> {
    /// Its method, in capitals.
    pub(crate) method: String,
    /// The template of its path.
    pub(crate) path: &'a str,
    /// What the document says of it.
    pub(crate) place: Place<'a>,
    item: Place<'a>,
}

/// The document as it is in the checkout. Validators are made of it when they are first needed.
pub(crate) fn document() -> &'static Document {
    static DOCUMENT: LazyLock<Document> = LazyLock::new(|| {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../functions/service/openapi/openapi.json");
        let root: Value = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
        let registry = Registry::new().add(NAME, root.clone()).unwrap().prepare().unwrap();
        Document { root, registry, validators: Mutex::default() }
    });
    &DOCUMENT
}

impl Document {
    /// The whole of it.
    pub(crate) fn root(&self) -> Place<'_> {
        Place { value: &self.root, pointer: String::new() }
    }

    /// All operations.
    pub(crate) fn operations(&self) -> Vec<Operation<'_>> {
        let mut found = Vec::new();
        for (path, item) in self.root["paths"].as_object().unwrap() {
            let item = Place { value: item, pointer: format!("/paths/{}", escape(path)) };
            for method in METHODS {
                if let Some(place) = item.at(method) {
                    found.push(Operation { method: method.to_uppercase(), path, place, item: item.clone() });
                }
            }
        }
        found
    }

    /// The operation that the gateway chooses for `path`: of those that fit, the one with the most literal segments.
    fn operation(&self, method: &str, path: &str) -> Option<Operation<'_>> {
        let all = self.operations().into_iter();
        let fitting =
            all.filter(|operation| operation.method == method && operation.parameters_in(path).is_some());
        fitting.max_by_key(|operation| {
            operation.path.split('/').filter(|segment| !segment.starts_with('{')).count()
        })
    }

    /// What stands at `place`, or where that refers to.
    pub(crate) fn resolve<'a>(&'a self, place: Place<'a>) -> Place<'a> {
        let Some(target) = place.value.get("$ref").and_then(Value::as_str) else { return place };
        let pointer = target.strip_prefix('#').unwrap().to_owned();
        let value = self.root.pointer(&pointer).unwrap_or_else(|| panic!("{target} leads nowhere"));
        self.resolve(Place { value, pointer })
    }

    /// What is wrong with `instance` by the schema at `place`; nothing when it is right.
    pub(crate) fn errors(&self, place: &Place<'_>, instance: &Value) -> Vec<String> {
        let validator = {
            let mut validators = self.validators.lock().unwrap();
            let made =
                validators.entry(place.pointer.clone()).or_insert_with(|| Arc::new(self.validator(place)));
            Arc::clone(made)
        };
        let told = |error: jsonschema::ValidationError<'_>| {
            format!("{error} at {:?}", error.instance_path().as_str())
        };
        validator.iter_errors(instance).map(told).collect()
    }

    fn validator(&self, place: &Place<'_>) -> Validator {
        // A reference is a URI, in which most of what stands in paths has to be escaped.
        let mut reference = format!("{NAME}#");
        for byte in place.pointer.bytes() {
            if byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte) {
                reference.push(char::from(byte));
            } else {
                write!(reference, "%{byte:02X}").unwrap();
            }
        }
        jsonschema::options()
            .with_draft(Draft::Draft202012)
            .with_registry(&self.registry)
            .should_validate_formats(true)
            .build(&json!({"$ref": reference}))
            .unwrap_or_else(|error| panic!("{reference}: {error}"))
    }
}

impl<'a> Place<'a> {
    /// The member `name`, if there is one.
    pub(crate) fn at(&self, name: &str) -> Option<Place<'a>> {
        let value = self.value.get(name)?;
        Some(Place { value, pointer: format!("{}/{}", self.pointer, escape(name)) })
    }

    /// All members of an object, or items of a list.
    pub(crate) fn members(&self) -> Vec<(String, Place<'a>)> {
        let names: Vec<String> = match self.value {
            Value::Object(members) => members.keys().cloned().collect(),
            Value::Array(items) => (0..items.len()).map(|index| index.to_string()).collect(),
            _ => Vec::new(),
        };
        let place = |name: String| {
            let pointer = format!("{}/{}", self.pointer, escape(&name));
            let value = match self.value {
                Value::Array(items) => &items[name.parse::<usize>().unwrap()],
                other => &other[&name],
            };
            (name, Place { value, pointer })
        };
        names.into_iter().map(place).collect()
    }

    /// Where it is, as a JSON Pointer.
    pub(crate) fn pointer(&self) -> &str {
        &self.pointer
    }
}

fn escape(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}
