use std::collections::BTreeMap;

use kernel::Problem;
use proptest::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::http::read_json;

/// Something of every shape that a body has.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Whole {
    line: Line,
    lines: Vec<Line>,
    maybe: Option<Line>,
    #[serde(default)]
    kind: Kind,
    wrapped: Wrapped,
    pair: (i64, String),
    counts: BTreeMap<Wrapped, u8>,
    free: Map<String, Value>,
    lenient: Option<Lenient>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Line {
    sku: String,
    quantity: u32,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    #[default]
    Plain,
    #[serde(alias = "gilt")]
    Gilded,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct Wrapped(String);

/// Takes members that it does not know.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Lenient {
    a: Option<bool>,
}

fn lines() -> impl Strategy<Value = Line> {
    ("[^\u{fffd}]{0,4}", any::<u32>()).prop_map(|(sku, quantity)| Line { sku, quantity })
}

fn free() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "[^\u{fffd}]{0,6}".prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 40, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("[^\u{fffd}]{0,4}", inner, 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

prop_compose! {
    fn whole()(
        line in lines(),
        lines in prop::collection::vec(lines(), 0..3),
        maybe in prop::option::of(lines()),
        gilded: bool,
        wrapped in "[^\u{fffd}]{0,4}",
        pair in (any::<i64>(), "[^\u{fffd}]{0,4}"),
        counts in prop::collection::btree_map("[^\u{fffd}]{0,4}".prop_map(Wrapped), any::<u8>(), 0..3),
        free in prop::collection::btree_map("[^\u{fffd}]{0,4}", free(), 0..4),
        lenient in prop::option::of(prop::option::of(any::<bool>()).prop_map(|a| Lenient { a })),
    ) -> Whole {
        let kind = if gilded { Kind::Gilded } else { Kind::Plain };
        let free = free.into_iter().collect();
        Whole { line, lines, maybe, kind, wrapped: Wrapped(wrapped), pair, counts, free, lenient }
    }
}

proptest! {
    #[test]
    fn a_good_body_is_read_as_without_the_rules(whole in whole()) {
        let text = serde_json::to_vec(&whole).unwrap();
        prop_assert_eq!(read_json::<Whole>("body", &text).unwrap(), whole);
    }

    #[test]
    fn free_json_is_read_as_without_the_rules(value in free()) {
        let text = serde_json::to_vec(&BTreeMap::from([("free", value)])).unwrap();
        let read = read_json::<Value>("body", &text).unwrap();
        prop_assert_eq!(read, serde_json::from_slice::<Value>(&text).unwrap());
    }
}

/// A body that is good, but for the member `name`.
fn with(name: &str, text: &str) -> Result<Whole, Problem> {
    let good = [
        ("line", r#"{"sku": "a", "quantity": 1}"#),
        ("lines", "[]"),
        ("wrapped", r#""w""#),
        ("pair", r#"[1, "p"]"#),
        ("counts", "{}"),
        ("free", "{}"),
    ];
    let others =
        good.iter().filter(|(other, _)| *other != name).map(|(name, text)| format!(r#""{name}": {text}"#));
    let members: Vec<String> = others.chain([format!(r#""{name}": {text}"#)]).collect();
    read_json("body", format!("{{{}}}", members.join(", ")).as_bytes())
}

fn fault(name: &str, text: &str) -> (String, String) {
    let error = with(name, text).unwrap_err().errors.remove(0);
    (error.pointer, error.detail)
}

fn pair(pointer: &str, detail: &str) -> (String, String) {
    (pointer.to_owned(), detail.to_owned())
}

#[test]
fn no_array_stands_for_an_object() {
    for (name, text, pointer) in [
        ("line", r#"["a", 1]"#, "/line"),
        ("lines", r#"[{"sku": "a", "quantity": 1}, ["a", 1]]"#, "/lines/1"),
        ("maybe", r#"["a", 1]"#, "/maybe"),
        ("lenient", "[true]", "/lenient"),
        ("counts", "[]", "/counts"),
        ("free", "[]", "/free"),
    ] {
        assert_eq!(fault(name, text), pair(pointer, "must be an object"), "{text}");
    }
    assert!(with("pair", r#"[1, "p"]"#).is_ok());
}

#[test]
fn one_of_several_names_is_a_string() {
    assert_eq!(with("kind", r#""gilt""#).unwrap().kind, Kind::Gilded);
    assert_eq!(with("kind", "null").unwrap().kind, Kind::Plain, "left out");
    for text in [r#"{"gilded": null}"#, "7", "[]"] {
        assert_eq!(fault("kind", text), pair("/kind", "must be a string"), "{text}");
    }
    assert_eq!(fault("kind", r#""golden""#), pair("/kind", "must be one of plain, gilded, gilt"));
    assert_eq!(fault("wrapped", r#"["w"]"#).0, "/wrapped");
}

#[test]
fn no_member_is_given_twice() {
    for (name, text, pointer) in [
        ("line", r#"{"sku": "a", "quantity": 1, "sku": "a"}"#, "/line/sku"),
        ("lines", r#"[{"sku": "a", "quantity": 1, "\u0073ku": "a"}]"#, "/lines/0/sku"),
        ("counts", r#"{"a": 1, "b": 1, "a": 2}"#, "/counts/a"),
        ("free", r#"{"a": 1, "a": 1}"#, "/free/a"),
        ("free", r#"{"x": [1, {"a`b/c": null, "a`b/c": null}]}"#, "/free/x/1/a`b~1c"),
        ("lenient", r#"{"unknown": {"a": 1, "a": 2}}"#, "/lenient/unknown/a"),
        ("lenient", r#"{"unknown": 1, "unknown": 2}"#, "/lenient/unknown"),
    ] {
        assert_eq!(fault(name, text), pair(pointer, "is given twice"), "{text}");
    }
    assert_eq!(fault("line\": 1, \"line", "1").0, "/line");
    assert!(with("free", r#"{"a": {"a": {"b": 1}}, "b": {"a": 1}, "A": 1}"#).is_ok());
}

#[test]
fn the_parsers_own_names_are_no_members() {
    for name in super::PRIVATE_NAMES {
        let text = format!(r#"{{"a": {{"{name}": "{{\"b\": 1}}"}}}}"#);
        let pointer = format!("/free/a/{}", name.replace('/', "~1"));
        assert_eq!(fault("free", &text), pair(&pointer, "is not a name that a member can have"));
        let text = format!(r#"{{"{name}": "7"}}"#);
        assert_eq!(fault("lenient", &text).0, format!("/lenient/{name}"));
    }
}

#[test]
fn what_is_nested_too_deep_is_named() {
    let nested = |levels: usize| format!(r#"{{"a": {}{}}}"#, "[".repeat(levels), "]".repeat(levels));
    assert!(with("free", &nested(100)).is_ok());
    for (name, opening) in [("free", "["), ("free", r#"{"b":"#), ("lenient", "["), ("lenient", r#"{"b":"#)] {
        for levels in [200, 60_000 / opening.len()] {
            let text = format!(r#"{{"a": {}"#, opening.repeat(levels));
            let text = if name == "lenient" { text.replacen("\"a\"", "\"c\"", 1) } else { text };
            let (pointer, detail) = fault(name, &text);
            assert_eq!(detail, "is nested too deep", "{name} {opening}");
            assert!(pointer.starts_with(&format!("/{name}/")), "{pointer}");
        }
    }
}
