//! Text and JSON at their edges, on routes that stand for all: `docs/http.md` lists what is answered.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::header::CONTENT_TYPE;
use serde_json::{Value, json};

use crate::harness::{
    Answer, PASSWORD, address, customer, document, get, invoke, operator, order_directly, patch, post,
    product, put, registration, unique_sku,
};

/// Cyrillic, beyond the basic plane, joined and flagged emoji, combining marks, right to left.
const TEXTS: [&str; 5] =
    ["Тверская ул., д. 1 «Б»", "Чайник 🫖 2 л", "👩‍👩‍👧‍👦 🇷🇺 🏳️‍🌈", "Ame\u{301}lie Café", "שלום مرحبا"];

/// A new product's members under the name `name`.
fn named(name: &str) -> Value {
    json!({"name": name, "description": name, "price": 100, "currency": "RUB", "attributes": {"note": name}, "isActive": true})
}

async fn put_as_operator(sku: &str, body: String) -> Answer {
    let request = put(&format!("/api/v1/products/{sku}")).header(CONTENT_TYPE, "application/json").body(body);
    operator().await.ask(request).await
}

/// Registers with the raw text of a body.
async fn register_with(kind: &str, body: impl Into<reqwest::Body>) -> Answer {
    Answer::to(post("/api/v1/auth/register/email").header(CONTENT_TYPE, kind).body(body)).await
}

#[tokio::test]
async fn names_come_back_as_they_were_sent() {
    for text in TEXTS {
        let sku = unique_sku();
        put_as_operator(&sku, named(text).to_string()).await.expect(200);
        let answer = Answer::to(get(&format!("/api/v1/products/{sku}"))).await;
        assert!(answer.text.contains(text), "as UTF-8 and not escaped: {}", answer.text);
        let product = answer.expect(200);
        for told in [&product["name"], &product["description"], &product["attributes"]["note"]] {
            assert_eq!(told, text);
        }
    }
    let anna = customer().await;
    let names = json!({"firstName": "Ян-Эрик 🫖", "lastName": "Łukašenka"});
    let me = anna.ask(patch("/api/v1/users/me").json(&names)).await.expect(200);
    assert_eq!((&me["firstName"], &me["lastName"]), (&names["firstName"], &names["lastName"]));
}

#[tokio::test]
async fn addresses_and_reasons_come_back_as_they_were_sent() {
    let (anna, kettle) = (customer().await, product(500, 5).await);
    let mut wish = address();
    wish["street"] = json!(TEXTS[0]);
    wish["city"] = json!(TEXTS[3]);
    let placed = order_directly(&anna, &kettle, 1, &wish).await;
    let path = format!("/api/v1/orders/{}", placed["orderId"].as_str().unwrap());
    anna.ask(post(&format!("{path}/cancel")).json(&json!({"reason": TEXTS[1]}))).await.expect(200);
    let order = anna.ask(get(&path)).await.expect(200);
    assert_eq!((&order["street"], &order["city"]), (&json!(TEXTS[0]), &json!(TEXTS[3])));
    assert_eq!(order["cancellationReason"], TEXTS[1]);
}

#[tokio::test]
async fn characters_are_counted_and_not_bytes() {
    let sku = unique_sku();
    put_as_operator(&sku, named(&"🫖".repeat(200)).to_string()).await.expect(200);
    put_as_operator(&sku, named(&"🫖".repeat(201)).to_string()).await.problem_at(
        422,
        "invalid_input",
        "/name",
    );
}

#[tokio::test]
async fn a_member_that_is_there_twice_is_refused() {
    let whole = registration().to_string();
    let twice = format!("{{\"firstName\": \"Б\", {}", &whole[1..]);
    let problem =
        register_with("application/json", twice).await.problem_at(422, "invalid_input", "/firstName");
    assert_eq!(problem["errors"][0]["detail"], "is given twice");
    // Also where members are the caller's own and unknown to Holdfast: other parsers would read the first.
    let attributes = named("Kettle").to_string().replace("\"note\":\"Kettle\"", "\"note\":1,\"note\":2");
    let problem = put_as_operator(&unique_sku(), attributes).await;
    let problem = problem.problem_at(422, "invalid_input", "/attributes/note");
    assert_eq!(problem["errors"][0]["detail"], "is given twice");
}

#[tokio::test]
async fn what_is_too_deep_is_refused() {
    let nested = |depth: usize| {
        let inner = format!("{}1{}", "[".repeat(depth), "]".repeat(depth));
        named("Kettle").to_string().replace("{\"note\":\"Kettle\"}", &format!("{{\"note\":{inner}}}"))
    };
    let sku = unique_sku();
    put_as_operator(&sku, nested(4)).await.expect(200);
    put_as_operator(&sku, nested(5)).await.problem_at(422, "invalid_input", "/attributes");
    for depth in [200, 100_000] {
        let problem = put_as_operator(&sku, nested(depth)).await.problem(422, "invalid_input");
        assert_eq!(problem["errors"][0]["detail"], "is nested too deep");
        let body = format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        register_with("application/json", body).await.problem_at(422, "invalid_input", "");
        let body = format!("{{\"firstName\": {}{}}}", "[".repeat(depth), "]".repeat(depth));
        let problem = register_with("application/json", body).await.problem(422, "invalid_input");
        let pointer = problem["errors"][0]["pointer"].as_str().unwrap();
        assert!(pointer.starts_with("/firstName"), "{pointer}");
    }
}

#[tokio::test]
async fn a_megabyte_is_too_much() {
    let large = json!({"firstName": "x".repeat(1 << 20)}).to_string();
    register_with("application/json", large.clone()).await.problem(413, "body_too_large");
    put_as_operator("A-1", large.clone()).await.problem(413, "body_too_large");
    let form = format!("grant_type=password&username={}", "x".repeat(1 << 20));
    let request = post("/token").header(CONTENT_TYPE, "application/x-www-form-urlencoded").body(form);
    // RFC 6749 knows no other status for it.
    assert_eq!(Answer::to(request).await.expect(400)["error"], "invalid_request");
    // Not who is asking, and not what kind it is, matters first: a token is looked at before the body.
    Answer::to(put("/api/v1/products/A-1").header(CONTENT_TYPE, "application/json").body(large))
        .await
        .problem(401, "token_required");
}

#[tokio::test]
async fn json_goes_by_several_names_and_nothing_else_is_taken_for_it() {
    let kinds = [
        "application/json; charset=utf-8",
        "APPLICATION/JSON",
        "application/merge-patch+json",
        "application/json;",
    ];
    for kind in kinds {
        register_with(kind, registration().to_string()).await.expect(201);
    }
    for kind in [
        "text/json",
        "application/jsonp",
        "json",
        "application/json, text/plain",
        "*/*",
        "multipart/form-data",
    ] {
        register_with(kind, registration().to_string()).await.problem(415, "unsupported_media_type");
    }
    let untyped = post("/api/v1/auth/register/email").body(registration().to_string());
    Answer::to(untyped).await.problem(415, "unsupported_media_type");
}

#[tokio::test]
async fn what_is_no_json_text_is_malformed() {
    let whole = registration().to_string();
    for body in [
        format!("\u{feff}{whole}"),
        format!("{whole} {{}}"),
        whole[..whole.len() - 1].to_owned(),
        whole.replace('"', "'"),
        whole.replace("Анна", "a\nb"),
    ] {
        register_with("application/json", body).await.problem(400, "malformed_body");
    }
    // Half of a surrogate pair is no character.
    let half = whole.replace("Анна", "\\ud83e");
    register_with("application/json", half).await.problem_at(422, "invalid_input", "/firstName");
}

/// The gateway decodes JSON before a function sees it: what was not UTF-8 is U+FFFD by then.
#[tokio::test]
async fn text_that_was_not_utf_8_is_refused_and_named() {
    let mut body = registration();
    body["firstName"] = json!("\u{fffd}\u{fffd}\u{fffd}\u{fffd}");
    let problem = register_with("application/json; charset=windows-1251", body.to_string()).await;
    let problem = problem.problem_at(422, "invalid_input", "/firstName");
    assert!(problem["errors"][0]["detail"].as_str().unwrap().contains("UTF-8"), "{problem}");
    let mut body = named("Tea");
    body["attributes"] = json!({"note": ["x", {"deep": "\u{fffd}"}], "k\u{fffd}": 1});
    let problem = put_as_operator(&unique_sku(), body.to_string()).await.problem(422, "invalid_input");
    let errors = problem["errors"].as_array().unwrap();
    let pointers: BTreeSet<&str> = errors.iter().map(|error| error["pointer"].as_str().unwrap()).collect();
    assert_eq!(pointers, BTreeSet::from(["/attributes/k\u{fffd}", "/attributes/note/1/deep"]));
    let form = post("/token").header(CONTENT_TYPE, "application/x-www-form-urlencoded");
    let answer = Answer::to(form.body("grant_type=password&username=%C0%ED%ED%E0&password=x")).await;
    assert_eq!(answer.expect(400)["error"], "invalid_request");
}

#[tokio::test]
async fn a_compressed_body_is_refused_by_its_encoding() {
    let send = |encoding: &str| {
        let request = post("/api/v1/auth/register/email").header(CONTENT_TYPE, "application/json");
        Answer::to(request.header("content-encoding", encoding).body(registration().to_string()))
    };
    for encoding in ["gzip", "br", "identity, gzip"] {
        let answer = send(encoding).await;
        assert_eq!(answer.header("accept-encoding"), "identity");
        answer.problem(415, "unsupported_content_encoding");
    }
    send("identity").await.expect(201);
}

/// The pattern of the API document takes a key exactly when the route does.
#[tokio::test]
async fn an_idempotency_key_is_what_the_document_says() {
    let anna = customer().await;
    let parameters = document().root().at("components").unwrap().at("parameters").unwrap();
    let schema = parameters.at("IdempotencyKey").unwrap().at("schema").unwrap();
    let fits = |key: &str| document().errors(&schema, &json!(key)).is_empty();
    let ask = |key: &str| anna.ask(post("/api/v1/orders/checkout").header("idempotency-key", key));
    let (longest, longer) = ("k".repeat(255), "k".repeat(256));
    for key in ["k", "!~", "\"k\"", &longest, &format!("\"{longest}\"")] {
        assert!(fits(key), "{key}");
        ask(key).await.problem(409, "cart_empty");
    }
    let unclosed = ["\"k", "k\"", "k\"k", "\"", "\"\"", "\"k\"k\""];
    let others = ["", "k k", "k,k", &longer, &format!("\"{longer}\"")];
    for key in unclosed.into_iter().chain(others) {
        assert!(!fits(key), "{key}");
        ask(key).await.problem(400, "invalid_idempotency_key");
    }
}

/// The gateway joins headers of one name with commas.
#[tokio::test]
async fn a_header_that_came_twice_is_refused() {
    let anna = customer().await;
    for key in ["k-1,k-1", "k-1, k-2", "\"k,1\""] {
        let request = post("/api/v1/orders/checkout").header("idempotency-key", key);
        anna.ask(request).await.problem(400, "invalid_idempotency_key");
    }
    let twice = format!("Bearer {0},Bearer {0}", anna.token);
    let request = get("/api/v1/users/me").header("authorization", twice);
    Answer::to(request).await.problem(401, "invalid_token");
    let request = get("/api/v1/cart").header("x-cart-token", "a,a");
    Answer::to(request).await.problem(400, "invalid_cart_token");
}

/// Gateways hand bytes over in base64 where they are not sure of the text.
#[tokio::test]
async fn bytes_that_are_no_utf_8_are_malformed() {
    let sample = std::fs::read_to_string("../events/register-by-email.json").unwrap();
    let mut event: Value = serde_json::from_str(&sample).unwrap();
    let mut body = registration().to_string().into_bytes();
    let at = body.iter().position(|byte| !byte.is_ascii()).unwrap();
    body[at] = 0xFF;
    event["body"] = json!(STANDARD.encode(body));
    event["isBase64Encoded"] = json!(true);
    event["headers"].as_object_mut().unwrap().remove("idempotency-key");
    let answer = invoke("RegisterByEmail", &event).await.unwrap();
    assert_eq!(answer["statusCode"], 400, "{answer}");
    assert!(answer["body"].as_str().unwrap().contains("malformed_body"), "{answer}");
}

/// Neither rounded nor wrapped around: a price is what was written, or refused.
#[tokio::test]
async fn numbers_are_exact_or_refused() {
    let sku = unique_sku();
    let priced =
        |price: &str| named("Kettle").to_string().replace("\"price\":100", &format!("\"price\":{price}"));
    for price in ["0", "1", "1000000000000000"] {
        let answer = put_as_operator(&sku, priced(price)).await;
        assert!(answer.text.contains(&format!("\"price\":{price},")), "{}", answer.text);
        answer.expect(200);
    }
    for price in [
        "-1",
        "1.5",
        "1.0",
        "1e3",
        "1000000000000001",
        "9007199254740993",
        "9223372036854775807",
        "9223372036854775808",
        "18446744073709551616",
        "1e400",
        "\"100\"",
        "true",
        "null",
    ] {
        let answer = put_as_operator(&sku, priced(price)).await;
        assert!(matches!(answer.status, 400 | 422), "{price}: {}", answer.text);
        if price != "1e400" {
            answer.problem_at(422, "invalid_input", "/price");
        }
    }
    for price in ["01", "+1", "NaN", "Infinity", ".5", "0x10"] {
        put_as_operator(&sku, priced(price)).await.problem(400, "malformed_body");
    }
}

#[tokio::test]
async fn of_parameters_the_first_counts_and_strangers_are_refused() {
    let list = Answer::to(get("/api/v1/products?limit=1&limit=nothing")).await.expect(200);
    assert_eq!(list["items"].as_array().unwrap().len(), 1);
    Answer::to(get("/api/v1/products?limit=nothing&limit=1")).await.problem(400, "invalid_parameter");
    for path in [
        "/api/v1/products?limit=1&nothing=%F0%9F%AB%96",
        "/api/v1/products?nothing=1",
        "/api/v1/stocks?sku=A-1&nothing=",
    ] {
        Answer::to(get(path)).await.problem_at(400, "invalid_parameter", "/query/nothing");
    }
    Answer::to(get("/healthz?nothing=1")).await.expect(200);
}

#[tokio::test]
async fn a_password_is_any_text() {
    let mut body = registration();
    body["password"] = json!("пароль 🫖 с пробелами");
    register_with("application/json", body.to_string()).await.expect(201);
    let login = json!({"email": body["email"], "password": body["password"]});
    Answer::to(post("/api/v1/auth/login/email").json(&login)).await.expect(200);
    let other = json!({"email": body["email"], "password": PASSWORD});
    Answer::to(post("/api/v1/auth/login/email").json(&other)).await.problem(401, "invalid_credentials");
}
