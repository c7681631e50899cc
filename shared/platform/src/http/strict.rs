//! JSON with one reading: a text as a tree, and what in it can't be read.
//!
//! Serde and its JSON are generous where a contract is not. Of a member that is given twice the last one wins where no struct names its members; and
//! two member names of `serde_json`'s own make it put something else into the object's place. None of that passes here, however deep it stands, and
//! also not in members that no type asks for. The tree keeps the order of members, and each `null`: what they mean is for its reader to say
//! (`super::members`).

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::Number;

/// An object with one of these members first is taken by `serde_json` for the raw text, or the number, that the member holds.
const PRIVATE_NAMES: [&str; 2] = ["$serde_json::private::RawValue", "$serde_json::private::Number"];
/// The character that decoders put in the place of bytes that are not UTF-8. API Gateway does so with `application/json` and `text/*` before a
/// function receives them.
pub(super) const REPLACEMENT: char = '\u{fffd}';
/// The detail of a text with a [`REPLACEMENT`] in it.
pub(super) const NOT_UTF8: &str =
    "has U+FFFD in it, which stands for bytes that were not UTF-8: send the text as UTF-8";

/// A JSON value.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Tree {
    Null,
    Bool(bool),
    Number(Number),
    Text(String),
    Array(Vec<Tree>),
    /// The members in the order in which they were sent; each name once.
    Object(Vec<(String, Tree)>),
    /// A value that is not read, and why.
    Refused(&'static str),
    /// Stands where a faulty or missing value was, so that the faults beside it are found; the number chooses among the values that it passes for.
    StandIn(usize),
}

impl Tree {
    /// An object whose members are texts.
    pub(super) fn of_pairs(pairs: Vec<(String, String)>) -> Self {
        object(pairs.into_iter().map(|(name, text)| (name, Self::Text(text))))
    }

    /// The member `name` of an object.
    pub(super) fn member(&mut self, name: &str) -> Option<&mut Tree> {
        match self {
            Self::Object(members) => {
                members.iter_mut().find(|(known, _)| known == name).map(|(_, value)| value)
            }
            _ => None,
        }
    }

    /// Takes the member `name` out of an object.
    pub(super) fn remove(&mut self, name: &str) {
        if let Self::Object(members) = self {
            members.retain(|(known, _)| known != name);
        }
    }

    /// Replaces each part that can't be read, regardless of the type that the whole is read into, and hands its path and its fault to `found`.
    pub(super) fn audit(&mut self, path: &mut Vec<Step>, found: &mut impl FnMut(&[Step], &'static str)) {
        match self {
            Self::Refused(detail) => {
                found(path, detail);
                *self = Self::StandIn(0);
            }
            Self::Text(text) if text.contains(REPLACEMENT) => {
                found(path, NOT_UTF8);
                *self = Self::StandIn(0);
            }
            Self::Array(elements) => {
                for (index, element) in elements.iter_mut().enumerate() {
                    path.push(Step::Element(index));
                    element.audit(path, found);
                    path.pop();
                }
            }
            Self::Object(members) => members.retain_mut(|(name, value)| {
                path.push(Step::Member(name.clone()));
                let refused = if PRIVATE_NAMES.contains(&name.as_str()) {
                    Some("is not a name that a member can have")
                } else {
                    name.contains(REPLACEMENT).then_some(NOT_UTF8)
                };
                match refused {
                    Some(detail) => found(path, detail),
                    None => value.audit(path, found),
                }
                path.pop();
                refused.is_none()
            }),
            Self::Null | Self::Bool(_) | Self::Number(_) | Self::Text(_) | Self::StandIn(_) => {}
        }
    }
}

/// A step of the way to a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    Member(String),
    Element(usize),
}

/// The path as a JSON Pointer (RFC 6901).
pub(super) fn pointer<'a>(path: impl IntoIterator<Item = &'a Step>) -> String {
    path.into_iter()
        .map(|step| match step {
            Step::Member(name) => format!("/{}", escape(name)),
            Step::Element(index) => format!("/{index}"),
        })
        .collect()
}

/// A member's name as a JSON Pointer spells it.
pub(super) fn escape(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

impl<'de> Deserialize<'de> for Tree {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Whole)
    }
}

struct Whole;

impl<'de> Visitor<'de> for Whole {
    type Value = Tree;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E: Error>(self) -> Result<Tree, E> {
        Ok(Tree::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Tree, E> {
        Ok(Tree::Bool(value))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Tree, E> {
        Ok(Tree::Number(value.into()))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Tree, E> {
        Ok(Tree::Number(value.into()))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Tree, E> {
        Number::from_f64(value).map(Tree::Number).ok_or_else(|| E::custom("must be a finite number"))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Tree, E> {
        Ok(Tree::Text(value.to_owned()))
    }

    fn visit_string<E: Error>(self, value: String) -> Result<Tree, E> {
        Ok(Tree::Text(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Tree, A::Error> {
        let mut read = Vec::new();
        while let Some(element) = elements.next_element()? {
            read.push(element);
        }
        Ok(Tree::Array(read))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Tree, A::Error> {
        let mut read = Vec::new();
        while let Some(member) = members.next_entry::<String, Tree>()? {
            read.push(member);
        }
        Ok(object(read))
    }
}

/// An object. A member that is given more than once is refused in the place of the first.
fn object(members: impl IntoIterator<Item = (String, Tree)>) -> Tree {
    let mut read: Vec<(String, Tree)> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    for (name, value) in members {
        match places.entry(name.clone()) {
            Entry::Occupied(place) => read[*place.get()].1 = Tree::Refused("is given twice"),
            Entry::Vacant(place) => {
                place.insert(read.len());
                read.push((name, value));
            }
        }
    }
    Tree::Object(read)
}

#[cfg(test)]
#[path = "strict_tests.rs"]
mod tests;
