use kernel::{Currency, Problem, Quantity, Sku, Timestamp};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::*;
use crate::http::{read_json, read_json_as};

/// A body with members of the kinds that bodies have.
#[derive(Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Body {
    #[serde(alias = "productId")]
    sku: Sku,
    quantity: Quantity,
    currency: Currency,
    at: Timestamp,
    note: Option<String>,
    limit: Option<i64>,
    #[serde(default)]
    lines: Vec<Line>,
    line: Option<Line>,
    #[serde(default)]
    data: Map<String, Value>,
    #[serde(default, deserialize_with = "given")]
    flag: Option<bool>,
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Line {
    sku: Sku,
    price: i64,
    title: Option<String>,
}

fn given<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<bool>, D::Error> {
    bool::deserialize(deserializer).map(Some)
}

fn good() -> Value {
    json!({"sku": "A-1", "quantity": 1, "currency": "RUB", "at": "2026-01-01T00:00:00Z"})
}

fn with(more: Value) -> Value {
    let mut body = good();
    let (Value::Object(members), Value::Object(more)) = (&mut body, more) else { unreachable!() };
    members.extend(more);
    body
}

fn faults(body: &Value) -> Vec<(String, String)> {
    pairs(read_json::<Body>("body", body.to_string().as_bytes()).unwrap_err())
}

fn pairs(problem: Problem) -> Vec<(String, String)> {
    assert_eq!((problem.kind, problem.code), (Kind::Invalid, "invalid_input"));
    let mut pairs: Vec<_> = problem.errors.into_iter().map(|error| (error.pointer, error.detail)).collect();
    pairs.sort();
    pairs
}

fn pointers(body: &Value) -> Vec<String> {
    faults(body).into_iter().map(|(pointer, _)| pointer).collect()
}

#[test]
fn a_member_that_is_null_is_left_out() {
    let nulls = json!({"productId": null, "note": null, "limit": null, "lines": null, "line": null, "data": null, "flag": null});
    let bare: Body = read_json("body", good().to_string().as_bytes()).unwrap();
    assert_eq!(read_json::<Body>("body", with(nulls).to_string().as_bytes()).unwrap(), bare);
    let inside = with(json!({"line": {"sku": "a", "price": 1, "title": null, "unknown": null}}));
    assert!(read_json::<Body>("body", inside.to_string().as_bytes()).is_ok());
    assert_eq!(faults(&with(json!({"sku": null}))), [("/sku".to_owned(), "is required".to_owned())]);
    assert_eq!(pointers(&with(json!({"lines": [null]}))), ["/lines/0"], "an element is no member");
}

#[derive(Debug, Default, PartialEq)]
enum Taken {
    #[default]
    Keep,
    Become(Option<i64>),
}

impl<'de> Deserialize<'de> for Taken {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Option::deserialize(deserializer).map(Self::Become)
    }
}

#[test]
fn the_words_that_a_member_can_be_are_listed() {
    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "lowercase")]
    enum Status {
        Paid,
        Shipped,
    }
    #[derive(Debug, Deserialize)]
    struct Change {
        #[serde(rename = "status")]
        _status: Status,
    }
    for text in [r#"{"status": "PAID"}"#, r#"{"status": ""}"#] {
        let problem = read_json::<Change>("body", text.as_bytes()).unwrap_err();
        assert_eq!(pairs(problem), [("/status".to_owned(), "must be one of paid, shipped".to_owned())]);
    }
    for text in ["paid", "shipped"] {
        assert!(read_json::<Change>("body", json!({"status": text}).to_string().as_bytes()).is_ok());
    }
}

#[test]
fn a_patch_may_take_a_member_away_by_null() {
    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(rename = "MergePatch", deny_unknown_fields)]
    struct Patch {
        kept: Option<i64>,
        #[serde(default)]
        taken: Taken,
    }
    let read = |text: &str| read_json::<Patch>("body", text.as_bytes()).unwrap();
    assert_eq!(read(r#"{"kept": null, "taken": null}"#), Patch { kept: None, taken: Taken::Become(None) });
    assert_eq!(read("{}"), Patch { kept: None, taken: Taken::Keep });
}

#[test]
fn json_that_is_data_keeps_its_nulls() {
    let body = with(json!({"data": {"a": null, "b": [{"c": null}]}}));
    let read: Body = read_json("body", body.to_string().as_bytes()).unwrap();
    assert_eq!(Value::Object(read.data), body["data"]);
}

#[test]
fn all_faults_are_named_at_once() {
    assert_eq!(pointers(&json!({})), ["/at", "/currency", "/quantity", "/sku"]);
    let all = json!({
        "sku": "a b", "quantity": 0, "at": "yesterday", "note": 7, "stauts": 1, "x/y": {},
        "lines": [{"sku": "a"}, {"sku": "a", "price": "1", "more": 1}, 7], "line": {"title": []}, "flag": "yes", "data": [],
    });
    let expected = [
        "/at",
        "/currency",
        "/data",
        "/flag",
        "/line/price",
        "/line/sku",
        "/line/title",
        "/lines/0/price",
        "/lines/1/more",
        "/lines/1/price",
        "/lines/2",
        "/note",
        "/quantity",
        "/sku",
        "/stauts",
        "/x~1y",
    ];
    assert_eq!(pointers(&all), expected);
}

#[test]
fn a_member_under_two_names_is_one_fault_and_hides_no_other() {
    assert_eq!(
        faults(&with(json!({"productId": "A-1", "limit": 1.5}))),
        [
            ("/limit".to_owned(), "must be a whole number".to_owned()),
            ("/sku".to_owned(), "is given twice".to_owned())
        ]
    );
    let twice = br#"{"sku": "A", "sku": "A", "quantity": 1, "quantity": 2, "currency": "RUB", "at": 7}"#;
    let problem = read_json::<Body>("body", twice).unwrap_err();
    let pointers: Vec<_> = pairs(problem).into_iter().map(|(pointer, _)| pointer).collect();
    assert_eq!(pointers, ["/at", "/quantity", "/sku"]);
}

#[test]
fn what_nothing_stands_in_for_hides_no_other_fault() {
    /// Text that no stand-in is.
    #[derive(Debug)]
    struct Odd;
    impl<'de> Deserialize<'de> for Odd {
        fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            let text = String::deserialize(deserializer)?;
            (text == "odd").then_some(Self).ok_or_else(|| serde::de::Error::custom("must be odd"))
        }
    }
    fn odd<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Odd>, D::Error> {
        Odd::deserialize(deserializer).map(Some)
    }
    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Optional {
        #[serde(rename = "odd", default, deserialize_with = "odd")]
        _odd: Option<Odd>,
        #[serde(rename = "sku")]
        _sku: Sku,
    }
    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Required {
        #[serde(rename = "odd")]
        _odd: Odd,
    }
    let problem = read_json::<Optional>("body", br#"{"odd": "even", "sku": "a b", "x": 1}"#).unwrap_err();
    let pointers: Vec<_> = pairs(problem).into_iter().map(|(pointer, _)| pointer).collect();
    assert_eq!(pointers, ["/odd", "/sku", "/x"]);
    let problem = read_json::<Required>("body", br#"{"odd": "even"}"#).unwrap_err();
    assert_eq!(pairs(problem), [("/odd".to_owned(), "must be odd".to_owned())]);
}

#[test]
fn what_a_check_finds_is_named_beside_the_faults_of_shape() {
    let read = |body: Value| {
        read_json_as("body", body.to_string().as_bytes(), |body: Body| {
            let mut errors = Vec::new();
            if body.limit.is_some_and(|limit| limit < 0) {
                errors.push(FieldError { pointer: "/limit".to_owned(), detail: "is negative".to_owned() });
            }
            if body.note.is_none() {
                errors.push(FieldError { pointer: "/note".to_owned(), detail: "is wanted".to_owned() });
            }
            if errors.is_empty() { Ok(()) } else { Err(Problem::invalid_all(errors)) }
        })
        .map_err(|problem| pairs(problem).into_iter().map(|(pointer, _)| pointer).collect::<Vec<_>>())
    };
    assert_eq!(read(with(json!({"note": "n"}))), Ok(()));
    assert_eq!(read(with(json!({"limit": -1}))).unwrap_err(), ["/limit", "/note"]);
    assert_eq!(
        read(with(json!({"limit": -1, "quantity": 0}))).unwrap_err(),
        ["/limit", "/note", "/quantity"]
    );
    assert_eq!(read(with(json!({"limit": "x", "note": 7}))).unwrap_err(), ["/limit", "/note"]);
}

#[test]
fn text_that_was_not_utf8_is_named_wherever_it_stands() {
    let body = with(
        json!({"note": "\u{fffd}\u{fffd}", "data": {"a": ["ok", "x\u{fffd}"], "k\u{fffd}": 1}, "unknown": "\u{fffd}"}),
    );
    let faults = faults(&body);
    let pointers: Vec<_> = faults.iter().map(|(pointer, _)| pointer.as_str()).collect();
    assert_eq!(pointers, ["/data/a/1", "/data/k\u{fffd}", "/note", "/unknown"]);
    assert!(faults.iter().all(|(_, detail)| detail.contains("UTF-8")), "{faults:?}");
}

#[test]
fn faults_are_named_up_to_a_number() {
    let many: Map<String, Value> = (0..200).map(|index| (format!("m{index}"), json!("\u{fffd}"))).collect();
    assert_eq!(faults(&with(Value::Object(many))).len(), MAX_FAULTS);
    let unknown: Map<String, Value> = (0..200).map(|index| (format!("m{index}"), json!(1))).collect();
    assert_eq!(faults(&with(Value::Object(unknown))).len(), MAX_FAULTS);
}
