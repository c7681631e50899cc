use std::fmt::Write as _;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

/// The lines of a body: their numbers, with the JSON on them or the code of what is wrong.
fn lines(format: Format, body: impl AsRef<[u8]>) -> Vec<(u64, Result<Value, &'static str>)> {
    let opened = Lines::open(format, body.as_ref()).unwrap();
    let content = |raw: Raw<'_>| match raw.content {
        Ok(text) => Ok(serde_json::from_str(&text).unwrap_or_else(|_| Value::from(text))),
        Err(problem) => Err(problem.code),
    };
    opened.read().unwrap().map(|raw| (raw.line, content(raw))).collect()
}

fn refused(format: Format, body: &str) -> Problem {
    Lines::open(format, body.as_bytes()).err().unwrap()
}

const HEADER: &str = "id,name,price,currency";

#[test]
fn empty_lines_are_counted_and_passed_over() {
    let body = "\u{feff}{\"a\":1}\r\n\n   \n{\"a\":2}\n\n";
    assert_eq!(lines(Format::Ndjson, body), [(1, Ok(json!({"a": 1}))), (4, Ok(json!({"a": 2})))]);
    assert_eq!(lines(Format::Ndjson, ""), []);
}

#[test]
fn one_bad_line_leaves_the_others_alone() {
    let mut body = b"{\"a\":1}\n\"\xff\"\n".to_vec();
    body.extend(vec![b'x'; MAX_IMPORT_LINE + 1]);
    body.extend(b"\nnope\n{\"a\":2}");
    let expected = [
        (1, Ok(json!({"a": 1}))),
        (2, Err("invalid_utf8")),
        (3, Err("line_too_long")),
        (4, Ok(json!("nope"))),
        (5, Ok(json!({"a": 2}))),
    ];
    assert_eq!(lines(Format::Ndjson, body), expected);
}

#[test]
fn elements_stand_where_they_begin() {
    let body = "\n[\n {\"a\":\n1}, {\"b\": [\"],[\"]}\n,\n7]\n";
    let expected = [(3, Ok(json!({"a": 1}))), (4, Ok(json!({"b": ["],["]}))), (6, Ok(json!(7)))];
    assert_eq!(lines(Format::Json, body), expected);
    assert_eq!(lines(Format::Json, "[]"), []);
    let marked = b"[{\"a\":\"\xff\"},\n{\"a\":1}]";
    assert_eq!(lines(Format::Json, marked), [(1, Err("invalid_utf8")), (2, Ok(json!({"a": 1})))]);
}

#[test]
fn an_array_that_breaks_is_read_up_to_there() {
    for rest in ["\n", "\n}", "\n{\"a\":2},", "\n,{\"a\":nope}]", "\n] []", "\n]]"] {
        let found = lines(Format::Json, format!("[\n{{\"a\":1}}{rest}"));
        assert_eq!(found[0], (2, Ok(json!({"a": 1}))), "{rest}");
        assert_eq!((found.len(), &found[1].1), (2, &Err("malformed_body")), "{rest}");
        assert!(found[1].0 >= 2, "{rest}");
    }
}

#[test]
fn what_is_no_array_at_all_is_refused() {
    for body in ["", "[", "[,1]", "nope"] {
        assert_eq!(refused(Format::Json, body).code, "malformed_body", "{body}");
    }
    for body in ["{}", "7", "null"] {
        let problem = refused(Format::Json, body);
        assert_eq!((problem.code, problem.errors[0].detail.as_str()), ("invalid_input", "must be an array"));
    }
}

#[test]
fn a_record_is_the_object_that_json_would_have() {
    let body = "attributes,id,name,description,price,currency,isActive,warehouse,available\r\n\
        \"{\"\"litres\"\": 1.5}\",A-1,\"Tea, \"\"green\"\"\",\"two\nlines\",100,RUB,false,msk-1,5\r\n\
        \r\n\
        ,2,Чай,,1,RUB,,,\n\
        7,3,Tea,,1.5,RUB,ja,,many\n";
    let expected = [
        json!({"id": "A-1", "name": "Tea, \"green\"", "description": "two\nlines", "price": 100, "currency": "RUB",
            "attributes": {"litres": 1.5}, "isActive": false, "warehouse": "msk-1", "available": 5}),
        json!({"id": "2", "name": "Чай", "price": 1, "currency": "RUB"}),
        json!({"id": "3", "name": "Tea", "price": "1.5", "currency": "RUB", "attributes": 7, "isActive": "ja",
            "available": "many"}),
    ];
    let numbered: Vec<_> = [2, 5, 6].into_iter().zip(expected.map(Ok)).collect();
    assert_eq!(lines(Format::Csv, body), numbered);
}

#[test]
fn the_members_that_prices_depend_on_are_columns() {
    let body = "id,name,price,currency,category,weightGrams,taxCategory,requiresShipping\n\
        1,Tea,1,RUB,7,250,food,No\n\
        2,Tea,1,RUB,,1.5,,0\n";
    let expected = [
        json!({"id": "1", "name": "Tea", "price": 1, "currency": "RUB", "category": "7", "weightGrams": 250,
            "taxCategory": "food", "requiresShipping": false}),
        json!({"id": "2", "name": "Tea", "price": 1, "currency": "RUB", "weightGrams": "1.5",
            "requiresShipping": "0"}),
    ];
    let numbered: Vec<_> = [2, 3].into_iter().zip(expected.map(Ok)).collect();
    assert_eq!(lines(Format::Csv, body), numbered);
}

#[test]
fn flags_are_read_in_any_case() {
    let read = |cell: &str| {
        let found =
            lines(Format::Csv, format!("{HEADER},isActive,requiresShipping\n1,Tea,1,RUB,{cell},{cell}\n"));
        let line = found[0].1.clone().unwrap();
        assert_eq!(line["isActive"], line["requiresShipping"]);
        line["isActive"].clone()
    };
    for (cells, flag) in [(["true", "TRUE", "Yes", "yes"], true), (["false", "False", "NO", "no"], false)] {
        for cell in cells {
            assert_eq!(read(cell), flag, "{cell}");
        }
    }
    for cell in ["1", "0", "y", " yes", "да", "null"] {
        assert_eq!(read(cell), cell, "what is none stays text, and is refused");
    }
}

#[test]
fn what_a_cell_holds_is_read_by_the_rules_of_the_other_formats() {
    let read = |price: &str, attributes: &str| {
        let cell = attributes.replace('"', "\"\"");
        let body = format!("id,name,price,currency,attributes\nA-1,Tea,{price},RUB,\"{cell}\"\n");
        let lines = Lines::open(Format::Csv, body.as_bytes()).unwrap();
        let line = lines.read().unwrap().next().unwrap();
        crate::import::line::parse(line).content.map_err(|fault| fault.problem.errors[0].pointer.clone())
    };
    assert!(read("1", r#"{"a": [1.50, "x"]}"#).is_ok());
    for price in ["+1", "01", "1.0", "1e2"] {
        assert_eq!(read(price, "{}").unwrap_err(), "/price", "{price}");
    }
    for (attributes, pointer) in [
        (r#"{"a": 1, "a": 2}"#, "/attributes/a"),
        (
            r#"{"a": {"$serde_json::private::RawValue": "{}"}}"#,
            "/attributes/a/$serde_json::private::RawValue",
        ),
        ("{", "/attributes"),
        ("[]", "/attributes"),
    ] {
        assert_eq!(read("1", attributes).unwrap_err(), pointer, "{attributes}");
    }
}

#[test]
fn one_bad_record_leaves_the_others_alone() {
    let mut body = format!("{HEADER}\n1,Tea,1\n2,Tea,1,RUB,5\n3,").into_bytes();
    body.extend(b"\xff,1,RUB\n4,");
    body.extend(vec![b'x'; MAX_IMPORT_LINE + 1]);
    body.extend(b",1,RUB\n5,Tea,1,RUB");
    let expected = [
        (2, Err("invalid_input")),
        (3, Err("invalid_input")),
        (4, Err("invalid_utf8")),
        (5, Err("line_too_long")),
        (6, Ok(json!({"id": "5", "name": "Tea", "price": 1, "currency": "RUB"}))),
    ];
    assert_eq!(lines(Format::Csv, body), expected);
    assert_eq!(lines(Format::Csv, format!("{HEADER}\n")), []);
}

#[test]
fn a_header_has_the_columns_that_there_are() {
    for (header, pointers) in [
        ("", &["/id", "/name", "/price", "/currency"][..]),
        ("id,name,price", &["/currency"]),
        ("id,name,price,currency,stock", &["/stock"]),
        ("id,name,price,currency,name", &["/name"]),
        ("id;name;price;currency", &["/id;name;price;currency", "/id", "/name", "/price", "/currency"]),
    ] {
        let problem = refused(Format::Csv, &format!("{header}\n"));
        let found: Vec<&str> = problem.errors.iter().map(|error| error.pointer.as_str()).collect();
        assert_eq!((problem.code, found.as_slice()), ("invalid_input", pointers), "{header}");
    }
}

#[test]
fn more_lines_than_are_taken_are_refused_in_every_format() {
    let most = MAX_IMPORT_LINES;
    let csv = |count: usize| format!("{HEADER}\n{}", "1,Tea,1,RUB\n".repeat(count));
    let array = |count: usize| format!("[{}{{}}]", "{},\n".repeat(count - 1));
    for (format, taken, refused_body) in [
        (Format::Ndjson, "{}\n\n".repeat(most), "{}\n".repeat(most + 1)),
        (Format::Json, array(most), array(most + 1)),
        (Format::Csv, csv(most), csv(most + 1)),
    ] {
        assert_eq!(lines(format, taken).len(), most, "{format:?}");
        assert_eq!(refused(format, &refused_body).code, "too_many_lines", "{format:?}");
    }
}

/// Objects of the members that tables can hold, with values that want escaping.
fn objects() -> impl Strategy<Value = Vec<Value>> {
    let object = ("[a-z0-9]{1,5}", "[\\PC\n\"',]{1,10}", any::<i32>(), any::<bool>(), any::<u32>());
    let object = object.prop_map(|(id, name, price, active, weight)| {
        json!({"id": id, "name": name, "price": price, "currency": "RUB", "weightGrams": weight, "isActive": active})
    });
    proptest::collection::vec(object, 1..12)
}

proptest! {
    #[test]
    fn the_three_formats_say_the_same(objects in objects(), pretty: bool) {
        let ndjson: Vec<String> = objects.iter().map(Value::to_string).collect();
        let array = if pretty { serde_json::to_string_pretty(&objects) } else { serde_json::to_string(&objects) };
        let mut csv = "id,name,price,currency,weightGrams,isActive\n".to_owned();
        for object in &objects {
            let name = object["name"].as_str().unwrap().replace('"', "\"\"");
            let [id, price, weight, active] = ["id", "price", "weightGrams", "isActive"].map(|member| &object[member]);
            writeln!(csv, "{id},\"{name}\",{price},RUB,{weight},{active}").unwrap();
        }
        for (format, body) in
            [(Format::Ndjson, ndjson.join("\n")), (Format::Json, array.unwrap()), (Format::Csv, csv)]
        {
            let read: Vec<Value> = lines(format, body).into_iter().map(|(_, content)| content.unwrap()).collect();
            prop_assert_eq!(&read, &objects, "{:?}", format);
        }
    }

    #[test]
    fn no_body_makes_the_reader_fail(body in proptest::collection::vec(any::<u8>(), 0..200), pick in 0_usize..3) {
        let format = [Format::Ndjson, Format::Json, Format::Csv][pick];
        if let Ok(lines) = Lines::open(format, &body) {
            let numbers: Vec<u64> = lines.read().unwrap().map(|raw| raw.line).collect();
            prop_assert!(numbers.is_sorted());
        }
    }
}
