//! The API document: OpenAPI 3.1, in the parts beside `openapi/README.md`, of which a test makes the one file that is served.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Value, json};

/// The whole document.
const DOCUMENT: &str = include_str!("../openapi/openapi.json");
/// The members of a path that are no methods.
const NO_METHODS: [&str; 4] = ["description", "parameters", "servers", "summary"];

/// The document for who reaches the API under `base`, which has no slash at its end.
///
/// Server and token endpoint are written out: clients disagree on what a relative address in a document is relative to, and under a
/// prefix the wrong one leads nowhere.
pub fn for_base(base: &str) -> Result<Value, serde_json::Error> {
    let mut document: Value = serde_json::from_str(DOCUMENT)?;
    document["servers"] = json!([{"url": base, "description": document["servers"][0]["description"]}]);
    if let Some(flows) = document["components"]["securitySchemes"]["oauth"]["flows"].as_object_mut() {
        for flow in flows.values_mut() {
            flow["tokenUrl"] = json!(format!("{base}/token"));
        }
    }
    Ok(document)
}

/// The methods of each path.
#[derive(Debug, Clone, Deserialize)]
pub struct Routes {
    #[expect(clippy::zero_sized_map_values, reason = "what is read of an object here is its names")]
    paths: BTreeMap<String, BTreeMap<String, IgnoredAny>>,
}

impl Routes {
    /// As the document has them.
    pub fn read() -> Result<Self, serde_json::Error> {
        serde_json::from_str(DOCUMENT)
    }

    /// The methods of `path` in the order of the alphabet; none when there is no such path. Where there is `GET`, there is `HEAD`.
    pub fn methods(&self, path: &str) -> BTreeSet<String> {
        let matching = self.paths.iter().filter(|(template, _)| matches(template, path));
        let members = matching.flat_map(|(_, item)| item.keys());
        let mut methods: BTreeSet<String> = members
            .filter(|name| !NO_METHODS.contains(&name.as_str()))
            .map(|name| name.to_uppercase())
            .collect();
        if methods.contains("GET") {
            methods.insert("HEAD".to_owned());
        }
        methods
    }
}

/// True when `template` describes `path`; a parameter is one segment that is not empty, as at the gateway.
fn matches(template: &str, path: &str) -> bool {
    let (mut wanted, mut given) = (template.split('/'), path.split('/'));
    loop {
        match (wanted.next(), given.next()) {
            (None, None) => return true,
            (Some(wanted), Some(given)) if wanted.starts_with('{') && !given.is_empty() => {}
            (Some(wanted), Some(given)) if wanted == given => {}
            _ => return false,
        }
    }
}

#[cfg(test)]
#[path = "document_tests.rs"]
mod tests;
