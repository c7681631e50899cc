//! What stands in paths and queries, as the document's schemas see it.

use serde_json::Value;

use super::{Document, Operation, Place};

impl<'a> Operation<'a> {
    /// Its parameters, those that its path gives to all of its operations included.
    pub(crate) fn parameters(&self, document: &'a Document) -> Vec<Place<'a>> {
        let lists = [&self.item, &self.place].map(|place| place.at("parameters"));
        let all = lists.into_iter().flatten().flat_map(|list| list.members());
        all.map(|(_, parameter)| document.resolve(parameter)).collect()
    }

    /// The parameters in `path` by name, decoded; none when it is not a path of this operation.
    pub(super) fn parameters_in(&self, path: &str) -> Option<Vec<(String, String)>> {
        let (wanted, given): (Vec<_>, Vec<_>) = (self.path.split('/').collect(), path.split('/').collect());
        if wanted.len() != given.len() {
            return None;
        }
        let mut found = Vec::new();
        for (wanted, given) in wanted.into_iter().zip(given) {
            match wanted.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
                Some(name) if !given.is_empty() => found.push((name.to_owned(), decoded(given))),
                None if wanted == given => {}
                _ => return None,
            }
        }
        Some(found)
    }
}

/// A segment without percent-encoding.
fn decoded(segment: &str) -> String {
    // A plus stands for itself in a path.
    let pair = format!("http://x/?x={}", segment.replace('+', "%2B"));
    let url = reqwest::Url::parse(&pair).unwrap();
    url.query_pairs().next().map(|(_, value)| value.into_owned()).unwrap_or_default()
}

impl Document {
    /// What is wrong with `values`, which were sent under one name, by the schema of that parameter.
    pub(super) fn parameter_errors(&self, parameter: &Place<'_>, values: &[String]) -> Vec<String> {
        let schema = parameter.at("schema").unwrap();
        let kinds = &self.resolve(schema.clone()).value["type"];
        let instance = if kinds == "array" {
            let items = self.resolve(schema.clone()).at("items").map(|items| self.resolve(items));
            let kinds = items.map_or(&Value::Null, |items| &items.value["type"]);
            values.iter().map(|value| read(value, kinds)).collect()
        } else {
            // The first one counts.
            read(&values[0], kinds)
        };
        self.errors(&schema, &instance)
    }
}

/// A text as the first of the types `kinds` that it can be read as.
fn read(text: &str, kinds: &Value) -> Value {
    let may_be = |kind: &str| {
        kinds == kind || kinds.as_array().is_some_and(|kinds| kinds.iter().any(|one| one == kind))
    };
    if (may_be("integer") || may_be("number"))
        && let Ok(number @ Value::Number(_)) = serde_json::from_str(text)
    {
        return number;
    }
    match text {
        "true" | "false" if may_be("boolean") => Value::Bool(text == "true"),
        _ => Value::String(text.to_owned()),
    }
}
