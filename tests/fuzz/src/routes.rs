//! Every HTTP route by its own handler: paths, queries, headers and bodies, from the event of the gateway to the answer.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{LazyLock, Mutex, PoisonError};

use hmac::{Hmac, KeyInit as _, Mac as _};
use kernel::{Kind, Problem, Timestamp};
use lambda_http::{Context, RequestExt as _};
use platform::http::{Handler, Response, Request};
use serde_json::{Map, Value, json};

use crate::functions::ROUTES;
use crate::input::{Input, named};
use crate::shop::{CALLBACK_SECRET, Shop, deadline_ms};

/// A header with this value gets the one that the request should have: an access token with all scopes, or the provider's signature.
const RIGHT: &str = "right";
/// It sends a callback to any address that a stored payment has, so it is handed none.
const CALLS_OUT: &str = "decide-sandbox-payment";

/// Runs a request against empty tables. It is answered, or refused for a reason that is the caller's.
pub fn requests(data: &[u8]) {
    let Some(input) = Input::read(data) else { return };
    let Some((request, answer)) = answered(&Input { items: Vec::new(), ..input }) else { return };
    if let Err(problem) = &answer {
        assert!(problem.kind != Kind::Internal, "{} is an internal error: {problem:?}", request.route);
    }
    check(&request, &answer);
}

/// Runs a request against the items of the input, of any form. It is answered, or refused.
pub fn records(data: &[u8]) {
    let Some(input) = Input::read(data) else { return };
    if input.name == CALLS_OUT {
        return;
    }
    if let Some((request, answer)) = answered(&input) {
        check(&request, &answer);
    }
}

/// The names of all routes.
pub fn names() -> impl Iterator<Item = &'static str> {
    ROUTES.iter().map(|(name, _)| *name)
}

/// What the route makes of the request; `None` when the gateway would not let it in.
fn answered(input: &Input<'_>) -> Option<(Request, Result<Response, Problem>)> {
    let shop = Shop::shared();
    let request = request(shop, input)?;
    shop.stub.hold(&input.items);
    let handler = handler(shop, input.name);
    let answer = shop.run(handler(request.clone()));
    Some((request, answer))
}

/// The JSON that the route answers with; `None` when it refuses.
pub(crate) fn body(input: &Input<'_>) -> Option<Value> {
    let (_, answer) = answered(input)?;
    serde_json::from_str(&answer.ok()?.body).ok()
}

/// Checks that an answer is well-formed: its body is of its type, and a problem has the status of its response.
fn check(request: &Request, answer: &Result<Response, Problem>) {
    let route = &request.route;
    let reply = match answer {
        Ok(reply) => reply.clone(),
        Err(problem) => {
            assert!(!problem.code.is_empty() && !problem.detail.is_empty(), "{route}: {problem:?}");
            for error in &problem.errors {
                assert!(error.pointer.is_empty() || error.pointer.starts_with('/'), "{route}: {error:?}");
            }
            let told = request.render_problem(problem);
            let body: Value = serde_json::from_str(&told.body).expect("a problem is JSON");
            assert_eq!(body["status"], json!(told.status.as_u16()), "{route}");
            assert!(
                told.status.is_client_error() || told.status.is_server_error(),
                "{route}: {}",
                told.status
            );
            told
        }
    };
    let kind = reply.headers.get("content-type").and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    if kind.contains("json") && !reply.body.is_empty() {
        assert!(
            serde_json::from_str::<Value>(&reply.body).is_ok(),
            "{route} answers {kind} that is none: {}",
            reply.body
        );
    }
}

/// The handler of the function `name`, started once.
fn handler(shop: &Shop, name: &str) -> &'static Handler {
    static STARTED: LazyLock<Mutex<HashMap<usize, &'static Handler>>> = LazyLock::new(Mutex::default);
    let start = named(&ROUTES, name);
    let mut started = STARTED.lock().unwrap_or_else(PoisonError::into_inner);
    started.entry(std::ptr::from_ref(start).addr()).or_insert_with(|| Box::leak(Box::new(shop.start(*start))))
}

/// The request as the gateway hands it over: the sample event with what the input says in its place.
fn request(shop: &Shop, input: &Input<'_>) -> Option<Request> {
    let mut event = sample(input.name);
    if let Some(query) = input.query {
        event["rawQueryString"] = json!(written(query));
    }
    if let Some(path) = input.path {
        event["rawPath"] = json!(path);
        event["requestContext"]["http"]["path"] = json!(path);
    }
    for (name, value) in &input.parameters {
        event["pathParameters"][*name] = json!(value);
    }
    if let Some(body) = input.body {
        let text = std::str::from_utf8(body);
        // The gateway hands bytes that are no text over in base64.
        event["isBase64Encoded"] = json!(text.is_err());
        event["body"] = json!(text.map_or_else(|_| base64(body), str::to_owned));
    }
    event["headers"]["authorization"] = json!(format!("Bearer {}", shop.token));
    for (name, value) in &input.headers {
        event["headers"][name.to_ascii_lowercase()] = json!(value);
    }
    sign(&mut event, input.body.unwrap_or_default());
    let mut context = Context::default();
    context.deadline = deadline_ms();
    let event = lambda_http::request::from_str(&event.to_string()).ok()?;
    Some(Request::from_lambda(event.with_lambda_context(context)))
}

/// `query` as it stands in a request line: all but visible ASCII is escaped, or the gateway would take no such request.
fn written(query: &str) -> String {
    let escape = |byte: u8| match byte {
        b'"' | b'#' | b'<' | b'>' | b'\\' | b'^' | b'`' | b'{' | b'|' | b'}' => format!("%{byte:02X}"),
        0x21..=0x7e => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    query.bytes().map(escape).collect()
}

fn base64(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

/// Signs the body as the payment provider does, where the input asks for it (Standard Webhooks).
fn sign(event: &mut Value, body: &[u8]) {
    // The message names the payment that it is about, where the path does.
    let id = event["pathParameters"]["id"].as_str().unwrap_or("msg_fuzz").to_owned();
    let headers = &mut event["headers"];
    if headers["webhook-signature"] != json!(RIGHT) {
        return;
    }
    let now = Timestamp::now().as_seconds();
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(CALLBACK_SECRET.as_bytes()).expect("any key will do");
    mac.update(format!("{id}.{now}.").as_bytes());
    mac.update(body);
    headers["webhook-id"] = json!(id);
    headers["webhook-timestamp"] = json!(now.to_string());
    headers["webhook-signature"] = json!(format!("v1,{}", base64(&mac.finalize().into_bytes())));
}

/// The sample event of the function, from `events/`; a bare one for a name that no function has.
fn sample(name: &str) -> Value {
    static SAMPLES: LazyLock<HashMap<&'static str, Value>> =
        LazyLock::new(|| names().map(|name| (name, read_sample(name))).collect());
    SAMPLES.get(name).cloned().unwrap_or_else(|| {
        json!({
            "version": "2.0", "routeKey": "$default", "rawPath": "/", "rawQueryString": "", "headers": {}, "isBase64Encoded": false,
            "requestContext": {"http": {"method": "POST", "path": "/", "protocol": "HTTP/1.1", "sourceIp": "203.0.113.7", "userAgent": ""},
                "requestId": "fuzz", "routeKey": "$default", "stage": "$default", "domainName": "api.example.com", "time": "", "timeEpoch": 0,
                "accountId": "", "apiId": "", "domainPrefix": ""},
        })
    })
}

fn read_sample(name: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../../events/{name}.json"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut event: Value = serde_json::from_str(&text).expect("a sample is JSON");
    for object in ["headers", "pathParameters"] {
        if !event[object].is_object() {
            event[object] = Value::Object(Map::new());
        }
    }
    event
}
