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
        let is_list = self.resolve(schema.clone()).value["type"] == "array";
        // The first one counts where it is no list. A text that may be a number is whichever of both the schema takes.
        let wholes: [Value; 2] = [as_text, as_value].map(|read| {
            if is_list { values.iter().map(|value| read(value)).collect() } else { read(&values[0]) }
        });
        let [text, other] = wholes.map(|instance| self.errors(&schema, &instance));
        if other.is_empty() { other } else { text }
    }
}

fn as_text(text: &str) -> Value {
    Value::from(text)
}

/// A text as the number or the truth value that it spells; else as it is.
fn as_value(text: &str) -> Value {
    match serde_json::from_str(text) {
        Ok(value @ (Value::Number(_) | Value::Bool(_))) => value,
        _ => as_text(text),
    }
}
