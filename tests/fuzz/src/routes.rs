//! Every HTTP route by its own handler: paths, queries, headers and bodies, from the event of the gateway to the answer.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{LazyLock, Mutex, PoisonError};

use hmac::{Hmac, KeyInit as _, Mac as _};
use kernel::{Kind, Problem, Timestamp};
use lambda_http::{Context, RequestExt as _};
use platform::http::{Handler, Response, Request};
use platform::{BoxFuture, Init, InitError};
use serde_json::{Map, Value, json};

use crate::input::{Input, named};
use crate::shop::{CALLBACK_SECRET, Shop, deadline_ms};

/// Starts a function.
pub type Start<H> = fn(Init) -> BoxFuture<'static, Result<H, InitError>>;

/// A header with this value gets the one that the request should have: an access token with all scopes, or the provider's signature.
const RIGHT: &str = "right";
/// It sends a callback to any address that a stored payment has, so it is handed none.
const CALLS_OUT: &str = "decide-sandbox-payment";

/// The routes by the names of their functions.
static ROUTES: &[(&str, Start<Handler>)] = &[
    ("clear-cart", |init| Box::pin(cart::routes::clear_cart::init(init))),
    ("delete-cart-item", |init| Box::pin(cart::routes::delete_cart_item::init(init))),
    ("get-cart", |init| Box::pin(cart::routes::get_cart::init(init))),
    ("merge-cart", |init| Box::pin(cart::routes::merge_cart::init(init))),
    ("put-cart-item", |init| Box::pin(cart::routes::put_cart_item::init(init))),
    ("snapshot-cart", |init| Box::pin(cart::routes::snapshot_cart::init(init))),
    ("get-product-price", |init| Box::pin(catalog::routes::get_product_price::init(init))),
    ("get-product-stock", |init| Box::pin(catalog::routes::get_product_stock::init(init))),
    ("get-product", |init| Box::pin(catalog::routes::get_product::init(init))),
    ("import-products", |init| Box::pin(catalog::routes::import_products::init(init))),
    ("list-products", |init| Box::pin(catalog::routes::list_products::init(init))),
    ("put-product", |init| Box::pin(catalog::routes::put_product::init(init))),
    ("add-login", |init| Box::pin(identity::routes::add_login::init(init))),
    ("confirm-login", |init| Box::pin(identity::routes::confirm_login::init(init))),
    ("remove-login", |init| Box::pin(identity::routes::remove_login::init(init))),
    ("begin-ops-session", |init| Box::pin(identity::routes::begin_ops_session::init(init))),
    ("list-clients", |init| Box::pin(identity::routes::list_clients::init(init))),
    ("rotate-client", |init| Box::pin(identity::routes::rotate_client::init(init))),
    ("revoke-client", |init| Box::pin(identity::routes::revoke_client::init(init))),
    ("change-password", |init| Box::pin(identity::routes::change_password::init(init))),
    ("confirm-email", |init| Box::pin(identity::routes::confirm_email::init(init))),
    ("confirm-password-reset", |init| Box::pin(identity::routes::confirm_password_reset::init(init))),
    ("confirm-phone", |init| Box::pin(identity::routes::confirm_phone::init(init))),
    ("confirm-second-factor", |init| Box::pin(identity::routes::confirm_second_factor::init(init))),
    ("delete-me", |init| Box::pin(identity::routes::delete_me::init(init))),
    ("end-ops-session", |init| Box::pin(identity::routes::end_ops_session::init(init))),
    ("end-session", |init| Box::pin(identity::routes::end_session::init(init))),
    ("end-sessions", |init| Box::pin(identity::routes::end_sessions::init(init))),
    ("enrol-second-factor", |init| Box::pin(identity::routes::enrol_second_factor::init(init))),
    ("export-me", |init| Box::pin(identity::routes::export_me::init(init))),
    ("get-authorization-server", |init| Box::pin(identity::routes::get_authorization_server::init(init))),
    ("get-jwks", |init| Box::pin(identity::routes::get_jwks::init(init))),
    ("get-me", |init| Box::pin(identity::routes::get_me::init(init))),
    ("issue-token", |init| Box::pin(identity::routes::issue_token::init(init))),
    ("list-sessions", |init| Box::pin(identity::routes::list_sessions::init(init))),
    ("log-in-by-email", |init| Box::pin(identity::routes::log_in_by_email::init(init))),
    ("log-in-by-phone", |init| Box::pin(identity::routes::log_in_by_phone::init(init))),
    ("log-out", |init| Box::pin(identity::routes::log_out::init(init))),
    ("refresh-ops-session", |init| Box::pin(identity::routes::refresh_ops_session::init(init))),
    ("refresh-session", |init| Box::pin(identity::routes::refresh_session::init(init))),
    ("register-by-email", |init| Box::pin(identity::routes::register_by_email::init(init))),
    ("register-by-phone", |init| Box::pin(identity::routes::register_by_phone::init(init))),
    ("register", |init| Box::pin(identity::routes::register::init(init))),
    ("remove-second-factor", |init| Box::pin(identity::routes::remove_second_factor::init(init))),
    ("request-password-reset", |init| Box::pin(identity::routes::request_password_reset::init(init))),
    ("send-email-code", |init| Box::pin(identity::routes::send_email_code::init(init))),
    ("send-phone-code", |init| Box::pin(identity::routes::send_phone_code::init(init))),
    ("update-me", |init| Box::pin(identity::routes::update_me::init(init))),
    ("loms-add-cart-item", |init| Box::pin(loms::routes::loms_add_cart_item::init(init))),
    ("loms-cancel-order", |init| Box::pin(loms::routes::loms_cancel_order::init(init))),
    ("loms-checkout", |init| Box::pin(loms::routes::loms_checkout::init(init))),
    ("loms-clear-cart", |init| Box::pin(loms::routes::loms_clear_cart::init(init))),
    ("loms-create-order", |init| Box::pin(loms::routes::loms_create_order::init(init))),
    ("loms-delete-cart-item", |init| Box::pin(loms::routes::loms_delete_cart_item::init(init))),
    ("loms-get-cart", |init| Box::pin(loms::routes::loms_get_cart::init(init))),
    ("loms-get-order", |init| Box::pin(loms::routes::loms_get_order::init(init))),
    ("loms-get-product", |init| Box::pin(loms::routes::loms_get_product::init(init))),
    ("loms-get-stock", |init| Box::pin(loms::routes::loms_get_stock::init(init))),
    ("loms-list-skus", |init| Box::pin(loms::routes::loms_list_skus::init(init))),
    ("loms-pay-order", |init| Box::pin(loms::routes::loms_pay_order::init(init))),
    ("get-notification", |init| Box::pin(notifications::routes::get_notification::init(init))),
    ("send-notification", |init| Box::pin(notifications::routes::send_notification::init(init))),
    ("count-orders", |init| Box::pin(orders::routes::count_orders::init(init))),
    ("get-order", |init| Box::pin(orders::routes::get_order::init(init))),
    ("list-my-orders", |init| Box::pin(orders::routes::list_my_orders::init(init))),
    ("list-order-events", |init| Box::pin(orders::routes::list_order_events::init(init))),
    ("list-orders", |init| Box::pin(orders::routes::list_orders::init(init))),
    ("list-user-orders", |init| Box::pin(orders::routes::list_user_orders::init(init))),
    ("cancel-order", |init| Box::pin(ordering::routes::cancel_order::init(init))),
    ("checkout", |init| Box::pin(ordering::routes::checkout::init(init))),
    ("confirm-order", |init| Box::pin(ordering::routes::confirm_order::init(init))),
    ("create-payment", |init| Box::pin(ordering::routes::create_payment::init(init))),
    ("create-refund", |init| Box::pin(ordering::routes::create_refund::init(init))),
    ("decide-sandbox-payment", |init| Box::pin(payments::routes::decide_sandbox_payment::init(init))),
    ("get-payment", |init| Box::pin(payments::routes::get_payment::init(init))),
    ("get-refund", |init| Box::pin(payments::routes::get_refund::init(init))),
    ("notify-payment", |init| Box::pin(ordering::routes::notify_payment::init(init))),
    ("patch-order", |init| Box::pin(ordering::routes::patch_order::init(init))),
    ("pay-order", |init| Box::pin(ordering::routes::pay_order::init(init))),
    ("place-order", |init| Box::pin(ordering::routes::place_order::init(init))),
    ("receive-yookassa-notification", |init| {
        Box::pin(ordering::routes::receive_yookassa_notification::init(init))
    }),
    ("report-payment-status", |init| Box::pin(ordering::routes::report_payment_status::init(init))),
    ("reserve-order", |init| Box::pin(ordering::routes::reserve_order::init(init))),
    ("show-sandbox-payment", |init| Box::pin(payments::routes::show_sandbox_payment::init(init))),
    ("answer-unrouted", |init| Box::pin(service::routes::answer_unrouted::init(init))),
    ("get-api-document", |init| Box::pin(service::routes::get_api_document::init(init))),
    ("get-health", |init| Box::pin(service::routes::get_health::init(init))),
    ("get-ready", |init| Box::pin(service::routes::get_ready::init(init))),
    ("redrive-dead-letters", |init| Box::pin(service::routes::redrive_dead_letters::init(init))),
    ("show-ops", |init| Box::pin(service::routes::show_ops::init(init))),
    ("confirm-reservation", |init| Box::pin(stock::routes::confirm_reservation::init(init))),
    ("create-reservation", |init| Box::pin(stock::routes::create_reservation::init(init))),
    ("get-reservation", |init| Box::pin(stock::routes::get_reservation::init(init))),
    ("get-stock", |init| Box::pin(stock::routes::get_stock::init(init))),
    ("list-available-stock", |init| Box::pin(catalog::routes::list_available_stock::init(init))),
    ("put-stock", |init| Box::pin(stock::routes::put_stock::init(init))),
    ("release-reservation", |init| Box::pin(stock::routes::release_reservation::init(init))),
    ("update-stock", |init| Box::pin(stock::routes::update_stock::init(init))),
    ("create-webhook-endpoint", |init| Box::pin(webhooks::routes::create_webhook_endpoint::init(init))),
    ("delete-webhook-endpoint", |init| Box::pin(webhooks::routes::delete_webhook_endpoint::init(init))),
    ("get-webhook-endpoint", |init| Box::pin(webhooks::routes::get_webhook_endpoint::init(init))),
    ("list-webhook-deliveries", |init| Box::pin(webhooks::routes::list_webhook_deliveries::init(init))),
    ("list-webhook-endpoints", |init| Box::pin(webhooks::routes::list_webhook_endpoints::init(init))),
    ("resend-webhook", |init| Box::pin(webhooks::routes::resend_webhook::init(init))),
    ("rotate-webhook-secret", |init| Box::pin(webhooks::routes::rotate_webhook_secret::init(init))),
    ("update-webhook-endpoint", |init| Box::pin(webhooks::routes::update_webhook_endpoint::init(init))),
];

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
    let start = named(ROUTES, name);
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
