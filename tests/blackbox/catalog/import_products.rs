//! `POST /api/v1/products/import`

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_util::future::join_all;
use reqwest::RequestBuilder;
use serde_json::{Value, json};

use crate::harness::{
    Answer, Product, customer, customer_with, details, get, invoke, operator, place_order, post, product,
    put_product, put_stock, request_event, stock_of, unique_sku, wants_a_token, wants_the_scope,
    with_default_factors,
};

pub(super) const NDJSON: &str = "application/x-ndjson";
pub(super) const JSON: &str = "application/json";
pub(super) const CSV: &str = "text/csv";
/// The most lines, and the largest body, of an import.
const MAX_LINES: usize = 1_000;
const MAX_BODY: usize = 4 * 1024 * 1024;

fn request(content_type: &str, body: impl Into<reqwest::Body>) -> RequestBuilder {
    post("/api/v1/products/import").header("content-type", content_type).body(body)
}

/// The report on an import by the operator.
pub(super) async fn import(content_type: &str, body: impl Into<reqwest::Body>) -> Value {
    operator().await.ask(request(content_type, body)).await.expect(200)
}

/// The report's counts: received, created, updated, unchanged, stocked, failed.
pub(super) fn counts(report: &Value) -> [u64; 6] {
    ["received", "created", "updated", "unchanged", "stocked", "failed"]
        .map(|name| report[name].as_u64().unwrap())
}

/// Of each line that failed: its number, its product, the code and the first pointer.
fn faults(report: &Value) -> Vec<Value> {
    let fault = |error: &Value| {
        let first = &error["errors"][0];
        assert!(first["detail"].as_str().is_some_and(|detail| !detail.is_empty()), "{error}");
        json!([error["line"], error["id"], error["code"], first["pointer"]])
    };
    report["errors"].as_array().unwrap().iter().map(fault).collect()
}

pub(super) fn line(sku: &str, price: i64) -> Value {
    let mut line = details(price);
    line["id"] = json!(sku);
    line
}

/// A line with opening stock.
fn stocked(sku: &str, price: i64, warehouse: &str, available: i64) -> Value {
    let mut line = line(sku, price);
    line["warehouse"] = json!(warehouse);
    line["available"] = json!(available);
    line
}

pub(super) fn ndjson(lines: &[Value]) -> String {
    lines.iter().map(Value::to_string).collect::<Vec<_>>().join("\n")
}

pub(super) async fn seen(sku: &str) -> Value {
    Answer::to(get(&format!("/api/v1/products/{sku}"))).await.expect(200)
}

#[tokio::test]
async fn a_line_is_a_product_with_all_its_members_in_every_format() {
    let skus = [(); 3].map(|()| unique_sku());
    let attributes = r#"{"объём": "5 л", "sizes": [1, 2.5]}"#;
    let json_line = |sku: &str| {
        format!(
            r#"{{"id": "{sku}", "name": "Чай, \"зелёный\" ☕", "description": "Две\nстроки", "price": 4200, "currency": "RUB",
            "attributes": {attributes}, "isActive": true, "warehouse": "msk-1", "available": 7}}"#
        )
    };
    let table = format!(
        "id,name,description,price,currency,attributes,isActive,warehouse,available\r\n\
        {},\"Чай, \"\"зелёный\"\" ☕\",\"Две\nстроки\",4200,RUB,\"{}\",true,msk-1,7\r\n",
        skus[2],
        attributes.replace('"', "\"\"")
    );
    for (kind, body) in [
        ("application/jsonl; charset=utf-8", json_line(&skus[0]).replace('\n', " ")),
        (JSON, format!("[{}]", json_line(&skus[1]))),
        ("Text/CSV; header=present", table),
    ] {
        assert_eq!(counts(&import(kind, body).await), [1, 1, 0, 0, 1, 0], "{kind}");
    }
    for sku in skus {
        let expected = with_default_factors(json!({
            "id": sku, "name": "Чай, \"зелёный\" ☕", "description": "Две\nстроки", "price": 4_200, "currency": "RUB",
            "attributes": serde_json::from_str::<Value>(attributes).unwrap(), "isActive": true, "stock": 7,
        }));
        assert_eq!(seen(&sku).await, expected);
    }
}

#[tokio::test]
async fn good_lines_are_kept_and_bad_ones_named_by_number_and_reason() {
    let skus = [(); 4].map(|()| unique_sku());
    let mut unknown = line(&skus[1], 100);
    unknown["colour"] = json!("red");
    let twice = line(&skus[1], 100).to_string().replacen('{', "{\"price\": 1, ", 1);
    let mut body = format!("{}\n\n{unknown}\n{{nope}}\n{twice}\n", line(&skus[0], 100)).into_bytes();
    body.extend(b"{\"id\": \"\xff\"}\n");
    body.extend(vec![b'x'; 128 * 1024 + 1]);
    body.extend(
        format!("\r\n{}\n{}\n{}", line(&skus[1], -1), json!([1]), stocked(&skus[2], 5, "msk-1", 3)).bytes(),
    );
    let report = import(NDJSON, body).await;
    assert_eq!(counts(&report), [9, 2, 0, 0, 1, 7]);
    let sku = skus[1].as_str();
    let expected = [
        json!([3, sku, "invalid_input", "/colour"]),
        json!([4, null, "malformed_line", ""]),
        json!([5, sku, "invalid_input", "/price"]),
        json!([6, null, "invalid_utf8", ""]),
        json!([7, null, "line_too_long", ""]),
        json!([8, sku, "invalid_input", "/price"]),
        json!([9, null, "invalid_input", ""]),
    ];
    assert_eq!(faults(&report), expected);
    assert_eq!(seen(&skus[0]).await["price"], 100);
    assert_eq!(seen(&skus[2]).await["stock"], 3);
    Answer::to(get(&format!("/api/v1/products/{sku}"))).await.problem(404, "not_found");
}

#[tokio::test]
async fn a_table_counts_its_lines_as_an_editor_does() {
    let skus = [(); 3].map(|()| unique_sku());
    let [first, second, third] = &skus;
    let body = format!(
        "\u{feff}currency,id,price,name,description,available,warehouse\n\
        RUB,{first},100,Tea,\"on\nthree\nlines\",,\n\
        \n\
        RUB,{second},1.50,Tea,,,\n\
        RUB,{second},100\n\
        RUB,{second},100,Tea,,5,\n\
        rub,{second},100,,,,\n\
        RUB,{third},100,Tea,,5,msk-1\n"
    );
    let report = import(CSV, body).await;
    assert_eq!(counts(&report), [6, 2, 0, 0, 1, 4]);
    let expected = [
        json!([6, second, "invalid_input", "/price"]),
        json!([7, null, "invalid_input", ""]),
        json!([8, second, "invalid_input", "/warehouse"]),
        json!([9, second, "invalid_input", "/currency"]),
    ];
    assert_eq!(faults(&report), expected);
    assert_eq!(seen(first).await["description"], "on\nthree\nlines");
}

#[tokio::test]
async fn an_array_that_breaks_off_is_kept_up_to_there() {
    let skus = [(); 3].map(|()| unique_sku());
    let body = format!("[\n{},\n{},\n{}", line(&skus[0], 100), line(&skus[1], -1), line(&skus[2], 300));
    let report = import(JSON, body).await;
    assert_eq!(counts(&report), [4, 2, 0, 0, 0, 2]);
    let expected = [json!([3, skus[1], "invalid_input", "/price"]), json!([4, null, "malformed_body", ""])];
    assert_eq!(faults(&report), expected);
    assert_eq!(seen(&skus[2]).await["price"], 300);
}

#[tokio::test]
async fn a_repeated_import_changes_nothing_and_resets_no_stock() {
    let skus = [(); 2].map(|()| unique_sku());
    let body = ndjson(&[stocked(&skus[0], 100, "msk-1", 5), line(&skus[1], 100)]);
    assert_eq!(counts(&import(NDJSON, body.clone()).await), [2, 2, 0, 0, 1, 0]);
    let sold = Product { sku: skus[0].clone(), price: 100 };
    place_order(&customer().await, &sold, 2).await;
    assert_eq!(counts(&import(NDJSON, body).await), [2, 0, 0, 2, 0, 0]);
    assert_eq!(stock_of(&skus[0]).await, 3, "what was sold stays sold");

    let body = ndjson(&[stocked(&skus[0], 150, "msk-1", 9), stocked(&skus[0], 150, "spb-1", 4)]);
    assert_eq!(counts(&import(NDJSON, body).await), [2, 0, 1, 1, 1, 0]);
    assert_eq!((stock_of(&skus[0]).await, &seen(&skus[0]).await["price"]), (7, &json!(150)));
}

#[tokio::test]
async fn a_warehouse_that_was_set_is_left_as_it_is() {
    let kettle = product(100, 0).await;
    put_stock(&kettle.sku, &json!({"warehouse": "spb-1", "available": 2})).await;
    let body = ndjson(&[stocked(&kettle.sku, 100, "msk-1", 50), stocked(&kettle.sku, 100, "nsk-1", 0)]);
    assert_eq!(counts(&import(NDJSON, body).await)[4], 1, "an opening stock of nothing is one too");
    assert_eq!(stock_of(&kettle.sku).await, 2);
}

#[tokio::test]
async fn of_lines_about_one_product_the_last_one_wins() {
    let sku = unique_sku();
    let lines: Vec<Value> = (1..=30).map(|price| line(&sku, price)).collect();
    assert_eq!(counts(&import(NDJSON, ndjson(&lines)).await), [30, 1, 29, 0, 0, 0]);
    assert_eq!(seen(&sku).await["price"], 30);
}

#[tokio::test]
async fn a_thousand_lines_are_taken_and_not_one_more() {
    let prefix = unique_sku();
    let skus: Vec<String> = (0..MAX_LINES).map(|number| format!("{prefix}-{number}")).collect();
    let mut lines: Vec<Value> = skus.iter().map(|sku| stocked(sku, 100, "msk-1", 1)).collect();
    // Most of them are not for sale: other tests read the list to its end.
    for number in (0..MAX_LINES).filter(|number| number % 500 != 0) {
        lines[number]["isActive"] = json!(false);
    }
    let (mut body, mut again) = (lines, 0);
    // A slow machine may not reach all of them in one request: those are named, and sent once more.
    while !body.is_empty() {
        let report = import(NDJSON, ndjson(&body)).await;
        let left = faults(&report);
        assert!(left.iter().all(|fault| fault[2] == "not_reached"), "{report}");
        let unsent = |fault: &Value| body[usize::try_from(fault[0].as_u64().unwrap()).unwrap() - 1].clone();
        body = left.iter().map(unsent).collect();
        again += 1;
        assert!(again < 10, "{report}");
    }
    for sku in [&skus[0], &skus[500]] {
        assert_eq!(seen(sku).await["stock"], 1);
    }
    let too_many = "{}\n".repeat(MAX_LINES + 1);
    operator().await.ask(request(NDJSON, too_many)).await.problem(413, "too_many_lines");
}

#[tokio::test]
async fn parallel_imports_of_one_product_leave_one_of_them_whole() {
    let sku = unique_sku();
    let body = |price: i64| ndjson(&[stocked(&sku, price, "msk-1", price)]);
    let reports = join_all((1..=6).map(|price| import(NDJSON, body(price)))).await;
    let sum = |index: usize| reports.iter().map(|report| counts(report)[index]).sum::<u64>();
    assert_eq!(
        (sum(1), sum(2), sum(4), sum(5)),
        (1, 5, 1, 0),
        "created, updated, stocked, failed: {reports:?}"
    );
    let left = seen(&sku).await;
    assert!(
        (1..=6).contains(&left["price"].as_i64().unwrap()) && left["stock"].as_i64().unwrap() > 0,
        "{left}"
    );
}

#[tokio::test]
async fn what_is_imported_is_found_and_leaves_when_it_is_no_longer_sold() {
    let (sku, word) = (unique_sku(), format!("w{}", uuid::Uuid::new_v4().simple()));
    let mut tea = line(&sku, 100);
    let found = async || {
        let page = Answer::to(get("/api/v1/products").query(&[("q", &word)])).await.expect(200);
        page["items"].as_array().unwrap().len()
    };
    for (name, is_active, count) in
        [(format!("Чай {word}"), true, 1), (format!("Чай {word}"), false, 0), ("Чай".to_owned(), true, 0)]
    {
        tea["name"] = json!(name);
        tea["isActive"] = json!(is_active);
        import(NDJSON, tea.to_string()).await;
        assert_eq!(found().await, count, "{name} {is_active}");
    }
}

#[tokio::test]
async fn a_body_that_is_no_import_is_refused_as_a_whole() {
    let operator = operator().await;
    for kind in ["text/plain", "application/xml", "multipart/form-data"] {
        operator.ask(request(kind, "{}")).await.problem(415, "unsupported_media_type");
    }
    operator.ask(post("/api/v1/products/import")).await.problem(415, "unsupported_media_type");
    operator.ask(request(NDJSON, vec![b' '; MAX_BODY + 1])).await.problem(413, "body_too_large");
    for body in ["", "nope", "[", "[nope]"] {
        operator.ask(request(JSON, body)).await.problem(400, "malformed_body");
    }
    operator.ask(request(JSON, "{}")).await.problem_at(422, "invalid_input", "");
    for (header, pointer) in [
        ("", "/id"),
        ("id,name,price", "/currency"),
        ("id,name,price,currency,x", "/x"),
        ("id,id,name,price,currency", "/id"),
    ] {
        let answer = operator.ask(request(CSV, format!("{header}\n"))).await;
        answer.problem_at(422, "invalid_input", pointer);
    }
    for (kind, body) in [(NDJSON, ""), (NDJSON, "\n\n"), (JSON, "[]"), (CSV, "id,name,price,currency\n")] {
        assert_eq!(counts(&import(kind, body).await), [0; 6], "{kind}: {body}");
    }
}

#[tokio::test]
async fn only_who_may_write_the_catalog_imports_and_stock_wants_its_own_scope() {
    let sku = unique_sku();
    let bare = || request(NDJSON, line(&sku, 100).to_string());
    let with_stock = || request(NDJSON, ndjson(&[line(&sku, 100), stocked(&unique_sku(), 100, "msk-1", 1)]));
    wants_a_token(bare).await;
    wants_the_scope("catalog:write", bare).await;
    customer_with(&["stock:write"]).await.ask(bare()).await.problem(403, "insufficient_scope");
    let keeper = customer_with(&["catalog:write"]).await;
    let refused = keeper.ask(with_stock()).await.problem(403, "insufficient_scope");
    assert_eq!(refused["scope"], "stock:write");
    Answer::to(get(&format!("/api/v1/products/{sku}"))).await.problem(404, "not_found");
    assert_eq!(counts(&keeper.ask(bare()).await.expect(200)), [1, 1, 0, 0, 0, 0]);
    let both = customer_with(&["catalog:write", "stock:write"]).await;
    assert_eq!(counts(&both.ask(with_stock()).await.expect(200)), [2, 1, 0, 1, 1, 0]);
}

#[tokio::test]
async fn a_product_may_be_called_import() {
    put_product("import", &details(100)).await;
    assert_eq!(seen("import").await["id"], "import");
}

/// The gateway decodes text before a function sees it: what was not UTF-8 is U+FFFD by then.
#[tokio::test]
async fn text_that_was_not_utf_8_is_never_imported() {
    let skus = [(); 3].map(|()| unique_sku());
    let [first, second, third] = &skus;
    let table = format!(
        "id,name,price,currency,attributes\n\
        {first},Чай,100,RUB,\n\
        {second},\u{fffd}\u{fffd}\u{fffd},100,RUB,\n\
        {third},Tea,-1,RUB,\"{{\"\"note\"\": \"\"\u{fffd}\"\"}}\"\n"
    );
    let report = import("text/csv; charset=windows-1251", table).await;
    assert_eq!(counts(&report), [3, 1, 0, 0, 0, 2]);
    assert_eq!(
        faults(&report),
        [
            json!([3, second, "invalid_input", "/name"]),
            json!([4, third, "invalid_input", "/attributes/note"])
        ]
    );
    assert!(report["errors"][0]["errors"][0]["detail"].as_str().unwrap().contains("UTF-8"), "{report}");
    assert_eq!(report["errors"][1]["errors"][1]["pointer"], "/price", "all faults of a line");
    Answer::to(get(&format!("/api/v1/products/{second}"))).await.problem(404, "not_found");
}

/// What the gateway hands over in base64 is as it was sent, and is read in the charset that it says.
#[tokio::test]
async fn a_declared_charset_is_read_where_it_still_can_be() {
    let keeper = operator().await;
    let sku = unique_sku();
    let line = format!("{{\"id\": \"{sku}\", \"name\": \"Чай\", \"price\": 1, \"currency\": \"RUB\"}}\n");
    let send = |kind: &'static str, body: Vec<u8>| {
        let headers = json!({"authorization": format!("Bearer {}", keeper.token), "content-type": kind});
        let mut event = request_event("POST /api/v1/products/import", "", &headers, &Value::Null);
        event["body"] = json!(STANDARD.encode(body));
        event["isBase64Encoded"] = json!(true);
        async move {
            let answer = invoke("ImportProducts", &event).await.unwrap();
            let body: Value = serde_json::from_str(answer["body"].as_str().unwrap()).unwrap();
            (answer["statusCode"].clone(), body)
        }
    };
    // "Чай" in windows-1251.
    let cp1251 = line.replace("Чай", "\u{7f}").into_bytes();
    let at = cp1251.iter().position(|byte| *byte == 0x7f).unwrap();
    let cp1251 = [&cp1251[..at], b"\xd7\xe0\xe9", &cp1251[at + 1..]].concat();
    let utf16: Vec<u8> = format!("\u{feff}{line}").encode_utf16().flat_map(u16::to_le_bytes).collect();
    for (kind, body) in
        [("application/x-ndjson; charset=windows-1251", cp1251.clone()), ("application/x-ndjson", utf16)]
    {
        let (status, report) = send(kind, body).await;
        assert_eq!((&status, &report["failed"]), (&json!(200), &json!(0)), "{kind}: {report}");
        assert_eq!(seen(&sku).await["name"], "Чай", "{kind}");
    }
    let (_, report) = send("application/x-ndjson", cp1251).await;
    assert_eq!(report["errors"][0]["code"], "invalid_utf8", "{report}");
    let (status, problem) = send("application/x-ndjson; charset=ebcdic", line.into_bytes()).await;
    assert_eq!((status, &problem["code"]), (json!(415), &json!("unsupported_media_type")));
}
